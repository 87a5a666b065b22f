"""Products as the JSON API shows them, without their cost, and as it takes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from guildshop.plugins.catalog.api import (
    Category,
    Image,
    Product,
    ProductKind,
    ProductList,
    QuantityVisibility,
    StockMovement,
    Waiting,
    WaitingState,
)
from guildshop.web.api import ApiModel, GivenSnowflake, Snowflake

Snowflakes = Annotated[list[GivenSnowflake], Field(max_length=50)]
Position = Annotated[int, Field(ge=-10_000, le=1_000_000)]
Version = Annotated[int | None, Field(ge=0, le=2**31 - 1, description="The one that was read: another one is stale.")]


class ImageModel(ApiModel):
    """A picture, and what it shows in words."""

    url: str
    alt: str


class ProductModel(ApiModel):
    """Something for sale; `quantityAvailable` means nothing unless `isInventoryTracked`.

    A variant has a `parentId` and `options`; a product with `variantCount` above 0 is ordered as one of its variants.
    """

    id: UUID
    sku: str
    name: str
    description: str
    price_cents: int
    currency: str
    image_url: str
    images: list[ImageModel]
    parent_id: UUID | None
    options: dict[str, str]
    variant_count: int
    category_id: UUID | None
    kind: ProductKind
    is_active: bool
    is_published: bool
    is_inventory_tracked: bool
    quantity_available: int
    quantity_reserved: int
    quantity_waited_for: int
    quantity_visibility: QuantityVisibility
    required_roles: list[Snowflake]
    granted_roles: list[Snowflake]
    granted_channels: list[Snowflake]
    limit_per_customer: int | None
    low_stock_at: int | None
    position: int
    created_at: datetime
    version: int


class ProductListModel(ApiModel):
    """A named collection of products in an order of its own."""

    id: UUID
    name: str
    position: int
    size: int
    version: int


class MovementModel(ApiModel):
    """One change of a product's stock."""

    id: UUID
    kind: str
    available_change: int
    reserved_change: int
    order_id: UUID | None
    actor: str
    reason: str
    created_at: datetime


class CategoryModel(ApiModel):
    """A shelf of the shop."""

    id: UUID
    name: str
    position: int
    version: int


class WaitingModel(ApiModel):
    """A member's place on a product's waiting list, or until when a piece is held for them."""

    id: UUID
    member_id: Snowflake
    state: WaitingState
    place: int
    held_until: datetime | None
    created_at: datetime


class StateModel(ApiModel):
    """The version of the product that was read, so that nobody's change is undone; leave it out to insist."""

    version: int | None = None


class RestockModel(ApiModel):
    """Pieces that arrived, 1 to 10,000."""

    quantity: int = 0
    reason: str = ""


class AdjustRequest(ApiModel):
    """By how many pieces the stock is corrected, up or down, and why."""

    change: int
    reason: str


class GivenImage(ApiModel):
    """A picture: an https address, and what it shows in words."""

    url: str
    alt: str = ""


Images = Annotated[list[GivenImage], Field(max_length=50)]


class NewProductRequest(ApiModel):
    """A new product, a draft until it is published. Without an SKU it gets one that says so.

    `costCents` is taken and never told. The currency is the store's own when left out.
    """

    name: str
    price_cents: int
    sku: str = ""
    cost_cents: int | None = None
    currency: str = ""
    description: str = ""
    images: Images = Field(default_factory=list)
    category_id: UUID | None = None
    kind: ProductKind = ProductKind.DIGITAL
    is_inventory_tracked: bool = False
    quantity: int = 0
    quantity_visibility: QuantityVisibility = QuantityVisibility.INHERIT
    required_roles: Snowflakes = Field(default_factory=list)
    granted_roles: Snowflakes = Field(default_factory=list)
    granted_channels: Snowflakes = Field(default_factory=list)
    limit_per_customer: int | None = None
    low_stock_at: int | None = None
    position: Position = 0


