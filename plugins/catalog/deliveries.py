"""What the catalog says in Discord by itself: holds, low stock, and panels that are kept up to date."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import discord
import structlog

from guildshop.bot.items import custom_id
from guildshop.bot.languages import language_of_member
from guildshop.bot.sending import Message, Problem
from guildshop.errors import NotFound, Stale
from guildshop.events import Delivery
from guildshop.i18n import _, use_locale
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import HoldGranted, Panel, PanelDue, PanelRemoved, StockLow, WaitingState
from guildshop.plugins.catalog.commands.common import cards_of, is_selling
from guildshop.plugins.catalog.commands.staff import restock_button
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.catalog.views.cards import LEAVE, hold_embed, order_button
from guildshop.plugins.catalog.views.panels import digest, panel_message
from guildshop.plugins.catalog.views.staff import low_embed

if TYPE_CHECKING:
    from guildshop.app import App

log = structlog.get_logger(__name__)

STAFF_CHANNELS = ("orders", "log")
"""The first of these that is set hears of low stock."""

PANEL_SIZE = 25
UNKNOWN_MESSAGE = 10008


async def tell_hold(event: HoldGranted, delivery: Delivery) -> None:
    """Tell the member what is held for them; what is held for somebody who left the server goes to the next."""
    app = delivery.app
    service = app.get(CatalogService)
    waiting = await service.waiting(event.waiting)
    if waiting is None or waiting.state is not WaitingState.HELD:
        return
    store = app.stores.get(delivery.store)
    product = await service.get(waiting.product)
    with use_locale(await language_of_member(app, waiting.member, waiting.locale)):
        leave: discord.ui.Button[discord.ui.View] = discord.ui.Button(
            label=_("No, thanks"), custom_id=custom_id(LEAVE, store.id, [waiting.id])
        )
        items = [order_button(product), leave] if is_selling(app, store.id) else [leave]
        message = Message(embeds=[hold_embed(product, waiting, store.name)], items=items, nonce=delivery.event_id)
    outcome = await app.messenger.dm(store, waiting.member, message)
    if outcome.problem is Problem.MEMBER_GONE:
        with suppress(Stale):  # It ended by itself.
            await service.end_hold(delivery.actor, waiting, WaitingState.EXPIRED)


async def tell_low(event: StockLow, delivery: Delivery) -> None:
    """Tell staff, once for each time that stock falls to the figure they set."""
    app = delivery.app
    store = app.stores.get(delivery.store)
    try:
        product = await app.get(CatalogService).get(event.product)
    except NotFound:
        return
    with use_locale(store.language):
        message = Message(
            embeds=[low_embed(product, event.available)], items=[restock_button(product)], nonce=delivery.event_id
        )
    name = next((name for name in STAFF_CHANNELS if name in store.channels), STAFF_CHANNELS[0])
    outcome = await app.messenger.channel(store, name, message)
    if not outcome.delivered:
        log.warning("catalog.low_stock_untold", store=store.id, sku=product.sku, reason=outcome.reason)


async def show_panel(event: PanelDue, delivery: Delivery) -> None:
    """Post a panel where it is missing, and change its message where it shows something else."""
    app = delivery.app
    service = app.get(CatalogService)
    panel = await service.panel(event.panel)
    if panel is None:
        return
    store = app.stores.get(panel.store)
    message = await _message(app, panel)
    wanted = digest(message)
    if panel.message_id is not None and panel.shown == wanted:
        return
    outcome = None
    if panel.message_id is not None:
        outcome = await app.messenger.edit(store, panel.channel_id, panel.message_id, message)
        if outcome.problem is Problem.MESSAGE_GONE:
            outcome = None
    if outcome is None:
        posting = replace(message, nonce=f"{delivery.event_id}{delivery.listener}")
        outcome = await app.messenger.to_channel(store, panel.channel_id, posting)
    # Where it was refused, the digest is kept all the same, so that it is tried again only when asked or checked.
    try:
        await service.keep_panel(delivery.actor, panel, outcome.message_id, wanted, outcome.reason)
    except Stale:  # It was taken off, or is wanted anew.
        if outcome.message_id is not None and await service.panel(panel.id) is None:
            await app.messenger.delete(store, panel.channel_id, outcome.message_id)


async def remove_panel(event: PanelRemoved, delivery: Delivery) -> None:
    """Delete the message of a panel that was taken off."""
    if event.message_id is not None:
        store = delivery.app.stores.get(delivery.store)
        await delivery.app.messenger.delete(store, event.channel_id, event.message_id)


async def watch_panels(app: App, store: int) -> None:
    """Have each panel changed whose products changed since; a timer calls it, so many changes are one."""
    service = app.get(CatalogService)
    for panel in await service.panels():
        if digest(await _message(app, panel)) != panel.shown:
            await service.want_panel(Actor.system(store, "catalog.panels"), panel)


async def check_panels(app: App, store: int) -> None:
    """Have each panel posted again whose message was deleted, or that could not be posted before."""
    service, bot = app.get(CatalogService), app.bot
    if bot is None or not bot.is_ready():
        return
    actor = Actor.system(store, "catalog.panels")
    for panel in await service.panels():
        lost = panel.message_id is None
        if panel.message_id is not None:
            try:
                await bot.http.get_message(panel.channel_id, panel.message_id)
            except discord.NotFound as error:
                lost = error.code == UNKNOWN_MESSAGE
            except discord.HTTPException as error:
                log.info("catalog.panel_unchecked", store=store, channel=panel.channel_id, reason=str(error))
        if lost:
            with suppress(Stale):
                await service.want_panel(actor, panel, lost=True)


async def _message(app: App, panel: Panel) -> Message:
    """Return a panel's message: in the shop's language, with what a member without roles may see."""
    service = app.get(CatalogService)
    store = app.stores.get(panel.store)
    found = await service.visible((), product_list=panel.product_list, size=PANEL_SIZE)
    title = store.name if panel.product_list is None else (await service.product_list(panel.product_list)).name
    with use_locale(store.language):
        cards = await cards_of(service, found.items)
        return panel_message(panel, title, cards, found.total, selling=is_selling(app, store.id))
