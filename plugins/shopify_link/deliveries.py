"""What links to Shopify tell staff in their channel."""

from __future__ import annotations

import structlog

from guildshop.bot.sending import Message
from guildshop.events import Delivery
from guildshop.i18n import use_locale
from guildshop.plugins.shopify_link.api import ShopifyLinkLogged, ShopifyRoleRefused
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.plugins.shopify_link.views import log_embed, role_embed

CHANNEL = "shopify_log"

log = structlog.get_logger(__name__)


async def tell_log(event: ShopifyLinkLogged, delivery: Delivery) -> None:
    """Put a line of the log into the channel, or, where it stands there, write it anew: what was erased goes."""
    service, store = delivery.app.get(LinkService), delivery.app.stores.get(delivery.store)
    found = await service.entry(event.entry)
    if found is None:
        return
    entry, channel, message = found
    with use_locale(store.language):
        shown = log_embed(entry)
    messenger = delivery.app.messenger
    if channel is not None and message is not None:
        outcome = await messenger.edit(store, channel, message, Message(embeds=[shown]))
        if not outcome.delivered:
            log.warning("shopify.log_not_changed", store=store.id, channel=channel, reason=outcome.reason)
        return
    if CHANNEL not in store.channels:
        return
    sent = await messenger.channel(store, CHANNEL, Message(embeds=[shown], nonce=delivery.id))
    if not sent.delivered:
        log.warning("shopify.log_not_told", store=store.id, reason=sent.reason)
        return
    async with delivery.work() as work:
        service.told_in(work, entry.id, sent.channel_id, sent.message_id)


async def tell_role(event: ShopifyRoleRefused, delivery: Delivery) -> None:
    """Tell staff that a client role could not be given, and what to do."""
    service, store = delivery.app.get(LinkService), delivery.app.stores.get(delivery.store)
    link = await service.of_member(event.discord_id)
    if link is None or not link.role_problem or CHANNEL not in store.channels:
        return
    with use_locale(store.language):
        shown = role_embed(link)
    await delivery.app.messenger.channel(store, CHANNEL, Message(embeds=[shown], nonce=delivery.id))
