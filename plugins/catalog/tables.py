"""The tables of the catalog."""

from __future__ import annotations

from typing import Any

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.readable import Readable

from guildshop.plugins.catalog.api import MovementKind, ProductKind, QuantityVisibility, WaitingState
from guildshop.tenancy import StoreTable


class Category(StoreTable, tablename="category"):
    """A shelf of the shop; `name_key` is the folded name, unique in a store."""

    id = UUID(primary_key=True)
    name = Varchar(length=80)
    name_key = Varchar(length=80, secret=True)
    position = Integer(default=0)
    created = Timestamptz()
    version = Integer(default=1)

    @classmethod
    def get_readable(cls) -> Readable:
        """Show a category by its name."""
        return Readable(template="%s", columns=[cls.name])


class Product(StoreTable, tablename="product"):
    """Something for sale. Role and channel lists are Discord IDs with commas between; money is in minor units.

    The counters of a product that is not tracked are kept too, so that tracking can begin at any time: its `available`
    may then be below zero. `stock_state` is what was last announced of the stock. A variant has a `parent` and copies
    of all that it shares with it. `images` is JSON, `image_url` its first address. `waiting` counts those on the
    waiting list, for whom pieces that come back are kept.
    """

    id = UUID(primary_key=True)
    sku = Varchar(length=64)
    sku_key = Varchar(length=64, secret=True)
    name = Varchar(length=100)
    description = Text()
    price = BigInt()
    cost = BigInt(null=True, default=None)
    currency = Varchar(length=3)
    image_url = Text()
    category = ForeignKey(references=Category, null=True, default=None)
    kind = Varchar(length=10, default=ProductKind.DIGITAL, choices=ProductKind)
    active = Boolean(default=True)
    published = Boolean(default=True)
    tracked = Boolean(default=False)
    available = BigInt(default=0)
    reserved = BigInt(default=0)
    visibility = Varchar(length=10, default=QuantityVisibility.INHERIT, choices=QuantityVisibility)
    required_roles = Text()
    granted_roles = Text()
    granted_channels = Text()
    limit_per_customer = Integer(null=True, default=None)
    position = Integer(default=0)
    low_stock_at = Integer(null=True, default=None)
    stock_state = Varchar(length=4, default="OK")
    search = Text(secret=True)
    created = Timestamptz()
    version = Integer(default=1)
    parent: ForeignKey[Any] = ForeignKey(references="self", null=True, default=None)
    options = Text()
    variants = Integer(default=0)
    images = Text()
    waiting = BigInt(default=0)

    @classmethod
    def get_readable(cls) -> Readable:
        """Show a product by name and SKU."""
        return Readable(template="%s (%s)", columns=[cls.name, cls.sku])


class StockMovement(StoreTable, tablename="stock_movement"):
    """The stock ledger: rows are only ever added, and a product's counters equal the sums of its rows."""

    id = UUID(primary_key=True)
    product = ForeignKey(references=Product)
    kind = Varchar(length=10, choices=MovementKind)
    available_change = BigInt()
    reserved_change = BigInt()
    order_id = UUID(null=True, default=None)
    actor = Varchar(length=120)
    reason = Text()
    created = Timestamptz()


class ProductList(StoreTable, tablename="product_list"):
    """A named collection of products; `name_key` is the folded name, unique in a store."""

    id = UUID(primary_key=True)
    name = Varchar(length=80)
    name_key = Varchar(length=80, secret=True)
    position = Integer(default=0)
    created = Timestamptz()
    version = Integer(default=1)

    @classmethod
    def get_readable(cls) -> Readable:
        """Show a list by its name."""
        return Readable(template="%s", columns=[cls.name])


class ProductListItem(StoreTable, tablename="product_list_item"):
    """A product in a list, at its place there."""

    id = UUID(primary_key=True)
    product_list = ForeignKey(references=ProductList)
    product = ForeignKey(references=Product)
    position = Integer()


class Waitlist(StoreTable, tablename="waitlist"):
    """A member's place on a product's waiting list; while `HELD`, one piece is reserved for them until `held_until`."""

    id = UUID(primary_key=True)
    product = ForeignKey(references=Product)
    member = BigInt()
    state = Varchar(length=10, choices=WaitingState)
    place = BigInt()
    locale = Varchar(length=20)
    created = Timestamptz()
    held_until = Timestamptz(null=True, default=None)
    order_id = UUID(null=True, default=None)


class Panel(StoreTable, tablename="panel"):
    """A shop message in a channel; `shelf` is the list's ID, or `all`."""

    id = UUID(primary_key=True)
    channel_id = BigInt()
    product_list = ForeignKey(references=ProductList, null=True, default=None)
    shelf = Varchar(length=36)
    message_id = BigInt(null=True, default=None)
    shown = Varchar(length=64)
    problem = Text()
    created = Timestamptz()
    version = Integer(default=1)
