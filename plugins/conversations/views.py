"""What customers and staff read of a conversation in Discord."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from guildshop.bot.rendering import (
    ATTENTION,
    BAD,
    CONTENT_LIMIT,
    GOOD,
    QUIET,
    clip,
    embed,
    escape,
    member,
)
from guildshop.i18n import _
from guildshop.plugins.conversations.api import (
    STATE_LABELS,
    Conversation,
    Message,
    MessageKind,
    MessageState,
)
from guildshop.plugins.conversations.rules import pieces

SHOWN_TEXT = 900
"""Characters of one message that a notice shows."""
DESCRIPTION = 4000


def answer_parts(shop: str, text: str) -> list[str]:
    """Return an answer as the customer reads it: the shop's name before it, in parts that Discord takes."""
    head = f"**{escape(shop)}**\n"
    first, *others = pieces(text, CONTENT_LIMIT, escape, first=CONTENT_LIMIT - len(head))
    return [f"{head}{first}", *others]


def received_text(shop: str, *, begun: bool) -> str:
    """Return what a customer reads after writing."""
    if begun:
        return _(
            "Your message is with {shop}. The answer comes to you as a direct message; you can go on writing there."
        ).format(shop=escape(shop))
    return _("Your message is with {shop}.").format(shop=escape(shop))


def notice(conversation: Conversation, messages: Sequence[Message], *, page: str) -> discord.Embed:
    """Return a conversation for staff, with its latest messages; the title leads to `page`."""
    colour, title = _state(conversation)
    failed = next((one for one in reversed(messages) if one.kind is MessageKind.ANSWER), None)
    problem = ""
    if failed is not None and failed.state is MessageState.FAILED:
        problem = f"{failed.reason} {failed.remedy}".strip() or _("Try again on the page.")
    who = member(conversation.discord_id) if conversation.discord_id is not None else ""
    return embed(
        title.format(customer=escape(conversation.customer_name)),
        _lines(messages),
        colour=BAD if problem else colour,
        fields=[
            (_("Customer"), f"{who} {escape(conversation.customer_name)}".strip()),
            (_("Seen to by"), escape(conversation.claimed_name)),
            (_("The last answer did not arrive"), problem, False),
        ],
        url=page,
    )


def _state(conversation: Conversation) -> tuple[discord.Colour, str]:
    if not conversation.open:
        return QUIET, _("Closed: conversation with {customer}")
    if conversation.waiting:
        return ATTENTION, _("{customer} writes")
    return GOOD, _("Answered: conversation with {customer}")


def _lines(messages: Sequence[Message]) -> str:
    """Return the messages as text, the oldest left out where not all fit."""
    shown: list[str] = []
    left = DESCRIPTION
    for one in reversed(messages):
        text = clip(escape(one.body), SHOWN_TEXT)
        names = ", ".join(escape(file.name) for file in one.attachments)
        files = _("Files: {names}").format(names=names) if names else ""
        state = f" ({_(STATE_LABELS[one.state])})" if one.state in STATE_LABELS else ""
        line = "\n".join(part for part in (f"**{escape(one.author)}**{state}", text, files) if part)
        left -= len(line) + 2
        if left < 0:
            break
        shown.append(line)
    return "\n\n".join(reversed(shown))
