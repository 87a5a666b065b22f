"""Reading payments. All reads are of the store in scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import NotFound
from guildshop.i18n import _
from guildshop.paging import Slice, id_of, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Order, PaymentMethod
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments import rules
from guildshop.plugins.payments.api import TAKEN, Payment, PaymentFilter
from guildshop.plugins.payments.service.processors import Processors
from guildshop.plugins.payments.service.rows import to_payment
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

SHOWN = 200
READ = "order.read"


class PaymentQueries:
    """What can be read of payments."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app
        self.processors = Processors(app)

    async def list(
        self, actor: Actor, wanted: PaymentFilter, *, cursor: str = "", limit: int = SHOWN
    ) -> Slice[Payment]:
        """Return the payments that fit, newest first."""
        actor.require(READ)
        where, values = _conditions(wanted)
        if cursor:
            where.append("id < :last")
            values["last"] = id_of(cursor)
        rows = await self.app.database.fetch(
            f"SELECT * FROM payment WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT :size",
            store=actor.store,
            size=limit + 1,
            **values,
        )
        found = [to_payment(row) for row in rows[:limit]]
        return Slice(found, to_cursor([str(found[-1].id)]) if len(rows) > limit else "")

    async def of_order(self, order_id: UUID) -> Sequence[Payment]:
        """Return an order's payments, oldest first."""
        return await self._payments("order_id", order_id)

    async def of_attempt(self, attempt_id: UUID) -> Sequence[Payment]:
        """Return what came by one attempt, oldest first."""
        return await self._payments("attempt", attempt_id)

    async def get(self, payment_id: UUID) -> Payment:
        """Return a payment; NotFound when there is none in this store."""
        found = await self._payments("id", payment_id)
        if not found:
            raise NotFound(_("There is no such payment in this store."))
        return found[0]

    async def taken(self, order_id: UUID) -> Sequence[Payment]:
        """Return an order's payments whose money is in the till, newest first: what a refund can be paid from."""
        return tuple(one for one in reversed(await self.of_order(order_id)) if one.state in TAKEN)

    async def remaining(self, order: Order) -> int:
        """Return what is still to be paid of an unpaid order, when all that came was too little."""
        return order.due - rules.paid_so_far(order, await self.of_order(order.id))

    def online(self, store: int) -> Sequence[PaymentMethod]:
        """Return the methods that a browser can pay by, as the store offers them: those of processors."""
        offered = self.app.get(OrderService).methods.enabled(store)
        return tuple(method for method in offered if method.begin is not None)

    def method_label(self, store: int, code: str) -> str:
        """Return what a method is called, or its code where its plugin is gone."""
        return self.app.get(OrderService).methods.label(store, code)

    async def of_processor(self, method: str, processor_id: str) -> Payment | None:
        """Return the payment that a processor knows by this ID, if it was entered."""
        row = await self.app.database.fetch_one(
            "SELECT * FROM payment WHERE store = :store AND method = :method AND processor_id = :processor_id",
            store=current_store(),
            method=method,
            processor_id=processor_id,
        )
        return None if row is None else to_payment(row)

    async def unusual(self, actor: Actor) -> Sequence[Payment]:
        """Return the money that does not fit its order and is still in the till, newest first."""
        actor.require(READ)
        found = await self.app.database.fetch(
            "SELECT * FROM payment WHERE store = :store AND refunded < amount"
            f" AND state IN ('UNDERPAID', 'OVERPAID', 'LATE') ORDER BY created DESC, id LIMIT {SHOWN}",
            store=current_store(),
        )
        return tuple(to_payment(row) for row in found)

    async def search(self, actor: Actor, text: str, limit: int) -> Sequence[Payment]:
        """Return the payments that their processor or their payer calls by this text, newest first."""
        actor.require("order.read")
        found: dict[UUID, Payment] = {}
        for condition in ("processor_id = :text", "reference = :text AND reference <> ''"):
            for row in await self.app.database.fetch(
                f"SELECT * FROM payment WHERE store = :store AND {condition}"
                " ORDER BY created DESC, id DESC LIMIT :most",
                store=current_store(),
                text=text.strip(),
                most=limit,
            ):
                payment = to_payment(row)
                found[payment.id] = payment
        return list(found.values())[:limit]

    async def _payments(self, column: str, value: UUID) -> Sequence[Payment]:
        found = await self.app.database.fetch(
            f"SELECT * FROM payment WHERE store = :store AND {column} = :value ORDER BY created, id",
            store=current_store(),
            value=value,
        )
        return tuple(to_payment(row) for row in found)


def _conditions(wanted: PaymentFilter) -> tuple[list[str], dict[str, Any]]:
    where, values = ["store = :store"], dict[str, Any]()
    if wanted.states:
        where.append("state IN :states")
        values["states"] = sorted(state.value for state in wanted.states)
    if wanted.method:
        where.append("method = :method")
        values["method"] = wanted.method
    if wanted.created_from is not None:
        where.append("created >= :created_from")
        values["created_from"] = wanted.created_from
    if wanted.created_before is not None:
        where.append("created < :created_before")
        values["created_before"] = wanted.created_before
    return where, values
