"""Reading orders: one, a list, its timeline and notes. All reads are of the store in scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from guildshop.errors import Forbidden, NotFound
from guildshop.folding import begins, fold, like
from guildshop.i18n import _
from guildshop.paging import Page, Slice, page_number, time_and_id, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import found_in
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    Order,
    OrderFilter,
    OrderHistory,
    OrderNote,
    OrderSummary,
)
from guildshop.plugins.orders.service import rows
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

COUNT_CAP = 1001
"""Lists count no further than this: counting everything is what costs."""
NAMESAKES = 50
"""Of so many customers, the newest, a search gives orders."""

READ = "order.read"


class OrderQueries:
    """What can be read of orders."""

    def __init__(self, app: App) -> None:
        """Read through this application."""
        self.app = app

    async def get(self, reference: UUID | str) -> Order:
        """Return an order by its ID or number, in the store in scope; NotFound when there is none."""
        condition, value = _reference(reference)
        database, store = self.app.database, current_store()
        row = await database.fetch_one(
            f"SELECT {rows.ORDER_COLUMNS} {rows.FROM} WHERE o.store = :store AND o.{condition} = :value",
            store=store,
            value=value,
        )
        if row is None:
            raise NotFound(_("There is no order {reference} in this store.").format(reference=str(reference)[:40]))
        lines = await database.fetch(
            f"SELECT {rows.LINE_COLUMNS} FROM order_line WHERE store = :store AND order_id = :id ORDER BY position",
            store=store,
            id=rows.as_uuid(row["id"]),
        )
        adjustments = await database.fetch(
            "SELECT phase, plugin, code, label, amount, included, reference, shares FROM order_adjustment"
            " WHERE store = :store AND order_id = :id ORDER BY position",
            store=store,
            id=rows.as_uuid(row["id"]),
        )
        return rows.to_order(row, lines, adjustments)

    async def get_for(self, actor: Actor, reference: UUID | str) -> Order:
        """Return an order that the actor may see: their own, or any for staff; else NotFound, as if there were none."""
        order = await self.get(reference)
        if self.owns(actor, order) or actor.may(READ):
            return order
        if actor.discord_id is None:
            actor.require(READ)
        raise NotFound(_("There is no order {reference} in this store.").format(reference=str(reference)[:40]))

    def owns(self, actor: Actor, order: Order | OrderSummary) -> bool:
        """Tell whether the order is the acting member's own."""
        return actor.discord_id is not None and actor.discord_id == order.customer_discord_id

    async def list(
        self, actor: Actor, wanted: OrderFilter, *, cursor: str = "", limit: int = 50
    ) -> Slice[OrderSummary]:
        """Return a page of the store's orders, newest first, for staff who may read them."""
        actor.require(READ)
        return await self._page(wanted, cursor, limit)

    async def own_page(self, actor: Actor, number: int = 1, *, size: int = 10) -> Page[OrderSummary]:
        """Return a numbered page of the acting member's own orders, newest first."""
        if actor.discord_id is None:
            raise Forbidden(_("Only a Discord member has orders of their own. Look into the list of all orders."))
        values = {"store": current_store(), "member": actor.discord_id}
        where = "WHERE o.store = :store AND c.discord_id = :member"
        row = await self.app.database.fetch_one(f"SELECT COUNT(*) AS number {rows.FROM} {where}", **values)
        total = int(row["number"]) if row else 0
        number, pages = page_number(number, total, size)
        found = await self.app.database.fetch(
            f"SELECT {rows.SUMMARY_COLUMNS} {rows.FROM} {where} ORDER BY o.created DESC, o.id DESC"
            f" LIMIT {size} OFFSET {(number - 1) * size}",
            **values,
        )
        return Page([rows.to_summary(row) for row in found], number, pages, total)

    async def count(self, actor: Actor, wanted: OrderFilter) -> int:
        """Return how many orders match, counting no further than 1,001."""
        actor.require(READ)
        where, values = conditions(wanted)
        row = await self.app.database.fetch_one(
            f"SELECT COUNT(*) AS number FROM (SELECT 1 {rows.FROM} WHERE o.store = :store{where}"
            f" LIMIT {COUNT_CAP}) AS capped",
            store=current_store(),
            **values,
        )
        return int(row["number"]) if row else 0

    async def matching(self, actor: Actor, wanted: OrderFilter, limit: int) -> Sequence[tuple[UUID, str]]:
        """Return the ID and number of every order that matches, oldest first, at most `limit`."""
        actor.require(READ)
        where, values = conditions(wanted)
        found = await self.app.database.fetch(
            f"SELECT o.id, o.number {rows.FROM} WHERE o.store = :store{where} ORDER BY o.created, o.id LIMIT :most",
            store=current_store(),
            most=limit,
            **values,
        )
        return [(rows.as_uuid(row["id"]), row["number"]) for row in found]

    async def suggest(self, actor: Actor, text: str) -> Sequence[OrderSummary]:
        """Return up to 25 orders for autocompletion: the member's own, or any for staff."""
        wanted = OrderFilter(text=text.strip())
        discord_id = None if actor.may(READ) else actor.discord_id
        if not actor.may(READ) and discord_id is None:
            return ()
        return (await self._page(wanted, "", 25, discord_id=discord_id)).items

    async def search(self, actor: Actor, text: str, limit: int) -> Sequence[OrderSummary]:
        """Return orders whose number begins with the text, then those of customers who fit, newest first.

        Unlike `list`, it looks only where there is an index, however many orders there are.
        """
        actor.require(READ)
        found: Sequence[OrderSummary] = ()
        if rules.normal_number(text):
            condition, values = begins("o.number", text)
            found = await self._some(condition, limit, **values)
        if len(found) == limit:
            return found
        people = await self.app.get(CustomerService).ids_found(text, NAMESAKES)
        if not people:
            return found
        seen = {order.id for order in found}
        theirs = await self._some("o.customer IN :people", limit, people=people)
        return [*found, *(order for order in theirs if order.id not in seen)][:limit]

    async def _some(self, condition: str, limit: int, **values: Any) -> Sequence[OrderSummary]:
        found = await self.app.database.fetch(
            f"SELECT {rows.SUMMARY_COLUMNS} {rows.FROM} WHERE o.store = :store AND {condition}"
            f" ORDER BY o.created DESC, o.id DESC LIMIT {limit:d}",
            store=current_store(),
            **values,
        )
        return [rows.to_summary(row) for row in found]

    async def history(self, order_id: UUID) -> Sequence[OrderHistory]:
        """Return an order's timeline, oldest first."""
        found = await self.app.database.fetch(
            "SELECT id, at, kind, actor_kind, actor_name, before, after, text FROM order_history"
            " WHERE store = :store AND order_id = :order ORDER BY at, id",
            store=current_store(),
            order=order_id,
        )
        return tuple(rows.to_history(row) for row in found)

    async def notes(self, order_id: UUID, *, public_only: bool = False) -> Sequence[OrderNote]:
        """Return an order's notes, oldest first."""
        found = await self.app.database.fetch(
            "SELECT id, at, author, public, text FROM order_note"
            " WHERE store = :store AND order_id = :order ORDER BY at, id",
            store=current_store(),
            order=order_id,
        )
        notes = tuple(rows.to_note(row) for row in found)
        return tuple(note for note in notes if note.public or not public_only)

    async def order_of(self, table: Literal["order_line", "shipment"], key: UUID) -> UUID | None:
        """Return the order that a line or a parcel belongs to."""
        row = await self.app.database.fetch_one(
            f"SELECT order_id FROM {table} WHERE store = :store AND id = :id", store=current_store(), id=key
        )
        return None if row is None else rows.as_uuid(row["order_id"])

    async def find_by_draft(self, draft: UUID) -> Order | None:
        """Return the order that a draft became, if it became one."""
        row = await self.app.database.fetch_one(
            "SELECT id FROM orders WHERE store = :store AND draft = :draft", store=current_store(), draft=draft
        )
        return None if row is None else await self.get(rows.as_uuid(row["id"]))

    async def count_unpaid(self, customer: UUID) -> int:
        """Return how many orders of a customer wait for payment."""
        row = await self.app.database.fetch_one(
            "SELECT COUNT(*) AS number FROM orders"
            " WHERE store = :store AND customer = :customer AND status = 'PENDING_PAYMENT'",
            store=current_store(),
            customer=customer,
        )
        return int(row["number"]) if row else 0

    async def count_ordered(self, customer: UUID, products: Sequence[UUID]) -> dict[UUID, int]:
        """Return how many pieces of each product a customer has ordered, cancelled and refunded orders left out."""
        found = await self.app.database.fetch(
            "SELECT l.product, SUM(l.quantity - l.returned) AS number FROM order_line l"
            " JOIN orders o ON o.store = l.store AND o.id = l.order_id"
            " WHERE l.store = :store AND l.product IN :products AND o.customer = :customer"
            " AND o.status NOT IN ('CANCELLED', 'REFUNDED') GROUP BY l.product",
            store=current_store(),
            products=list(products),
            customer=customer,
        )
        return {rows.as_uuid(row["product"]): int(row["number"]) for row in found}

    async def bought(self, customer: UUID) -> dict[UUID, str]:
        """Return the products that a customer has paid for and not been refunded, by ID with the name last ordered."""
        found = await self.app.database.fetch(
            "SELECT l.product, l.name FROM order_line l JOIN orders o ON o.store = l.store AND o.id = l.order_id"
            " WHERE l.store = :store AND o.customer = :customer AND l.product IS NOT NULL"
            " AND o.status IN ('PAID', 'FULFILLING', 'SHIPPED', 'COMPLETE', 'PARTIALLY_REFUNDED')"
            " ORDER BY o.created, o.id, l.position",
            store=current_store(),
            customer=customer,
        )
        return {rows.as_uuid(row["product"]): str(row["name"]) for row in found}

    async def _page(
        self, wanted: OrderFilter, cursor: str, limit: int, *, discord_id: int | None = None
    ) -> Slice[OrderSummary]:
        where, values = conditions(wanted)
        if discord_id is not None:
            where += " AND c.discord_id = :discord_id"
            values["discord_id"] = discord_id
        if cursor:
            values["after_time"], values["after_id"] = time_and_id(cursor)
            where += " AND (o.created < :after_time OR (o.created = :after_time AND o.id < :after_id))"
        limit = min(max(limit, 1), 200)
        found = await self.app.database.fetch(
            f"SELECT {rows.SUMMARY_COLUMNS} {rows.FROM} WHERE o.store = :store{where}"
            f" ORDER BY o.created DESC, o.id DESC LIMIT {limit + 1}",
            store=current_store(),
            **values,
        )
        orders = tuple(rows.to_summary(row) for row in found[:limit])
        return Slice(orders, make_cursor(orders[-1]) if len(found) > limit else "")


