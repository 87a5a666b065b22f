"""A little shop for the tests of Work: items with a stock, their parts, and an event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from piccolo.columns import JSON, BigInt, Boolean, Date, Numeric, Text, Timestamptz, Varchar, column_types

from guildshop.database import Database, Work, new_id
from guildshop.database.tables import StoreRow
from guildshop.events import Event
from guildshop.permissions import Actor
from guildshop.tenancy import StoreTable, every_store

STORE, OTHER = 1, 2
ACTOR = Actor.system(STORE, "tests")


class Item(StoreTable, tablename="item"):
    """Something with a counter."""

    id = column_types.UUID(primary_key=True)
    name = Varchar(100)
    stock = BigInt(default=0)
    flag = Boolean(default=False)
    data = JSON(default="{}")
    made = Timestamptz()
    day = Date(null=True, default=None)
    amount = Numeric(digits=(20, 6), null=True, default=None)
    note = Text(default="")


class Part(StoreTable, tablename="part"):
    """A part of an item."""

    id = column_types.UUID(primary_key=True)
    item = column_types.UUID()


DDL = (
    """CREATE TABLE item (id UUID PRIMARY KEY, store BIGINT NOT NULL REFERENCES store (id), name VARCHAR(100) NOT NULL,
        stock BIGINT NOT NULL CHECK (stock >= 0), flag BOOLEAN NOT NULL, data JSON NOT NULL, made TIMESTAMPTZ NOT NULL,
        day DATE, amount NUMERIC(20, 6), note TEXT NOT NULL, UNIQUE (store, id), UNIQUE (store, name))""",
    """CREATE TABLE part (id UUID PRIMARY KEY, store BIGINT NOT NULL REFERENCES store (id), item UUID NOT NULL,
        FOREIGN KEY (store, item) REFERENCES item (store, id) ON DELETE CASCADE)""",
)


@dataclass(frozen=True, slots=True)
class ItemSold(Event):
    """An item was sold."""

    item: UUID

    @property
    def key(self) -> str:
        """The item's key."""
        return str(self.item)


async def open_shop(database: Database) -> None:
    """Create the tables and two stores."""
    await database.execute_ddl(*DDL)
    database.bind(Item, Part)
    database.listeners_of = lambda event: ("first", "second") if isinstance(event, ItemSold) else ()
    for store in (STORE, OTHER):
        async with database.work(Actor.system(store, "tests")) as work:
            work.insert(StoreRow, id=store, guild_id=1000 + store, name=f"Store {store}")


async def do(database: Database, *fills: Callable[[Work], object]) -> None:
    """Do one unit that these fill."""
    async with database.work(ACTOR) as work:
        for fill in fills:
            fill(work)


async def add(database: Database, stock: int = 0, **columns: Any) -> UUID:
    """Add an item; return its key."""
    key = new_id()
    values = {"name": f"Item {key}", "stock": stock, **columns}
    await do(database, lambda work: work.insert(Item, id=key, **values))
    return key


async def stock_of(database: Database, key: UUID) -> int:
    """Return an item\'s stock."""
    row = await database.fetch_one("SELECT stock FROM item WHERE store = :store AND id = :id", store=STORE, id=key)
    assert row is not None
    return int(row["stock"])


async def state(database: Database) -> list[list[dict[str, Any]]]:
    """Return every row there is."""
    tables = ("item", "part", "event", "delivery", "audit_entry")
    with every_store():
        return [await database.fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables]


def take(work: Work, key: UUID, quantity: int = 1, refusal: Exception | None = None) -> None:
    """Take from an item\'s stock, which must suffice."""
    work.guard(
        Item,
        set="stock = stock - :quantity",
        where="id = :id AND stock >= :quantity",
        refusal=refusal,
        id=key,
        quantity=quantity,
    )
