"""The Confirm of an order: read two products, then place the order, its lines, stock, event, deliveries and audit.

Once through `Work`, and once by hand with the driver alone, writing the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from piccolo.columns import BigInt, Integer, Timestamptz, Varchar, column_types
from piccolo.conf.apps import AppConfig

from guildshop.database import Database, new_id
from guildshop.database.tables import StoreRow
from guildshop.errors import Refusal
from guildshop.events import Event
from guildshop.permissions import Actor
from guildshop.piccolo_app import APP_CONFIG as KERNEL
from guildshop.tenancy import StoreTable

STORE = 1
PRODUCTS = 200
LISTENERS = ("notifications.tell_buyer", "notifications.tell_staff")
ACTOR = Actor.system(STORE, "benchmark")


class BenchProduct(StoreTable, tablename="bench_product"):
    """A product with its stock counters."""

    id = column_types.UUID(primary_key=True)
    name = Varchar(100)
    price = BigInt()
    available = BigInt()
    reserved = BigInt()


class BenchMovement(StoreTable, tablename="bench_movement"):
    """The stock ledger."""

    id = column_types.UUID(primary_key=True)
    product = column_types.UUID()
    order_id = column_types.UUID()
    quantity = BigInt()
    created = Timestamptz()


class BenchOrder(StoreTable, tablename="bench_order"):
    """An order."""

    id = column_types.UUID(primary_key=True)
    number = Varchar(20)
    status = Varchar(20)
    currency = Varchar(3)
    total = BigInt()
    created = Timestamptz()


class BenchLine(StoreTable, tablename="bench_line"):
    """One line of an order."""

    id = column_types.UUID(primary_key=True)
    order_id = column_types.UUID()
    product = column_types.UUID()
    quantity = Integer()
    unit_price = BigInt()


DDL = (
    """CREATE TABLE bench_product (
        id UUID PRIMARY KEY, store BIGINT NOT NULL REFERENCES store (id), name VARCHAR(100) NOT NULL,
        price BIGINT NOT NULL, available BIGINT NOT NULL CHECK (available >= 0), reserved BIGINT NOT NULL,
        UNIQUE (store, id))""",
    """CREATE TABLE bench_order (
        id UUID PRIMARY KEY, store BIGINT NOT NULL REFERENCES store (id), number VARCHAR(20) NOT NULL,
        status VARCHAR(20) NOT NULL, currency VARCHAR(3) NOT NULL, total BIGINT NOT NULL, created TIMESTAMPTZ NOT NULL,
        UNIQUE (store, id), UNIQUE (store, number))""",
    """CREATE TABLE bench_movement (
        id UUID PRIMARY KEY, store BIGINT NOT NULL REFERENCES store (id), product UUID NOT NULL, order_id UUID NOT NULL,
        quantity BIGINT NOT NULL, created TIMESTAMPTZ NOT NULL,
        FOREIGN KEY (store, product) REFERENCES bench_product (store, id),
        FOREIGN KEY (store, order_id) REFERENCES bench_order (store, id))""",
    """CREATE TABLE bench_line (
        id UUID PRIMARY KEY, store BIGINT NOT NULL REFERENCES store (id), order_id UUID NOT NULL, product UUID NOT NULL,
        quantity INTEGER NOT NULL, unit_price BIGINT NOT NULL,
        FOREIGN KEY (store, product) REFERENCES bench_product (store, id),
        FOREIGN KEY (store, order_id) REFERENCES bench_order (store, id))""",
)


@dataclass(frozen=True, slots=True)
class BenchPlaced(Event):
    """The order was placed."""

    order: UUID

    @property
    def key(self) -> str:
        """The order's key."""
        return str(self.order)


def apps() -> Sequence[AppConfig]:
    """Return the kernel's app alone: the benchmark has its own tables."""
    return [KERNEL]


def listeners_of(_event: Event) -> Sequence[str]:
    """Return two listeners for every event."""
    return LISTENERS


async def prepare(database: Database) -> list[UUID]:
    """Create the benchmark's tables and products; return the products' keys."""
    await database.execute_ddl(*DDL)
    database.bind(BenchProduct, BenchMovement, BenchOrder, BenchLine)
    products = [new_id() for _number in range(PRODUCTS)]
    async with database.work(ACTOR) as work:
        work.insert(StoreRow, id=STORE, guild_id=1, name="Benchmark")
        for number, product in enumerate(products):
            work.insert(
                BenchProduct, id=product, name=f"Product {number}", price=1999, available=10_000_000, reserved=0
            )
    return products


