"""Pages of a list: numbered ones for Discord, and ones that go on after a cursor for the web and the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

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
