"""Uses: claimed when an order is placed, given back when it is cancelled unpaid or refunded in full.

Three counters stand beside the rows: of the discount, of the discount and customer, of the assignment. The limits are
guards on them, so that of two who race for the last use one gets it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import NotFound, Stale
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.discounts import rules, tables
from guildshop.plugins.discounts.api import DiscountGone
from guildshop.plugins.discounts.service.editing import Editing
from guildshop.plugins.orders.api import (
    Adjustment,
    OrderCancelled,
    OrderDeleted,
    OrderEdited,
    OrderRefunded,
    Phase,
    Quote,
)
from guildshop.plugins.orders.service import OrderService
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

PLUGIN = "discounts"
LABEL_LIMIT = 100
KEPT = "kept"

_OPEN = "active AND (expires IS NULL OR expires > :made) AND (total_allowed IS NULL OR used < total_allowed)"
_OF_ORDER = "u.store = :store AND u.order_id = :order AND u.given_back IS NULL"


class Uses(Editing):
    """Claiming uses and giving them back."""

    async def open_counter(self, actor: Actor, discount: UUID, customer: UUID) -> None:
        """Make sure that the customer's uses of a discount can be counted."""
        known = await self.app.database.fetch_one(
            "SELECT id FROM discount_customer WHERE store = :store AND discount = :discount AND customer = :customer",
            store=actor.store,
            discount=discount,
            customer=customer,
        )
        if known is None:
            # Somebody else may be making it.
            with suppress(Stale):
                async with self.app.work(actor) as work:
                    work.insert(
                        tables.DiscountCustomer,
                        conflict=Stale(str(discount)),
                        id=new_id(),
                        discount=discount,
                        customer=customer,
                        used=0,
                    )

    def adjustment(self, offer: rules.Offer, customer: UUID) -> Adjustment:
        """Return an offer as an amount of the order; its reference says what Confirm claims."""
        discount = offer.discount
        label = _("Discount ({name})").format(name=discount.name)
        return Adjustment(
            Phase.DISCOUNT,
            PLUGIN,
            discount.code or "discount",
            label if len(label) <= LABEL_LIMIT else discount.name,
            offer.amount,
            reference=":".join(
                (
                    discount.id.hex,
                    str(discount.version),
                    customer.hex,
                    offer.assignment.id.hex if offer.assignment is not None else "",
                    KEPT if offer.kept else "",
                )
            ),
            shares=offer.shares,
        )

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Take one use for the order, or refuse it: used up, changed or switched off since the summary was shown."""
        for adjustment in quote.adjustments:
            if adjustment.plugin == PLUGIN and adjustment.phase is Phase.DISCOUNT:
                self._claim(quote, adjustment, order, work)

    def release(self, order: UUID, work: Work) -> None:
        """Give the order's use back within a Work: of an order whose lines are edited, before it claims anew."""
        for table, column in (
            (tables.Discount, "discount"),
            (tables.DiscountAssignment, "assignment"),
        ):
            work.guard(
                table,
                set="used = used - 1",
                where=f"id IN (SELECT u.{column} FROM discount_use AS u WHERE {_OF_ORDER})",
                rows=None,
                order=order,
            )
        work.guard(
            tables.DiscountCustomer,
            set="used = used - 1",
            where=f"discount IN (SELECT u.discount FROM discount_use AS u WHERE {_OF_ORDER})"
            f" AND customer IN (SELECT u.customer FROM discount_use AS u WHERE {_OF_ORDER})",
            rows=None,
            order=order,
        )
        work.guard(
            tables.DiscountUse,
            set="given_back = :now",
            where="order_id = :order AND given_back IS NULL",
            rows=None,
            order=order,
        )

    async def give_back_unpaid(self, event: OrderCancelled, delivery: Delivery) -> None:
        """Give the use of an order back that was cancelled with nothing to refund: no refund will do it."""
        order = await self.app.get(OrderService).get(event.order)
        if order.paid_at is None or not event.refund_due:
            await self._give_back(event.order, delivery)

    async def give_back_refunded(self, event: OrderRefunded, delivery: Delivery) -> None:
        """Give the use of an order back once all of its money is."""
        if event.complete:
            await self._give_back(event.order, delivery)

    async def give_back_deleted(self, event: OrderDeleted, delivery: Delivery) -> None:
        """Give the use of an order back that is gone: while the plugin was off, the deletion did not."""
        await self._give_back(event.order, delivery)

    async def give_back_edited(self, event: OrderEdited, delivery: Delivery) -> None:
        """Give the use of an order back that has no discount any more: edited while the plugin was off."""
        with suppress(NotFound):
            order = await self.app.get(OrderService).get(event.order)
            if not any(one.plugin == PLUGIN for one in order.adjustments):
                await self._give_back(event.order, delivery)

    async def check_counters(self, store: int) -> list[str]:
        """Return the names of discounts whose counter differs from their uses: none, unless rows were tampered with."""
        rows = await self.app.database.fetch(
            "SELECT d.name FROM discount AS d WHERE d.store = :store AND d.used <> (SELECT COUNT(*) FROM discount_use"
            " AS u WHERE u.store = :store AND u.discount = d.id AND u.given_back IS NULL)",
            store=store,
        )
        return [row["name"] for row in rows]

    async def _give_back(self, order: UUID, delivery: Delivery) -> None:
        row = await self.app.database.fetch_one(
            f"SELECT u.id, u.discount, u.customer, u.assignment FROM discount_use AS u WHERE {_OF_ORDER}",
            store=current_store(),
            order=order,
        )
        if row is None:
            return
        gone = Stale(_("The use was given back at the same moment."))
        async with delivery.work() as work:
            work.guard(
                tables.DiscountUse,
                set="given_back = :now",
                where="id = :id AND given_back IS NULL",
                refusal=gone,
                id=row["id"],
            )
            work.guard(tables.Discount, set="used = used - 1", where="id = :id", id=row["discount"])
            work.guard(
                tables.DiscountCustomer,
                set="used = used - 1",
                where="discount = :discount AND customer = :customer",
                discount=row["discount"],
                customer=row["customer"],
            )
            if row["assignment"] is not None:
                work.guard(tables.DiscountAssignment, set="used = used - 1", where="id = :id", id=row["assignment"])

    def _claim(self, quote: Quote, adjustment: Adjustment, order: UUID, work: Work) -> None:
        # Summaries that were stored before an update have four parts.
        discount, version, customer, assignment, kept, *_rest = (*adjustment.reference.split(":"), "")
        gone = DiscountGone(
            _("“{name}” cannot be used any more: its last use was just taken, or the shop changed it.").format(
                name=adjustment.label
            )
        )
        # As it was promised: the summary holds for some minutes, also past the discount's end.
        work.guard(
            tables.Discount,
            set="used = used + 1",
            where="id = :id AND version = :version"
            + ("" if kept else " AND active AND (limit_total IS NULL OR used < limit_total)"),
            refusal=gone,
            id=UUID(discount),
            version=int(version),
        )
        limit = (
            ""
            if assignment or kept
            else " AND used < (SELECT COALESCE(d.limit_per_customer, 2147483647) FROM discount AS d"
            " WHERE d.store = :store AND d.id = :discount)"
        )
        work.guard(
            tables.DiscountCustomer,
            set="used = used + 1",
            where=f"discount = :discount AND customer = :customer{limit}",
            refusal=gone,
            discount=UUID(discount),
            customer=UUID(customer),
        )
        if assignment:
            work.guard(
                tables.DiscountAssignment,
                set="used = used + 1",
                where=f"id = :id AND (:kept OR ({_OPEN}))",
                refusal=gone,
                id=UUID(assignment),
                kept=bool(kept),
                made=quote.made,
            )
        work.insert(
            tables.DiscountUse,
            conflict=gone,
            id=new_id(),
            discount=UUID(discount),
            order_id=order,
            customer=UUID(customer),
            assignment=UUID(assignment) if assignment else None,
            amount=adjustment.amount,
            currency=quote.totals.currency,
            created=work.now,
            given_back=None,
        )
