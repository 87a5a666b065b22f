"""Products, categories, and why something about them is refused. The cost of a product is in none of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from guildshop.errors import NotFound, Refusal

PRODUCT_READ = "product.read"
PRODUCT_UPDATE = "product.update"

MAXIMUM_QUANTITY = 10_000
"""The most pieces that one order line, restocking or adjustment takes."""

ORDER_BUTTON = "orders.buy"
"""The custom-ID prefix of a product's Order button: `orders.buy:<store>:<product>`. Whoever sells answers it; the
button is shown where `SELLING_PLUGIN` is on."""

START_BUTTON = "orders.start"
"""The custom-ID prefix of a button that begins an order without a product: `orders.start:<store>`."""

SELLING_PLUGIN = "orders"
"""The plugin that answers `ORDER_BUTTON` and `START_BUTTON`."""


class ProductKind(StrEnum):
    """Whether something is sent by post."""

    DIGITAL = "DIGITAL"
    SHIPPED = "SHIPPED"


class QuantityVisibility(StrEnum):
    """Whether members see the exact stock, or In/Out of stock only."""

    INHERIT = "INHERIT"
    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


class ProductState(StrEnum):
    """What staff see of where a product stands."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    INACTIVE = "INACTIVE"


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of the shop."""

    id: UUID
    store: int
    name: str
    position: int
    version: int


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of a product: an https address, and what it shows in words."""

    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """Something for sale. `price` is in minor units of `currency`; counters mean nothing unless `tracked`.

    A variant is a product with a `parent`: SKU, options, price, cost, stock and position are its own, everything else
    follows the parent. A product that has `variants` is not ordered itself.

    Read for a member, `available` is what that member can have: without what others wait for, with what is held for
    them.
    """

    id: UUID
    store: int
    sku: str
    name: str
    description: str
    price: int
    currency: str
    image_url: str
    category: UUID | None
    kind: ProductKind
    active: bool
    published: bool
    tracked: bool
    available: int
    reserved: int
    visibility: QuantityVisibility
    required_roles: tuple[int, ...]
    """Discord roles of which a member needs any one; empty: everybody."""
    granted_roles: tuple[int, ...]
    granted_channels: tuple[int, ...]
    limit_per_customer: int | None
    position: int
    low_stock_at: int | None
    created: datetime
    version: int
    images: tuple[Image, ...] = ()
    """In order; the first one is `image_url`."""
    parent: UUID | None = None
    options: tuple[tuple[str, str], ...] = ()
    """What tells a variant from the others, such as (("Size", "L"), ("Colour", "Black"))."""
    variants: int = 0
    """How many variants it has, sold or not."""
    waiting: int = 0
    """How many members wait for a piece of it."""
    held: int = 0
    """How many of `available` are held for the member for whom it was read."""
    quantity_shown: bool = True
    """Whether members see how many are left, rather than In or Out of stock."""
    closed: bool = False
    """Read for a buyer: whether a plugin closes it to them."""
    list_price: int | None = None
    """Read for a buyer who pays less than others: what these pay; None where `price` is everybody's."""

    @property
    def family(self) -> UUID:
        """What stands for it and all its variants: of a variant the product that it belongs to."""
        return self.parent or self.id

    @property
    def listed(self) -> bool:
        """Whether members who have its role see it."""
        return self.active and self.published

    @property
    def for_sale(self) -> bool:
        """Whether members who may see it may also order it: what has variants is ordered as one of them."""
        return self.listed and not self.variants

    @property
    def state(self) -> ProductState:
        """Where it stands: draft, published or no longer sold."""
        if not self.active:
            return ProductState.INACTIVE
        return ProductState.PUBLISHED if self.published else ProductState.DRAFT

    @property
    def choice(self) -> str:
        """What tells a variant from the others, in short: “L / Black”."""
        return " / ".join(value for _name, value in self.options)

    @property
    def in_stock(self) -> bool:
        """Whether a single piece can be had."""
        return not self.tracked or self.available > 0

    @property
    def ships(self) -> bool:
        """Whether it needs an address."""
        return self.kind is ProductKind.SHIPPED

    def open_to(self, roles: tuple[int, ...] | frozenset[int] | set[int] | list[int]) -> bool:
        """Tell whether a member with these roles, the buyer for whom it was read, may see and order it."""
        return not self.closed and (not self.required_roles or not set(self.required_roles).isdisjoint(roles))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductInput:
    """A product as staff enter one. `quantity` is the stock it starts with."""

    sku: str
    name: str
    price: int
    currency: str = ""
    """The store's own when left empty."""
    description: str = ""
    cost: int | None = None
    image_url: str = ""
    """The first image, where `images` is left empty."""
    images: tuple[Image, ...] = ()
    category: UUID | None = None
    kind: ProductKind = ProductKind.DIGITAL
    active: bool = True
    published: bool = True
    tracked: bool = False
    quantity: int = 0
    visibility: QuantityVisibility = QuantityVisibility.INHERIT
    required_roles: tuple[int, ...] = ()
    granted_roles: tuple[int, ...] = ()
    granted_channels: tuple[int, ...] = ()
    limit_per_customer: int | None = None
    position: int = 0
    low_stock_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantInput:
    """A variant as staff enter one; what is left out follows the product."""

    sku: str
    options: tuple[tuple[str, str], ...]
    price: int | None = None
    cost: int | None = None
    active: bool = True
    tracked: bool = False
    quantity: int = 0
    position: int = 0
    low_stock_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFilter:
    """Which products staff want to see; what is left empty takes all. Variants stand below their product."""

    text: str = ""
    state: ProductState | None = None
    category: UUID | None = None
    product_list: UUID | None = None
    short: bool = False
    """Only those whose stock, or that of a variant, is low or gone."""


