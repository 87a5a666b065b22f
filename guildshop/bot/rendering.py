"""How the bot shows things: escaped text, embeds, amounts, and buttons to turn pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import discord

from guildshop.i18n import _
from guildshop.money import Money, format_money

if TYPE_CHECKING:
    from guildshop.bot.items import StoreButton

COLOUR = discord.Colour(0x5865F2)
GOOD = discord.Colour(0x2E8B57)
BAD = discord.Colour(0xC0392B)
ATTENTION = discord.Colour(0xE6A23C)
QUIET = discord.Colour(0x747F8D)

TITLE_LIMIT = 256
DESCRIPTION_LIMIT = 4096
FIELD_NAME_LIMIT = 256
FIELD_LIMIT = 1024
LABEL_LIMIT = 80
OPTION_LIMIT = 100
CONTENT_LIMIT = 2000
FOOTER_LIMIT = 2048
TOTAL_LIMIT = 6000
"""Characters of all texts of an embed together, which Discord refuses beyond."""

_SPECIAL = re.compile(r"([\\*~`|\[<]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|^\s*(?:[#>]|-#))", re.MULTILINE)
"""Within a word an underline is no mark of Discord's: `jane_doe@example.com` stays as it is, to be read and copied."""


def escape(text: object) -> str:
    """Return text that somebody else wrote so that it shows literally: no formatting, links or mentions."""
    escaped = _SPECIAL.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", str(text))
    return escaped.replace("@everyone", "@\u200beveryone").replace("@here", "@\u200bhere")


def clip(text: str, limit: int) -> str:
    """Return the text, cut with an ellipsis where it exceeds the limit of characters."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def money(amount: Money | int, currency: str | None = None) -> str:
    """Write an amount for the current reader: `money(Money(…))` or `money(1999, "USD")`."""
    if isinstance(amount, Money):
        return format_money(amount.amount, amount.currency)
    if currency is None:
        message = "an amount of minor units needs its currency"
        raise TypeError(message)
    return format_money(amount, currency)


def moment(when: datetime, style: discord.utils.TimestampStyle = "f") -> str:
    """Return a time that Discord shows in each reader's own time zone; style `R` is relative ("in 2 days")."""
    return discord.utils.format_dt(when, style)


def member(discord_id: int) -> str:
    """Return a mention of a member; nobody is notified, since mentions are off by default."""
    return f"<@{discord_id}>"


def embed(
    title: str = "",
    description: str = "",
    *,
    colour: discord.Colour = COLOUR,
    fields: Sequence[tuple[str, str] | tuple[str, str, bool]] = (),
    footer: str = "",
    image: str = "",
    thumbnail: str = "",
    url: str = "",
) -> discord.Embed:
    """Return an embed within Discord's limits; fields are (name, value) or (name, value, inline).

    The caller escapes what others wrote. Fields without a value are left out; where all texts together exceed what
    Discord takes, the last ones are cut.
    """
    made = discord.Embed(
        title=clip(title, TITLE_LIMIT) or None,
        description=clip(description, DESCRIPTION_LIMIT) or None,
        colour=colour,
        url=url or None,
    )
    if footer:
        made.set_footer(text=clip(footer, FOOTER_LIMIT))
    for field in fields[:25]:
        name = clip(field[0], FIELD_NAME_LIMIT)
        left = TOTAL_LIMIT - len(made) - len(name)
        if field[1] and left > 0:
            inline = bool(field[2]) if len(field) > 2 else True
            made.add_field(name=name, value=clip(field[1], min(FIELD_LIMIT, left)), inline=inline)
    if image.startswith(("http://", "https://")):
        made.set_image(url=image)
    if thumbnail.startswith(("http://", "https://")):
        made.set_thumbnail(url=thumbnail)
    return made


def success_embed(description: str, title: str = "") -> discord.Embed:
    """Return an embed that says that something worked."""
    return embed(title, description, colour=GOOD)


def error_embed(description: str, title: str = "") -> discord.Embed:
    """Return an embed that says that something did not work, and what to do."""
    return embed(title, description, colour=BAD)


def attention_embed(description: str, title: str = "") -> discord.Embed:
    """Return an embed that asks somebody to do something."""
    return embed(title, description, colour=ATTENTION)


def page_buttons(
    kind: type[StoreButton], store: int, *args: object, page: int, pages: int, row: int | None = None
) -> list[StoreButton]:
    """Return Previous, "2 / 5" and Next; pressing one calls the class with `args` and then the page's number (from 1).

    Nothing is returned for a single page.
    """
    if pages <= 1:
        return []
    made: list[dict[str, Any]] = [
        {"page": page - 1, "label": _("Previous"), "emoji": "◀", "disabled": page <= 1},
        {"page": page, "label": f"{page} / {pages}", "disabled": True},
        {"page": page + 1, "label": _("Next"), "emoji": "▶", "disabled": page >= pages},
    ]
    return [kind(store, *args, button.pop("page"), row=row, **button) for button in made]
