"""Pages of a list: numbered ones for Discord, and ones that go on after a cursor for the web and the API."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.i18n import _

NUMBER_DIGITS = 20
"""Of a number that fits into a column, with its sign."""

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One numbered page (from 1) out of `pages`; `total` counts the items of all pages."""

    items: Sequence[T_co]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Slice(Generic[T_co]):
    """Some items of a long list; `cursor` is given back to get the next ones and is empty after the last."""

    items: Sequence[T_co]
    cursor: str = ""


def page_number(asked: int, total: int, size: int) -> tuple[int, int]:
    """Return the nearest page that exists and how many there are; an empty list has one, empty, page."""
    pages = max(1, -(-total // size))
    return min(max(asked, 1), pages), pages


def to_cursor(values: Sequence[str]) -> str:
    """Return the sort values of a list's last row as the opaque text that a caller gives back."""
    return urlsafe_b64encode(json.dumps(list(values), ensure_ascii=False).encode()).decode().rstrip("=")


def from_cursor(cursor: str, count: int) -> list[str]:
    """Return the `count` sort values of a cursor; refuse what this list did not give out."""
    try:
        values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != count or not all(isinstance(value, str) for value in values):
        raise wrong_cursor()
    return values


def id_of(cursor: str) -> UUID:
    """Return the ID after which a list goes on; refuse what is no such cursor."""
    (key,) = from_cursor(cursor, 1)
    try:
        return UUID(key)
    except ValueError:
        raise wrong_cursor() from None


def time_and_id(cursor: str) -> tuple[datetime, UUID]:
    """Return the moment and the ID after which a list goes on; refuse what is no such cursor."""
    at, key = from_cursor(cursor, 2)
    try:
        moment = datetime.fromisoformat(at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), UUID(key)
    except ValueError:
        raise wrong_cursor() from None


def number_and_id(cursor: str) -> tuple[int, UUID]:
    """Return the number and the ID after which a list goes on; refuse what is no such cursor."""
    number, key = from_cursor(cursor, 2)
    try:
        if len(number) > NUMBER_DIGITS or abs(int(number)) >= 2**63:
            raise ValueError(number)
        return int(number), UUID(key)
    except ValueError:
        raise wrong_cursor() from None


def wrong_cursor() -> Invalid:
    """Return the refusal of a cursor that this list did not give out."""
    return Invalid.field("cursor", _("This cursor belongs to no list. Start again from the first page."))