class Unset(StrEnum):
    """The mark of a field that stays as it is, where None is a value too."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChange:
    """What staff change of a product; stock changes by restock and adjust alone."""

    sku: str | Unset = UNSET
    name: str | Unset = UNSET
    price: int | Unset = UNSET
    currency: str | Unset = UNSET
    description: str | Unset = UNSET
    cost: int | Unset | None = UNSET
    image_url: str | Unset = UNSET
    """Replaces the first image; the others stay."""
    images: tuple[Image, ...] | Unset = UNSET
    options: tuple[tuple[str, str], ...] | Unset = UNSET
    category: UUID | Unset | None = UNSET
    kind: ProductKind | Unset = UNSET
    active: bool | Unset = UNSET
    published: bool | Unset = UNSET
    tracked: bool | Unset = UNSET
    visibility: QuantityVisibility | Unset = UNSET
    required_roles: tuple[int, ...] | Unset = UNSET
    granted_roles: tuple[int, ...] | Unset = UNSET
    granted_channels: tuple[int, ...] | Unset = UNSET
    limit_per_customer: int | Unset | None = UNSET
    position: int | Unset = UNSET
    low_stock_at: int | Unset | None = UNSET


class ProductUnknown(NotFound):
    """There is no such product in this store, or this member may not know of it."""

    code = "product-unknown"


class CategoryUnknown(NotFound):
    """There is no such category in this store."""

    code = "category-unknown"


class OutOfStock(Refusal):
    """There is less left than was asked for."""

    code = "out-of-stock"


class SkuTaken(Refusal):
    """Another product of the store has this SKU."""

    code = "sku-taken"


class CategoryTaken(Refusal):
    """Another category of the store has this name."""

    code = "category-taken"


class ListUnknown(NotFound):
    """There is no such product list in this store."""

    code = "list-unknown"


class ListTaken(Refusal):
    """Another product list of the store has this name."""

    code = "list-taken"


class VariantNeeded(Refusal):
    """The product is ordered as one of its variants."""

    code = "variant-needed"


class Incomplete(Refusal):
    """A draft lacks something that members need before it can be published."""

    code = "incomplete"
