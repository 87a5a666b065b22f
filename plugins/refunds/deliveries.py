"""What refunds and returns tell customers and staff: from an event to a message."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import discord

from guildshop.bot.sending import Message
from guildshop.errors import NotFound
from guildshop.events import Delivery
from guildshop.i18n import use_locale
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import Order
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.refunds import views
from guildshop.plugins.refunds.api import (
    Refund,
    RefundBegun,
    RefundCollectable,
    RefundFailed,
    Return,
    ReturnChanged,
    ReturnStatus,
    SurplusRefunded,
)
from guildshop.plugins.refunds.service import RefundService, ReturnService

if TYPE_CHECKING:
    from guildshop.app import App

TOPIC = "refunds"
CHANNEL = "orders"


async def staff_pay_back(event: RefundBegun, delivery: Delivery) -> None:
    """Ask staff to pay back what no processor does."""
    app = delivery.app
    refund = await app.get(RefundService).get(event.refund)
    if not refund.by_hand:
        return
    order = await _order(delivery, event.order)
    shown = views.pay_back_notice(refund, order, refund_page(app, refund))
    await _tell_staff(delivery, shown)


async def staff_failed(event: RefundFailed, delivery: Delivery) -> None:
    """Tell staff that a processor did not give money back."""
    app = delivery.app
    refund = await app.get(RefundService).get(event.refund)
    page = refund_page(app, refund)
    await _tell_staff(delivery, views.failure_notice(refund, event, page))


async def customer_collect(event: RefundCollectable, delivery: Delivery) -> None:
    """Tell the customer where to collect their money; staff, where their order is gone and nobody knows them."""
    refund = await delivery.app.get(RefundService).get(event.refund)
    if not refund.url:
        return
    order = await _order(delivery, event.order)
    if order is None:
        await _tell_staff(delivery, views.collect_notice(refund, refund_page(delivery.app, refund)))
    else:
        with use_locale(await _language(delivery, order)):
            await _tell_customer(delivery, order, views.collect_message(refund, _shop(delivery)), always=True)


async def customer_surplus(event: SurplusRefunded, delivery: Delivery) -> None:
    """Tell the customer that what came beyond the order went back."""
    refund = await delivery.app.get(RefundService).get(event.refund)
    order = await _order(delivery, event.order)
    if order is None:
        return  # Nobody knows any more whose it was.
    with use_locale(await _language(delivery, order)):
        await _tell_customer(delivery, order, views.surplus_message(refund, _shop(delivery)))


async def staff_return(event: ReturnChanged, delivery: Delivery) -> None:
    """Show a new return to staff with the buttons that decide; a later change is put into that message."""
    app = delivery.app
    returns = app.get(ReturnService)
    request = await returns.get(event.request)
    order = await app.get(OrderService).get(event.order)
    shown = views.return_notice(request, order, return_page(app, request))
    message = Message(embeds=[shown.embed], items=shown.items, nonce=delivery.id)
    store = app.stores.get(delivery.store)
    known = await returns.message_of(request.id)
    if known is not None:
        await app.messenger.edit(store, *known, message)
    elif event.after == ReturnStatus.REQUESTED.value:
        outcome = await app.messenger.channel(store, CHANNEL, message)
        async with delivery.work() as work:
            if outcome.channel_id is not None and outcome.message_id is not None:
                returns.keep_message(work, request, outcome.channel_id, outcome.message_id)


async def customer_return(event: ReturnChanged, delivery: Delivery) -> None:
    """Tell the customer how their return goes; that it is refunded, the message about the refund says."""
    if event.after == ReturnStatus.REFUNDED.value:
        return
    app = delivery.app
    request = await app.get(ReturnService).get(event.request)
    if request.status.value != event.after:
        return  # It went on in the meantime, and that is told by its own event.
    order = await app.get(OrderService).get(event.order)
    with use_locale(await _language(delivery, order)):
        await _tell_customer(delivery, order, views.return_message(request, _shop(delivery)))


def refund_page(app: App, refund: Refund) -> str:
    """Return the address of a refund's page."""
    return f"{app.settings.web.public_url.rstrip('/')}/staff/refund/{refund.id}"


def return_page(app: App, request: Return) -> str:
    """Return the address of a return's page."""
    return f"{app.settings.web.public_url.rstrip('/')}/staff/return/{request.id}"


async def _order(delivery: Delivery, order_id: UUID) -> Order | None:
    """Return the order; None for one that was deleted, of which money may come and go all the same."""
    try:
        return await delivery.app.get(OrderService).get(order_id)
    except NotFound:
        return None


async def _tell_staff(delivery: Delivery, shown: views.Shown) -> None:
    store = delivery.app.stores.get(delivery.store)
    message = Message(embeds=[shown.embed], items=shown.items, nonce=delivery.id)
    await delivery.app.messenger.channel(store, CHANNEL, message)


async def _tell_customer(delivery: Delivery, order: Order, shown: discord.Embed, *, always: bool = False) -> None:
    """Send a DM unless the customer does not want it; what they need to get their money is sent `always`."""
    if order.customer_discord_id is None:
        return
    if not always and not await delivery.app.get(CustomerService).wants_message(order.customer, TOPIC):
        async with delivery.work() as work:
            work.audit(
                "message.suppress", subject="customer", subject_id=order.customer, note=f"{TOPIC} {order.number}"
            )
        return
    store = delivery.app.stores.get(order.store)
    message = Message(embeds=[shown], nonce=delivery.id)
    await delivery.app.messenger.dm(store, order.customer_discord_id, message)


async def _language(delivery: Delivery, order: Order) -> str:
    return await delivery.app.get(CustomerService).language(order.customer, order.locale)


def _shop(delivery: Delivery) -> str:
    return delivery.app.stores.get(delivery.store).name
