"""Points follow their orders: what an order redeemed and earned is brought in line with where the order stands.

Each event only says that something changed. What is due is worked out from the order as it is, and from what it did to
points so far, so that events may come late, twice or in another order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from guildshop.database import new_id
from guildshop.database.tables import DeliveryRow
from guildshop.errors import Refusal
from guildshop.events import Delivery
from guildshop.i18n import _, ngettext
from guildshop.plugins.loyalty import rules, tables
from guildshop.plugins.loyalty.api import EntryKind, LoyaltyAccount, OrderPoints
from guildshop.plugins.loyalty.service.changing import PointsChanges, changed
from guildshop.plugins.loyalty.service.ledger import PLUGIN
from guildshop.plugins.orders.api import (
    Order,
    OrderCancelled,
    OrderEdited,
    OrderPaid,
    OrderRefunded,
    OrderStatus,
)
from guildshop.plugins.orders.service import OrderService

if TYPE_CHECKING:
    from guildshop.database import Work

PointsEvent = OrderPaid | OrderCancelled | OrderRefunded | OrderEdited


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is to happen to an order's points now.

    `excess` was redeemed and is not needed, `returned` comes back for what was refunded; `earned` comes in, or, below
    zero, is taken back. `base` is what being paid earned, `counted` what of it counts for today's cap.
    """

    excess: int
    returned: int
    earned: int
    base: int | None
    counted: int = 0