class ProductPatch(ApiModel):
    """What to change of a product or a variant, for future orders; what is left out stays.

    Null takes a category, cost, limit or alert off. Stock changes by `restock` and `adjust` alone. A variant has SKU,
    price, cost, options, stock and position of its own; everything else is changed at its product.
    """

    name: str | None = None
    price_cents: int | None = None
    sku: str | None = None
    cost_cents: int | None = None
    currency: str | None = None
    description: str | None = None
    images: Images | None = None
    options: dict[str, str] | None = Field(default=None, max_length=10)
    category_id: UUID | None = None
    kind: ProductKind | None = None
    is_inventory_tracked: bool | None = None
    quantity_visibility: QuantityVisibility | None = None
    required_roles: Snowflakes | None = None
    granted_roles: Snowflakes | None = None
    granted_channels: Snowflakes | None = None
    limit_per_customer: int | None = None
    low_stock_at: int | None = None
    position: Position | None = None
    version: Version = None


class VariantRequest(ApiModel):
    """A variant, such as `{"Size": "L"}`; the price and cost of the product where none is given.

    `version` is that of the product.
    """

    sku: str
    options: dict[str, str] = Field(max_length=10)
    price_cents: int | None = None
    cost_cents: int | None = None
    is_active: bool = True
    is_inventory_tracked: bool = False
    quantity: int = 0
    low_stock_at: int | None = None
    position: Position = 0
    version: Version = None


class ShelfRequest(ApiModel):
    """A new category or product list."""

    name: str
    position: Position = 0


class ShelfPatch(ApiModel):
    """What to change of a category or product list; what is left out stays."""

    name: str | None = None
    position: Position | None = None
    version: Version = None


class ListedRequest(ApiModel):
    """The products of a list, by ID or SKU, in their order."""

    products: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(max_length=500)
    version: Version = None


NAMES = {
    "price_cents": "price",
    "cost_cents": "cost",
    "category_id": "category",
    "is_inventory_tracked": "tracked",
    "is_active": "active",
    "quantity_visibility": "visibility",
}
"""What the service calls a field of the API, where that is something else."""


def named(given: ApiModel, only: set[str] | None = None) -> dict[str, Any]:
    """Return what was sent by the service's names: all of it but the version, or `only` these fields."""
    names = set(type(given).model_fields) if only is None else only
    values = {name: getattr(given, name) for name in names - {"version"}}
    if values.get("images") is not None:
        values["images"] = tuple(Image(image.url, image.alt) for image in values["images"])
    if values.get("options") is not None:
        values["options"] = tuple(values["options"].items())
    return {NAMES.get(name, name): tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def product_model(product: Product) -> ProductModel:
    """Return a product as the API shows it."""
    return ProductModel(
        id=product.id,
        sku=product.sku,
        name=product.name,
        description=product.description,
        price_cents=product.price,
        currency=product.currency,
        image_url=product.image_url,
        images=[ImageModel(url=image.url, alt=image.alt) for image in product.images],
        parent_id=product.parent,
        options=dict(product.options),
        variant_count=product.variants,
        category_id=product.category,
        kind=product.kind,
        is_active=product.active,
        is_published=product.published,
        is_inventory_tracked=product.tracked,
        quantity_available=product.available,
        quantity_reserved=product.reserved,
        quantity_waited_for=product.waiting,
        quantity_visibility=product.visibility,
        required_roles=list(product.required_roles),
        granted_roles=list(product.granted_roles),
        granted_channels=list(product.granted_channels),
        limit_per_customer=product.limit_per_customer,
        low_stock_at=product.low_stock_at,
        position=product.position,
        created_at=product.created,
        version=product.version,
    )


def list_model(one: ProductList) -> ProductListModel:
    """Return a product list as the API shows it."""
    return ProductListModel(id=one.id, name=one.name, position=one.position, size=one.size, version=one.version)


def movement_model(one: StockMovement) -> MovementModel:
    """Return a change of stock as the API shows it."""
    return MovementModel(
        id=one.id,
        kind=one.kind.value,
        available_change=one.available_change,
        reserved_change=one.reserved_change,
        order_id=one.order,
        actor=one.actor,
        reason=one.reason,
        created_at=one.created,
    )


def category_model(one: Category) -> CategoryModel:
    """Return a category as the API shows it."""
    return CategoryModel(id=one.id, name=one.name, position=one.position, version=one.version)


def waiting_model(one: Waiting) -> WaitingModel:
    """Return a place on a waiting list as the API shows it."""
    return WaitingModel(
        id=one.id,
        member_id=one.member,
        state=one.state,
        place=one.place,
        held_until=one.held_until,
        created_at=one.created,
    )
