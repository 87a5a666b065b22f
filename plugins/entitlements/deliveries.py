"""What entitlements tell staff of themselves: from an event to a message."""

from __future__ import annotations

from guildshop.bot.sending import Message, Problem
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.plugins.entitlements.api import EntitlementFailed, EntitlementStatus
from guildshop.plugins.entitlements.commands import RetryButton
from guildshop.plugins.entitlements.service import EntitlementService
from guildshop.plugins.entitlements.views import failure_embed
from guildshop.plugins.orders.service import OrderService


async def alert(event: EntitlementFailed, delivery: Delivery) -> None:
    """Tell staff in the log channel what could not be given, and what to do."""
    app = delivery.app
    entitlement = await app.get(EntitlementService).get(event.entitlement)
    if entitlement.problem == Problem.MEMBER_GONE.value:
        return
    order = await app.get(OrderService).get(event.order)
    store = app.stores.get(delivery.store)
    retry = (
        []
        if entitlement.status is EntitlementStatus.REVOKED
        else [RetryButton(store.id, entitlement.id, label=_("Retry"))]
    )
    message = Message(embeds=[failure_embed(order.number, entitlement)], items=retry, nonce=delivery.id)
    await app.messenger.channel(store, "log" if "log" in store.channels else "orders", message)
