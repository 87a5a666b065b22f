"""What ends with a refund: all that an order gave, or what came with the products that went back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database.tables import DeliveryRow
from guildshop.errors import NotFound, Stale
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.plugins.entitlements.api import GOODS, Ended, Entitlement, EntitlementKind, EntitlementStatus
from guildshop.plugins.entitlements.service.entitlements import ATTEMPTS, EntitlementService
from guildshop.plugins.orders.api import MoveRefused, Order, OrderRefunded, RefundMode
from guildshop.plugins.orders.service import OrderService

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.plugins.refunds.api import RefundPlan


class RefundedEntitlements:
    """What of an order's entitlements ends with its refunds."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def order_refunded(self, event: OrderRefunded, delivery: Delivery) -> None:
        """Take back what ends with the refund; a refund of an amount alone takes nothing."""
        if event.mode is RefundMode.AMOUNT:
            return
        service = self.app.get(EntitlementService)
        products = {item.product for item in event.items if item.product is not None}
        for left in reversed(range(ATTEMPTS)):
            held = await self.held(event.order)
            ending = (
                held if event.mode is RefundMode.FULL else ending_with(held, products, await self._left(event.order))
            )
            try:
                async with delivery.work() as work:
                    service.revoke_in(work, ending, Ended.REFUNDED)
            except Stale:
                if not left:
                    raise
            else:
                return

    async def held(self, order_id: UUID) -> Sequence[Entitlement]:
        """Return what of an order has not ended."""
        every = await self.app.get(EntitlementService).of_order(order_id)
        return [one for one in every if one.status is not EntitlementStatus.REVOKED]

    async def check_deletion(self, order: Order) -> None:
        """Keep an order whose roles and channels are not taken back: without it, nothing would ever end them."""
        every = [one for one in await self.app.get(EntitlementService).of_order(order.id) if one.kind not in GOODS]
        if any(one.failed and one.status is EntitlementStatus.REVOKED for one in every):
            raise MoveRefused(
                _(
                    "A role or channel of order {number} could not be taken back. “Digital goods” says why: mend that"
                    " and press Retry there, then delete the order."
                ).format(number=order.number)
            )
        if any(one.status is not EntitlementStatus.REVOKED for one in every):
            raise MoveRefused(
                _(
                    "The roles and channels of order {number} are not taken back. Use “Revoke digital goods” on its"
                    " page, then delete it."
                ).format(number=order.number)
            )
        waiting = await self.app.database.fetch_one(
            f"SELECT id FROM {DeliveryRow._meta.tablename} WHERE store = :store AND status = 'PENDING'"
            " AND listener = 'entitlements.apply' AND key IN :keys LIMIT 1",
            store=order.store,
            keys=[f"{one.discord_id}/{one.target}" for one in every] or [""],
        )
        if waiting is not None:
            raise MoveRefused(
                _("The roles and channels of order {number} are just being taken back. Delete it in a minute.").format(
                    number=order.number
                )
            )

    async def effects(self, plan: RefundPlan) -> Sequence[str]:
        """Say what a refund that is shown before it happens will take."""
        if plan.mode is RefundMode.AMOUNT:
            return ()
        left = await self._left(plan.order)
        products = {item.product for item in plan.items if item.product is not None}
        for item in plan.items:
            if item.product is not None:
                left[item.product] -= item.quantity
        held = await self.held(plan.order)
        ending = held if plan.mode is RefundMode.FULL else ending_with(held, products, left)
        kept = [one for one in ending if await self._stays(one)]
        names = {id(one): self._name(one) for one in ending}
        taken = dict.fromkeys(names[id(one)] for one in ending if one not in kept)
        staying = dict.fromkeys(names[id(one)] for one in kept)
        lines = [_("Taken: {names}").format(names=", ".join(taken))] if taken else []
        if staying:
            lines.append(
                _("Stays, since something else that was bought gives it too: {names}").format(names=", ".join(staying))
            )
        return lines

    async def _left(self, order_id: UUID) -> Counter[UUID]:
        """Return how many pieces of each product of an order did not go back."""
        left = Counter[UUID]()
        with suppress(NotFound):
            for line in (await self.app.get(OrderService).get(order_id)).lines:
                if line.product is not None:
                    left[line.product] += line.quantity - line.returned
        return left

    async def _stays(self, entitlement: Entitlement) -> bool:
        """Tell whether another order still gives the member the same role or channel."""
        others = await self.app.get(EntitlementService).others_of(entitlement)
        return any(one.order != entitlement.order for one in others)

    def _name(self, entitlement: Entitlement) -> str:
        bot, store = self.app.bot, self.app.stores.get(entitlement.store)
        guild = None if bot is None or store.guild_id is None else bot.get_guild(store.guild_id)
        if entitlement.kind is EntitlementKind.ROLE:
            role = None if guild is None else guild.get_role(entitlement.target)
            return _("role {name}").format(name=entitlement.target if role is None else role.name)
        if entitlement.kind is EntitlementKind.CHANNEL:
            channel = None if guild is None else guild.get_channel(entitlement.target)
            return _("channel {name}").format(name=entitlement.target if channel is None else channel.name)
        if entitlement.kind is EntitlementKind.KEY:
            return _("licence key of {product}").format(product=entitlement.product_name)
        return _("file of {product}").format(product=entitlement.product_name)


def ending_with(held: Iterable[Entitlement], products: Collection[UUID], left: Mapping[UUID, int]) -> list[Entitlement]:
    """Return what ends when pieces of products went back: all of those products but a key for each piece that is left.

    Told by what is left, so that it is the same whether the payment or the refund is heard first.
    """
    keys, ending = Counter[UUID](), []
    for one in sorted(held, key=lambda each: each.id):
        if one.product not in products:
            continue
        if one.kind is EntitlementKind.KEY:
            keys[one.product] += 1
            if keys[one.product] <= left.get(one.product, 0):
                continue
        ending.append(one)
    return ending