def make_cursor(order: OrderSummary) -> str:
    """Return the cursor of the page that begins after this order."""
    return to_cursor([order.created.isoformat(), str(order.id)])


def _reference(reference: UUID | str) -> tuple[str, UUID | str]:
    if isinstance(reference, UUID):
        return "id", reference
    try:
        return "id", UUID(reference.strip())
    except ValueError:
        return "number", rules.normal_number(reference)


def conditions(wanted: OrderFilter) -> tuple[str, dict[str, Any]]:
    """Return a filter as conditions on `rows.FROM`, each after an AND, and their values."""
    parts: list[str] = []
    values: dict[str, Any] = {}
    if wanted.statuses:
        parts.append("o.status IN :statuses")
        values["statuses"] = [status.value for status in wanted.statuses]
    plain = (
        ("payment_method", "o.payment_method = :payment_method", wanted.payment_method or None),
        ("customer", "o.customer = :customer", wanted.customer),
        ("created_from", "o.created >= :created_from", wanted.created_from),
        ("created_before", "o.created < :created_before", wanted.created_before),
        ("minimum", "o.total >= :minimum", wanted.minimum),
        ("maximum", "o.total <= :maximum", wanted.maximum),
    )
    for name, condition, value in plain:
        if value is not None:
            parts.append(condition)
            values[name] = value
    if wanted.text:
        customer = found_in("{} LIKE :text ESCAPE '!'", fold(wanted.text), "c")
        parts.append(f"(o.number LIKE :number ESCAPE '!' OR {customer})")
        values["number"] = like(wanted.text.strip().lstrip("#")).upper()
        values["text"] = like(wanted.text)
    return "".join(f" AND {part}" for part in parts), values