async def by_work(database: Database, first: UUID, second: UUID) -> None:
    """Place one order of two products through `Work`."""
    rows = await database.fetch(
        "SELECT id, name, price, available FROM bench_product WHERE store = :store AND id IN :ids",
        store=STORE,
        ids=[first, second],
    )
    order = new_id()
    async with database.work(ACTOR) as work:
        for row in rows:
            work.guard(
                BenchProduct,
                set="available = available - :quantity, reserved = reserved + :quantity",
                where="id = :id AND available >= :quantity",
                refusal=Refusal(f"{row['name']} is sold out."),
                id=row["id"],
                quantity=1,
            )
        work.insert(
            BenchOrder,
            id=order,
            number=order.hex[-20:],
            status="PENDING_PAYMENT",
            currency="USD",
            total=sum(row["price"] for row in rows),
            created=work.now,
        )
        for row in rows:
            work.insert(BenchMovement, id=new_id(), product=row["id"], order_id=order, quantity=-1, created=work.now)
            work.insert(BenchLine, id=new_id(), order_id=order, product=row["id"], quantity=1, unit_price=row["price"])
        work.record(BenchPlaced(order))
        work.audit("order.create", subject="order", subject_id=order, after={"total": 3998})


@dataclass(frozen=True, slots=True)
class HandWritten:
    """The rows of one order, as somebody writes them without `Work`: (text with $1…, arguments) after the guards."""

    guards: tuple[tuple[UUID, int], ...]
    inserts: tuple[tuple[str, tuple[object, ...]], ...]


GUARD = (
    "UPDATE bench_product SET available = available - $3, reserved = reserved + $3"
    " WHERE store = $1 AND id = $2 AND available >= $3"
)
READ = "SELECT id, name, price, available FROM bench_product WHERE store = $1 AND id IN ($2, $3)"
_ORDER = (
    "INSERT INTO bench_order (id, store, number, status, currency, total, created) VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_MOVEMENT = (
    "INSERT INTO bench_movement (id, store, product, order_id, quantity, created) VALUES ($1, $2, $3, $4, $5, $6)"
)
_LINE = "INSERT INTO bench_line (id, store, order_id, product, quantity, unit_price) VALUES ($1, $2, $3, $4, $5, $6)"
_EVENT = "INSERT INTO event (id, store, name, key, payload, occurred_at) VALUES ($1, $2, $3, $4, $5, $6)"
_DELIVERY = (
    "INSERT INTO delivery (id, store, event, listener, key, due, next_attempt, status, attempts)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
)
_AUDIT = (
    "INSERT INTO audit_entry (id, store, at, actor_kind, actor_id, actor_name, origin, action, subject, subject_id,"
    " after, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
)


def hand_written(rows: Sequence[tuple[UUID, int]]) -> HandWritten:
    """Return what an order of these (product, price) writes."""
    now = datetime.now(UTC)
    order, event = new_id(), new_id()
    key = str(order)
    total = sum(price for _product, price in rows)
    inserts: list[tuple[str, tuple[object, ...]]] = [
        (_ORDER, (order, STORE, order.hex[-20:], "PENDING_PAYMENT", "USD", total, now))
    ]
    for product, price in rows:
        inserts.append((_MOVEMENT, (new_id(), STORE, product, order, -1, now)))
        inserts.append((_LINE, (new_id(), STORE, order, product, 1, price)))
    inserts.append((_EVENT, (event, STORE, "BenchPlaced", key, json.dumps({"order": key}), now)))
    inserts += [(_DELIVERY, (new_id(), STORE, event, name, key, now, now, "PENDING", 0)) for name in LISTENERS]
    after = json.dumps({"total": total})
    actor = ("system", "benchmark", "benchmark", "delivery")
    inserts.append((_AUDIT, (new_id(), STORE, now, *actor, "order.create", "order", key, after, "")))
    return HandWritten(tuple((product, 1) for product, _price in rows), tuple(inserts))


def file_in(folder: Path, name: str) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{folder / name}"