class PointsFollowing(PointsChanges):
    """Hears of orders."""

    async def order_changed(self, event: PointsEvent, delivery: Delivery) -> None:
        """Bring an order's points in line with the order. Being paid opens an account and earns, once."""
        await self.again(lambda: self._follow(event.order, delivery, paid=isinstance(event, OrderPaid)))

    async def check_deletion(self, order: Order) -> Callable[[Work], None] | None:
        """Let an order go once its points are settled; return what gives back what it still holds."""
        waiting = await self.app.database.fetch_one(
            f"SELECT id FROM {DeliveryRow._meta.tablename} WHERE store = :store AND key = :key AND status <> 'DONE'"
            " AND listener IN ('loyalty.paid', 'loyalty.refunded', 'loyalty.cancelled')",
            store=order.store,
            key=str(order.id),
        )
        if waiting is not None:
            raise Refusal(
                _("The points of order {number} are just being settled. Delete it in a minute.").format(
                    number=order.number
                )
            )
        taken = await self.of_order(order.id)

        def join(work: Work) -> None:
            if taken is not None and order.paid_at is None and taken.redeemed:
                self.give_back(work, order.id, taken)
            work.guard(
                tables.LoyaltyEntry,
                set="order_number = :number",
                where="order_id = :order",
                rows=None,
                number=order.number,
                order=order.id,
            )

        return join

    # Within

    async def _follow(self, order_id: UUID, delivery: Delivery, *, paid: bool) -> None:
        order = await self.app.get(OrderService).get(order_id)
        taken = await self.of_order(order_id)
        earns = paid and (taken is None or taken.base is None) and self.active(order.store)
        if taken is not None:
            account = await self.account_of_id(taken.account)
        elif earns:
            account = await self.open_account(delivery.actor, order.customer)
        else:
            return
        settled = self._settle(order, taken, account, earns=earns)
        if settled != Settlement(0, 0, 0, None if taken is None else taken.base):
            async with delivery.work() as work:
                self._write(work, order, taken, account, settled)

    def _settle(self, order: Order, taken: OrderPoints | None, account: LoyaltyAccount, *, earns: bool) -> Settlement:
        redeemed, returned, earned = (0, 0, 0) if taken is None else (taken.redeemed, taken.returned, taken.earned)
        base = None if taken is None else taken.base
        excess = max(redeemed - returned - _needed(order, taken), 0) if not returned else 0
        if order.paid_at is None:
            return Settlement(excess, 0, 0, base)
        over = order.status in {OrderStatus.CANCELLED, OrderStatus.REFUNDED}
        counted = 0
        if earns:
            base = counted = self._points_for(order, account)
        back = rules.returned(redeemed - excess, order.paid_total, order.refunded, over=over)
        stands = rules.kept(base or 0, order.paid_total, order.refunded, over=over)
        return Settlement(excess, max(back - returned, 0), stands - earned, base, counted)

    def _points_for(self, order: Order, account: LoyaltyAccount) -> int:
        """Return what an order earns: for its goods net of reductions, at the customer's tier, within today's cap."""
        program = self.program(order.store)
        tier = rules.tier_of(program.tiers, account.lifetime)
        goods = order.subtotal - order.discount - order.loyalty
        points = rules.earned_for(goods, order.currency, program.points_per_unit, tier)
        today = account.day_earned if account.day == self._day(order.store) else 0
        return rules.capped(points, program.daily_cap, today)

    def _write(
        self, work: Work, order: Order, taken: OrderPoints | None, account: LoyaltyAccount, settled: Settlement
    ) -> None:
        back = settled.excess + settled.returned
        change = back + self._enter_all(work, order, account, settled)
        today = self._day(order.store)
        self.change(
            work,
            account.id,
            change,
            gone=changed(),
            seen=account.version,
            lifetime=account.lifetime + settled.earned,
            day=today,
            day_earned=(account.day_earned if account.day == today else 0) + settled.counted,
        )
        if taken is None:
            work.insert(
                tables.LoyaltyOrder,
                conflict=changed(),
                id=new_id(),
                order_id=order.id,
                account=account.id,
                redeemed=0,
                returned=0,
                value=0,
                base=settled.base,
                earned=settled.earned,
                created=work.now,
                version=1,
            )
            return
        work.guard(
            tables.LoyaltyOrder,
            set="redeemed = redeemed - :excess, returned = returned + :returned, earned = earned + :earned,"
            " base = :base, version = version + 1",
            where="id = :id AND version = :version",
            refusal=changed(),
            id=taken.id,
            version=taken.version,
            excess=settled.excess,
            returned=settled.returned,
            earned=settled.earned,
            base=settled.base,
        )

    def _enter_all(self, work: Work, order: Order, account: LoyaltyAccount, settled: Settlement) -> int:
        """Add the rows; return what was earned, or below zero what could be taken back."""
        back = settled.excess + settled.returned
        if back:
            self.enter(
                work, account.id, EntryKind.RETURN, back, gone=changed(), order=order.id, order_number=order.number
            )
        if settled.earned > 0:
            self.enter(
                work,
                account.id,
                EntryKind.EARN,
                settled.earned,
                gone=changed(),
                order=order.id,
                order_number=order.number,
                expires=self.lapse(order.store, work.now),
            )
            return settled.earned
        if settled.earned == 0:
            return 0
        taken_back = min(-settled.earned, account.balance + back)
        short = -settled.earned - taken_back
        told = ngettext(
            "{points} point was spent already and could not be taken back.",
            "{points} points were spent already and could not be taken back.",
            short,
        ).format(points=short)
        self.enter(
            work,
            account.id,
            EntryKind.REVERSE,
            -taken_back,
            gone=changed(),
            short=short,
            order=order.id,
            order_number=order.number,
            reason=told if short else "",
        )
        return -taken_back

    def _day(self, store: int) -> str:
        """Return today in the store's time zone."""
        return self.app.now().astimezone(ZoneInfo(self.app.stores.get(store).time_zone)).date().isoformat()


def _needed(order: Order, taken: OrderPoints | None) -> int:
    """Return how many points an order needs: none once it was cancelled unpaid, else what its amounts say."""
    if taken is None or (order.paid_at is None and order.status is OrderStatus.CANCELLED):
        return 0
    return sum(one.amount for one in order.adjustments if one.plugin == PLUGIN) // max(taken.value, 1)
