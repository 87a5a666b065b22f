"""The shop panel: a message in a channel from which members browse and order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import discord

from guildshop.bot.items import custom_id
from guildshop.bot.rendering import OPTION_LIMIT, QUIET, clip, embed, escape
from guildshop.bot.sending import Message
from guildshop.i18n import _, grouped, ngettext, pgettext
from guildshop.plugins.catalog.api import START_BUTTON, Panel
from guildshop.plugins.catalog.views.cards import ALL, LIST, Card

BROWSE = "catalog.browse"
SHOW = "catalog.show"
LINES = 20


def panel_message(panel: Panel, title: str, cards: Sequence[Card], total: int, *, selling: bool) -> Message:
    """Return a panel as it is posted: in the shop's language, and only what everybody may see."""
    shelf = ALL if panel.product_list is None else f"{LIST}{panel.product_list}"
    items: list[discord.ui.Item[Any]] = []
    if cards:
        items.append(
            discord.ui.Select(
                custom_id=custom_id(SHOW, panel.store, [shelf]),
                options=[
                    discord.SelectOption(
                        label=clip(card.product.name, OPTION_LIMIT),
                        value=str(card.product.id),
                        description=clip(f"{card.price} · {_stock(card)}", OPTION_LIMIT),
                    )
                    for card in cards[:25]
                ],
                placeholder=_("Look at a product"),
                row=0,
            )
        )
    items.append(
        discord.ui.Button(label=_("Browse"), emoji="🛍️", custom_id=custom_id(BROWSE, panel.store, [shelf]), row=1)
    )
    if selling:
        items.append(
            discord.ui.Button(
                label=pgettext("button", "Order"),
                style=discord.ButtonStyle.primary,
                custom_id=custom_id(START_BUTTON, panel.store, []),
                row=1,
            )
        )
    return Message(embeds=[_embed(title, cards, total)], items=items)


def digest(message: Message) -> str:
    """Return what tells whether a panel's message must be changed."""
    shown = [made.to_dict() for made in message.embeds]
    components = [item.to_component_dict() for item in message.items]
    return hashlib.sha256(json.dumps([shown, components], sort_keys=True, default=str).encode()).hexdigest()


def _embed(title: str, cards: Sequence[Card], total: int) -> discord.Embed:
    if not cards:
        text = _("There is nothing for sale here at the moment. Please come back later.")
        return embed(escape(title), text, colour=QUIET)
    lines = [f"**{clip(escape(card.product.name), 90)}** · {card.price}{_mark(card)}" for card in cards[:LINES]]
    if total > len(lines):
        more = total - len(lines)
        text = ngettext("… and {number} more: press Browse.", "… and {number} more: press Browse.", more)
        lines.append(text.format(number=grouped(more)))
    return embed(
        escape(title),
        "\n".join(lines),
        footer=_("What you see and order here is private to you."),
        thumbnail=next((card.product.image_url for card in cards if card.product.image_url), ""),
    )


def _mark(card: Card) -> str:
    return "" if card.in_stock else " · " + _("sold out")


def _stock(card: Card) -> str:
    return _("In stock") if card.in_stock else _("Out of stock")
