"""Texts: what is taken, what is shown, and how a long one is cut for Discord."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.plugins.conversations.api import TEXT_LIMIT, Attachment

PREVIEW_LIMIT = 160
MOST_ATTACHMENTS = 10
NAME_LIMIT = 200
ADDRESS_LIMIT = 1000


def clean_text(text: str, *, field: str = "text", attachments: Sequence[Attachment] = ()) -> str:
    """Return text without control characters and outer spaces; refuse an empty or too long one."""
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
    ).strip()
    if not kept and not attachments:
        raise Invalid.field(field, _("The message is empty. Write something, then send it."))
    if len(kept) > TEXT_LIMIT:
        raise Invalid.field(
            field,
            _("The message has {length} characters; at most {limit} fit. Shorten it, or send it in parts.").format(
                length=len(kept), limit=TEXT_LIMIT
            ),
        )
    return kept


def clean_attachments(given: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Return the files with what is kept of each; an address that is none of the web is left out."""
    return tuple(
        Attachment(
            " ".join(one.name.split())[:NAME_LIMIT] or "file",
            one.url if one.url.startswith(("https://", "http://")) and len(one.url) <= ADDRESS_LIMIT else "",
            max(one.size, 0),
        )
        for one in given[:MOST_ATTACHMENTS]
    )


def preview(text: str, attachments: Sequence[Attachment] = ()) -> str:
    """Return the beginning of a message in one line, or the names of its files."""
    line = " ".join(text.split()) or ", ".join(one.name for one in attachments)
    return line if len(line) <= PREVIEW_LIMIT else f"{line[: PREVIEW_LIMIT - 1].rstrip()}…"


def pieces(text: str, limit: int, shown: Callable[[str], str] = str, first: int | None = None) -> list[str]:
    """Return the text as it is shown, in parts of at most `limit` characters, cut between words where possible.

    The first part has at most `first` characters, if that is given. `shown` may make a text longer, as escaping does.
    """
    found: list[str] = []
    rest = text.strip()
    while rest:
        room = limit if found or first is None else first
        size = min(len(rest), room)
        while len(shown(rest[:size])) > room:
            size -= max(1, (len(shown(rest[:size])) - room) // 2)
        if size < len(rest):
            size = _between_words(rest, size)
        found.append(shown(rest[:size].rstrip()))
        rest = rest[size:].lstrip()
    return found


def _between_words(text: str, size: int) -> int:
    """Return the last place to cut before `size`, unless that wastes half of the room."""
    for mark in ("\n", " "):
        place = text.rfind(mark, size // 2, size + 1)
        if place > 0:
            return place
    return size
