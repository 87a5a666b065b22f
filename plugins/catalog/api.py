"""What others may know of the catalog: the data, the errors and the events. The cost of a product is in none of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from guildshop.errors import NotFound, Refusal
from guildshop.events import Event

PRODUCT_READ = "product.read"
PRODUCT_UPDATE = "product.update"

MAXIMUM_QUANTITY = 10_000
"""The most pieces that one order line, restocking or adjustment takes."""

ORDER_BUTTON = "orders.buy"
"""The custom-ID prefix of a product's Order button: `orders.buy:<store>:<product>`. Whoever sells answers it; the
button is shown where `SELLING_PLUGIN` is on."""

SELLING_PLUGIN = "orders"
"""The plugin that answers `ORDER_BUTTON`."""


class ProductKind(StrEnum):
    """Whether something is sent by post."""

    DIGITAL = "DIGITAL"
    SHIPPED = "SHIPPED"


class QuantityVisibility(StrEnum):
    """Whether members see the exact stock, or In/Out of stock only."""

    INHERIT = "INHERIT"
    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


class MovementKind(StrEnum):
    """Why stock changed."""

    ADJUSTMENT = "ADJUSTMENT"
    RESERVE = "RESERVE"
    RELEASE = "RELEASE"
    SALE = "SALE"
    RESTOCK = "RESTOCK"
    RETURN = "RETURN"


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of the shop."""

    id: UUID
    store: int
    name: str
    position: int
    version: int


@dataclass(frozen=True, slots=True)
class Product:
    """Something for sale. `price` is in minor units of `currency`; counters mean nothing unless `tracked`."""

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

    @property
    def for_sale(self) -> bool:
        """Whether members who may see it may also order it."""
        return self.active and self.published

    @property
    def in_stock(self) -> bool:
        """Whether a single piece can be had."""
        return not self.tracked or self.available > 0

    @property
    def ships(self) -> bool:
        """Whether it needs an address."""
        return self.kind is ProductKind.SHIPPED

    def open_to(self, roles: tuple[int, ...] | frozenset[int] | set[int] | list[int]) -> bool:
        """Tell whether a member with these roles may see and order it."""
        return not self.required_roles or not set(self.required_roles).isdisjoint(roles)


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


@dataclass(frozen=True, slots=True)
class StockMovement:
    """One row of the ledger: by how much the two counters changed, who did it and why."""

    id: UUID
    product: UUID
    kind: MovementKind
    available_change: int
    reserved_change: int
    order: UUID | None
    actor: str
    reason: str
    created: datetime


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


@dataclass(frozen=True, slots=True)
class StockLow(Event):
    """The stock of a product fell to or below the figure at which staff want to know."""

    product: UUID
    available: int

    @property
    def key(self) -> str:
        """Order by product."""
        return str(self.product)


@dataclass(frozen=True, slots=True)
class BackInStock(Event):
    """A product that was out of stock can be had again."""

    product: UUID
    available: int

    @property
    def key(self) -> str:
        """Order by product."""
        return str(self.product)
