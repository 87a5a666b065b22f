"""Returns: what customers ask to send back, and what staff make of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, Invalid, NotFound, Stale
from guildshop.events import Delivery
from guildshop.folding import begins
from guildshop.i18n import _
from guildshop.paging import Slice, time_and_id
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Order, OrderRefunded, OrdersSettings
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.refunds import rules, tables
from guildshop.plugins.refunds.api import (
    DECIDE,
    OPEN,
    READ,
    REASON_LENGTH,
    ItemRequest,
    Proposal,
    RefundMode,
    RefundRequest,
    Return,
    ReturnChanged,
    ReturnItem,
    ReturnRefused,
    ReturnStatus,
)
from guildshop.plugins.refunds.labels import return_label
from guildshop.plugins.refunds.service import records
from guildshop.plugins.refunds.service.queries import make_cursor
from guildshop.plugins.refunds.service.refunds import RefundService
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


class ReturnService:
    """Returns of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    # Reading

    async def get(self, return_id: UUID) -> Return:
        """Return a return; NotFound when there is none in this store."""
        found = await self._where("id = :id", id=return_id)
        if not found:
            raise NotFound(_("There is no such return in this store."))
        return found[0]

    async def of_order(self, order_id: UUID) -> Sequence[Return]:
        """Return an order's returns, oldest first."""
        return (await self._where("order_id = :order", order=order_id))[::-1]

    async def list(
        self, actor: Actor, status: ReturnStatus | None = None, *, cursor: str = "", limit: int = 50
    ) -> Slice[Return]:
        """Return a page of the store's returns, newest first."""
        actor.require(READ)
        conditions = ["TRUE"]
        values: dict[str, Any] = {}
        if status is not None:
            conditions.append("status = :status")
            values["status"] = status.value
        if cursor:
            values["after_time"], values["after_id"] = time_and_id(cursor)
            conditions.append("(created < :after_time OR (created = :after_time AND id < :after_id))")
        limit = min(max(limit, 1), 200)
        found = await self._where(" AND ".join(conditions), limit=limit + 1, **values)
        more = len(found) > limit
        return Slice(found[:limit], make_cursor(found[limit - 1].created, found[limit - 1].id) if more else "")

    async def count_open(self, actor: Actor) -> int:
        """Return how many returns wait for something."""
        actor.require(READ)
        row = await self.app.database.fetch_one(
            "SELECT COUNT(*) AS number FROM return_request"
            " WHERE store = :store AND status IN ('REQUESTED', 'APPROVED', 'RECEIVED')",
            store=current_store(),
        )
        return int(row["number"]) if row else 0

    async def search(self, actor: Actor, text: str, limit: int) -> Sequence[Return]:
        """Return the returns of orders whose number begins with the text, newest first."""
        actor.require(READ)
        condition, values = begins("order_number", text)
        return await self._where(condition, limit, **values) if values["number"] else ()

    # Customers

    async def returnable(self, actor: Actor, reference: UUID | str) -> Order:
        """Return the acting member's own order of which something can be sent back now; refuse any other."""
        orders = self.app.get(OrderService)
        order = await orders.get_for(actor, reference)
        if not orders.owns(actor, order):
            raise Forbidden(_("Order {number} is somebody else's.").format(number=order.number))
        rules.check_returnable(order, days=self._days(order.store), now=self.app.now())
        for known in await self.of_order(order.id):
            if known.status in OPEN:
                raise ReturnRefused(
                    _("A return of order {number} is {status} already. Wait until that one is done.").format(
                        number=order.number, status=return_label(known.status)
                    )
                )
        return order

    async def request(self, actor: Actor, reference: UUID | str, items: Sequence[ItemRequest], reason: str) -> Return:
        """Ask to send pieces of the acting member's own order back; staff decide. Items name lines by ID."""
        order = await self.returnable(actor, reference)
        wanted = rules.check_return(order, items, reason, days=self._days(order.store), now=self.app.now())
        return_id = new_id()
        again = ReturnRefused(
            _("A return of order {number} was requested at the same moment.").format(number=order.number)
        )
        async with self.app.work(actor) as work:
            work.insert(
                tables.ReturnRequest,
                conflict=again,
                id=return_id,
                order_id=order.id,
                order_number=order.number,
                customer=order.customer,
                status=ReturnStatus.REQUESTED.value,
                reason=reason.strip(),
                created=work.now,
                updated=work.now,
                version=1,
            )
            work.insert_many(
                tables.ReturnItem,
                [
                    {
                        "id": new_id(),
                        "return_id": return_id,
                        "position": at,
                        "line": item.line,
                        "product": item.product,
                        "sku": item.sku,
                        "name": item.name,
                        "quantity": item.quantity,
                    }
                    for at, item in enumerate(wanted, 1)
                ],
            )
            work.record(ReturnChanged(order.id, return_id, "", ReturnStatus.REQUESTED.value))
            work.audit("return.request", subject="return", subject_id=return_id, note=order.number)
        return await self.get(return_id)

    # Staff

    async def approve(self, actor: Actor, return_id: UUID) -> Return:
        """Let the customer send it back."""
        return await self._move(actor, return_id, ReturnStatus.APPROVED)

    async def receive(self, actor: Actor, return_id: UUID) -> Return:
        """Note that it arrived."""
        return await self._move(actor, return_id, ReturnStatus.RECEIVED)

    async def decline(self, actor: Actor, return_id: UUID, reason: str) -> Return:
        """Turn a return down, for a reason that the customer is told."""
        text = reason.strip()
        if not text:
            raise Invalid.field("reason", _("Give a reason: the customer is told it."))
        if len(text) > REASON_LENGTH:
            raise Invalid.field(
                "reason",
                _("The text has {given} characters; at most {length} fit. Shorten it.").format(
                    given=len(text), length=REASON_LENGTH
                ),
            )
        return await self._move(actor, return_id, ReturnStatus.DECLINED, text)

    async def propose_refund(self, actor: Actor, return_id: UUID) -> Proposal:
        """Plan the refund of what was received, to be confirmed like any other; it ends the return."""
        request = await self.get(return_id)
        rules.return_move(request, ReturnStatus.REFUNDED)
        refunds = self.app.get(RefundService)
        await refunds.failed_of_return(return_id)
        items = tuple(ItemRequest(str(item.line), item.quantity) for item in request.items)
        reason = _("Return: {reason}").format(reason=request.reason)[:REASON_LENGTH]
        wanted = RefundRequest(RefundMode.ITEMS, items=items, reason=reason)
        return await refunds.propose(actor, request.order, wanted, of_return=return_id)

    # Events

    async def refunded(self, event: OrderRefunded, delivery: Delivery) -> None:
        """End the return that a refund belongs to, once its money is back."""
        refund = await self.app.get(RefundService).find(event.refund)
        if refund is None or refund.request is None:
            return
        request = await self.get(refund.request)
        if request.status is not ReturnStatus.RECEIVED:
            return
        async with delivery.work() as work:
            self._write(work, request, ReturnStatus.REFUNDED)

    def keep_message(self, work: Work, request: Return, channel_id: int, message_id: int) -> None:
        """Remember where staff see a return, so that it can be shown anew there."""
        work.update(tables.ReturnRequest, request.id, channel_id=channel_id, message_id=message_id)

    async def message_of(self, return_id: UUID) -> tuple[int, int] | None:
        """Return channel and message where staff see a return."""
        row = await self.app.database.fetch_one(
            "SELECT channel_id, message_id FROM return_request WHERE store = :store AND id = :id",
            store=current_store(),
            id=return_id,
        )
        if row is None or row["channel_id"] is None or row["message_id"] is None:
            return None
        return row["channel_id"], row["message_id"]

    # Within

    def _days(self, store: int) -> int:
        return self.app.stores.settings(store, OrdersSettings).return_days

    async def _move(self, actor: Actor, return_id: UUID, after: ReturnStatus, decision: str = "") -> Return:
        actor.require(DECIDE)
        request = await self.get(return_id)
        if after is ReturnStatus.DECLINED and request.status is ReturnStatus.RECEIVED:
            await self.app.get(RefundService).failed_of_return(return_id)
        rules.return_move(request, after)
        async with self.app.work(actor) as work:
            self._write(work, request, after, decision)
            work.audit(
                "return.decide",
                subject="return",
                subject_id=return_id,
                before={"status": request.status.value},
                after={"status": after.value},
                note=f"{request.order_number} {decision}".strip(),
            )
        return await self.get(return_id)

    def _write(self, work: Work, request: Return, after: ReturnStatus, decision: str = "") -> None:
        work.guard(
            tables.ReturnRequest,
            set="status = :after, decision = :decision, updated = :now, version = version + 1",
            where="id = :id AND version = :version",
            refusal=Stale(
                _("Somebody else changed the return of order {number} at the same moment. Look at it again.").format(
                    number=request.order_number
                )
            ),
            id=request.id,
            version=request.version,
            after=after.value,
            decision=decision,
        )
        work.record(ReturnChanged(request.order, request.id, request.status.value, after.value))

    async def _where(self, condition: str, limit: int = 1000, **values: Any) -> Sequence[Return]:
        store = current_store()
        rows = await self.app.database.fetch(
            f"SELECT * FROM return_request WHERE store = :store AND {condition}"
            f" ORDER BY created DESC, id DESC LIMIT {limit:d}",
            store=store,
            **values,
        )
        keys = [records.as_uuid(row["id"]) for row in rows]
        items: dict[UUID, list[ReturnItem]] = defaultdict(list)
        if keys:
            for row in await self.app.database.fetch(
                "SELECT * FROM return_item WHERE store = :store AND return_id IN :returns ORDER BY return_id, position",
                store=store,
                returns=keys,
            ):
                items[records.as_uuid(row["return_id"])].append(records.to_return_item(row))
        return [records.to_return(row, items[key]) for row, key in zip(rows, keys, strict=True)]
