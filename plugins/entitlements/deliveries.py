"""What entitlements tell members and staff: from an event to a message."""

from __future__ import annotations

from collections.abc import Sequence

from guildshop.bot.languages import language_of_member
from guildshop.bot.sending import Message, Outcome, Problem, Sent
from guildshop.errors import NotFound
from guildshop.events import Delivery
from guildshop.i18n import _, use_locale
from guildshop.mail import Letter
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.entitlements.api import (
    ENDING,
    Entitlement,
    EntitlementFailed,
    EntitlementKind,
    EntitlementReminderDue,
    GoodsDue,
)
from guildshop.plugins.entitlements.commands import RetryButton, goods_buttons
from guildshop.plugins.entitlements.service import EntitlementService, GoodsService
from guildshop.plugins.entitlements.views import ending_embed, failure_embed, goods_embed
from guildshop.plugins.orders.service import OrderService


async def alert(event: EntitlementFailed, delivery: Delivery) -> None:
    """Tell staff in the log channel what could not be given, and what to do."""
    app = delivery.app
    entitlement = await app.get(EntitlementService).get(event.entitlement)
    if entitlement.problem == Problem.MEMBER_GONE.value:
        return
    order = await app.get(OrderService).get(event.order)
    store = app.stores.get(delivery.store)
    retry = [RetryButton(store.id, entitlement.id, label=_("Retry"))] if entitlement.failed else []
    message = Message(embeds=[failure_embed(order.number, entitlement)], items=retry, nonce=delivery.id)
    await app.messenger.channel(store, "log" if "log" in store.channels else "orders", message)


async def send_goods(event: GoodsDue, delivery: Delivery) -> None:
    """Send an order's keys and files to whom they are for, all in one message."""
    goods, store = delivery.app.get(GoodsService), delivery.app.stores.get(delivery.store)
    sent = await goods.claim(event)
    if not sent:
        return
    member = sent[0].discord_id
    if member is None:
        await _mail_goods(sent, delivery)
        return
    order = await delivery.app.get(OrderService).get(sent[0].order)
    # Of a gift, the order's language is the buyer's.
    about = "" if order.recipient_discord_id == member else order.locale
    with use_locale(await language_of_member(delivery.app, member, about)):
        owned = list(await goods.described(sent))
        shown, cut = goods_embed(store.name, owned)
        buttons = goods_buttons(store.id, member, owned, cut=cut)
    outcome = await delivery.app.messenger.dm(store, member, Message(embeds=[shown], items=buttons, nonce=delivery.id))
    await goods.settle(sent, delivery, outcome)


async def remind(event: EntitlementReminderDue, delivery: Delivery) -> None:
    """Tell a member that a role ends soon, if they want to be told."""
    app = delivery.app
    entitlement = await app.get(EntitlementService).ends_soon(event)
    if entitlement is None or entitlement.discord_id is None:
        return
    customers = app.get(CustomerService)
    customer = await customers.by_discord_id(entitlement.discord_id)
    if customer is None or not await customers.wants_message(customer.id, ENDING):
        return
    store = app.stores.get(delivery.store)
    with use_locale(customers.spoken(customer.locale)):
        shown = ending_embed(store.name, entitlement, app.messenger.command_mention(store, "order"))
    await app.messenger.dm(store, entitlement.discord_id, Message(embeds=[shown], nonce=delivery.id))


async def _mail_goods(sent: Sequence[Entitlement], delivery: Delivery) -> None:
    """Send a guest's keys by email; files go to members of the server only."""
    app = delivery.app
    goods, store = app.get(GoodsService), app.stores.get(delivery.store)
    keys = [found for found in sent if found.kind is EntitlementKind.KEY]
    order = await app.get(OrderService).get(sent[0].order)
    try:
        email = (await app.get(CustomerService).get(order.customer)).email
    except NotFound:
        email = ""
    if len(keys) < len(sent) or not email or not app.mail.enabled:
        # One outcome for the whole order: half of it by email would have to be sent again with the rest.
        await goods.settle(sent, delivery, None)
        return
    with use_locale(await app.get(CustomerService).language(order.customer, order.locale)):
        letter = Letter(
            _("Your licence keys from {shop}").format(shop=store.name),
            paragraphs=[_("Thank you for your order {number}.").format(number=order.number)],
            facts=[(one.product_name, key) for one in await goods.described(keys) for key in one.keys],
            closing=[_("Keep them to yourself: whoever has a key can use it.")],
        )
        content = app.mail.letter(store, letter)
    mailed = await app.mail.send(store, email, content, key=delivery.id)
    sent_how = Sent.DELIVERED if mailed.delivered else Sent.UNDELIVERABLE
    await goods.settle(sent, delivery, Outcome(sent_how, None, mailed.reason, mailed.remedy))
