"""Money that came and belongs to no order: too much, too little, too late. It goes back without changing an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from guildshop.errors import NotFound, Stale
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Order, OrderStatus, RefundMode
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import Payment, PaymentState
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.refunds.api import (
    CREATE,
    READ,
    NothingToRefund,
    PartKind,
    PlannedPart,
    Refund,
    RefundPlan,
    Surplus,
    SurplusRefunded,
)
from guildshop.plugins.refunds.service.making import ATTEMPTS, COUNTED, limited_note
from guildshop.plugins.refunds.service.refunds import RefundService
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

SHOWN = 50


class SurplusRefunds:
    """Payments of the store in scope whose money fits no order."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def all(self, actor: Actor) -> Sequence[Surplus]:
        """Return the latest money that fits no order, newest first."""
        actor.require(READ)
        rows = await self.app.database.fetch(
            "SELECT id FROM payment WHERE store = :store AND state IN ('LATE', 'UNDERPAID', 'OVERPAID')"
            f" AND refunded < amount ORDER BY created DESC, id DESC LIMIT {SHOWN}",
            store=current_store(),
        )
        found = []
        for row in rows:
            found.append(await self._of(row["id"]))
        return [one for one in found if one.amount]

    async def refund(self, actor: Actor, payment_id: UUID, *, reason: str = "", note: str = "") -> Refund:
        """Give back what of a payment belongs to no order; two at once give it back once."""
        actor.require(CREATE)
        note = limited_note(note)
        for left in reversed(range(ATTEMPTS)):
            try:
                return await self._refund(actor, payment_id, reason.strip(), note)
            except Stale:
                if not left:
                    raise
        raise AssertionError

    async def _refund(self, actor: Actor, payment_id: UUID, reason: str, note: str) -> Refund:
        refunds = self.app.get(RefundService)
        surplus = await self._of(payment_id)
        payment = surplus.payment
        if not surplus.amount:
            raise NothingToRefund(
                _("Nothing of this payment over {amount} is left that does not belong to its order.").format(
                    amount=format_money(payment.amount, payment.currency)
                )
            )
        kind = PartKind.PROCESSOR if payment.processor_id else PartKind.MANUAL
        planned = RefundPlan(
            order=payment.order,
            order_number=payment.order_number,
            currency=payment.currency,
            mode=RefundMode.AMOUNT,
            amount=surplus.amount,
            items=(),
            parts=(PlannedPart(kind, payment.method, surplus.amount, payment.id),),
            reason=reason or _("It came beyond what the order cost."),
            status=OrderStatus.CANCELLED if surplus.order is None else surplus.order.status,
            left=0,
            net=0,
        )
        # Numbered, so that the second of two at once meets the first, and looks again at what is left.
        refund_id = uuid5(payment.id, f"surplus {await self._made(payment)}")
        async with self.app.work(actor) as work:
            refunds.write(work, planned, refund_id, {PartKind.PROCESSOR}, note=note, surplus=True)
            if kind is PartKind.MANUAL:
                work.record(SurplusRefunded(payment.order, refund_id))
        return await refunds.get(refund_id)

    async def _of(self, payment_id: UUID) -> Surplus:
        payments = self.app.get(PaymentService)
        payment = await payments.get(payment_id)
        order = await self._order(payment)
        label = self.app.get(OrderService).methods.label(payment.store, payment.method)
        if order is None or payment.state not in COUNTED:
            # What a deleted order was paid by was given back in another way before: it could not be deleted else.
            amount = payment.refundable if payment.state in {PaymentState.LATE, PaymentState.UNDERPAID} else 0
            return Surplus(payment, order, amount, label)
        counted = [one for one in await payments.taken(order.id) if one.state in COUNTED]
        return Surplus(payment, order, min(payment.refundable, await self._beyond(order, counted)), label)

    async def _made(self, payment: Payment) -> int:
        """Return how often something of a payment was given back, also for the order that it came for at first."""
        row = await self.app.database.fetch_one(
            "SELECT COUNT(*) AS made FROM refund_part WHERE store = :store AND payment = :payment",
            store=payment.store,
            payment=payment.id,
        )
        return 0 if row is None else int(row["made"])

    async def _order(self, payment: Payment) -> Order | None:
        try:
            return await self.app.get(OrderService).get(payment.order)
        except NotFound:
            return None

    async def _beyond(self, order: Order, counted: Sequence[Payment]) -> int:
        """Return how much more is in the till for an order than what it cost and was not given back."""
        _by_payment, credited = await self.app.get(RefundService).given_back(order.id)
        given_back = order.refunded + order.refund_held - credited
        return max(0, sum(one.refundable for one in counted) - (order.due - order.written_off - given_back))
