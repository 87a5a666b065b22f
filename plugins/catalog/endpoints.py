"""Products in the JSON API, without their cost."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from guildshop.plugins.catalog.api import (
    PRODUCT_READ,
    PRODUCT_UPDATE,
    Product,
    ProductKind,
    ProductList,
    QuantityVisibility,
    StockMovement,
)
from guildshop.plugins.catalog.service import CatalogService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, Snowflake, needs

router = APIRouter(prefix="/products", tags=["Products"])


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


class StateModel(ApiModel):
    """The version of the product that was read, so that nobody's change is undone; leave it out to insist."""

    version: int | None = None


class RestockModel(ApiModel):
    """Pieces that arrived, 1 to 10,000."""

    quantity: int = 0
    reason: str = ""


@router.get("", summary="Products", dependencies=[needs(PRODUCT_READ)])
async def list_products(
    actor: CurrentActor,
    app: CurrentApp,
    cursor: Cursor = None,
    limit: Limit = 50,
    text: Annotated[str, Query(max_length=100, description="Occurs in the name or SKU.")] = "",
) -> CursorPage[ProductModel]:
    """Return all products by name, drafts too."""
    found = await app.get(CatalogService).list_products(actor, text, cursor=cursor or "", limit=limit)
    return CursorPage[ProductModel].of(found, _model)


@router.get("/lists", summary="Product lists", dependencies=[needs(PRODUCT_READ)])
async def list_lists(app: CurrentApp) -> list[ProductListModel]:
    """Return all product lists in their order."""
    return [_list_model(one) for one in await app.get(CatalogService).product_lists()]


@router.get("/lists/{product_list}", summary="The products of a list", dependencies=[needs(PRODUCT_READ)])
async def read_list(app: CurrentApp, product_list: UUID) -> list[ProductModel]:
    """Return the products of a list in its order, drafts too."""
    service = app.get(CatalogService)
    found = await service.product_list(product_list)
    return [_model(product) for product in await service.list_items(found.id)]


@router.get("/{product}/variants", summary="A product's variants", dependencies=[needs(PRODUCT_READ)])
async def list_variants(app: CurrentApp, product: str) -> list[ProductModel]:
    """Return the variants of a product, inactive ones too."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    return [_model(one) for one in (await service.variants([found.id], listed=False)).get(found.id, [])]


@router.get("/{product}/stock", summary="A product's stock history", dependencies=[needs(PRODUCT_READ)])
async def list_movements(
    actor: CurrentActor, app: CurrentApp, product: str, cursor: Cursor = None, limit: Limit = 50
) -> CursorPage[MovementModel]:
    """Return every change of a product's stock, newest first."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    history = await service.stock_history(actor, found.id, cursor=cursor or "", limit=limit)
    return CursorPage[MovementModel].of(history, _movement_model)


@router.post("/{product}/publish", summary="Publish a draft", dependencies=[needs(PRODUCT_UPDATE)])
async def publish(actor: CurrentActor, app: CurrentApp, product: str, given: StateModel) -> ProductModel:
    """Let members see and order it; refused while it is not complete."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    return _model(await service.publish(actor, found.id, version=given.version))


@router.post("/{product}/unpublish", summary="Hide a product", dependencies=[needs(PRODUCT_UPDATE)])
async def unpublish(actor: CurrentActor, app: CurrentApp, product: str, given: StateModel) -> ProductModel:
    """Make it a draft again; its orders go on."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    return _model(await service.unpublish(actor, found.id, version=given.version))


@router.post("/{product}/restock", summary="Restock a product", dependencies=[needs(PRODUCT_UPDATE)])
async def restock(actor: CurrentActor, app: CurrentApp, product: str, given: RestockModel) -> ProductModel:
    """Add pieces that arrived."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    return _model(await service.restock(actor, found.id, given.quantity, given.reason))


@router.get("/{product}", summary="One product", dependencies=[needs(PRODUCT_READ)])
async def read_product(app: CurrentApp, product: str) -> ProductModel:
    """Return a product by ID or SKU."""
    return _model(await app.get(CatalogService).look_up(product))


def _model(product: Product) -> ProductModel:
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


def _list_model(one: ProductList) -> ProductListModel:
    return ProductListModel(id=one.id, name=one.name, position=one.position, size=one.size)


def _movement_model(one: StockMovement) -> MovementModel:
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
