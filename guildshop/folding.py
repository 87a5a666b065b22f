"""Comparing and searching text as people do: without regard to case, accents and width."""

from __future__ import annotations

import unicodedata

_NOT_DECOMPOSED = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})

_LONGEST = 16
"""Characters of a number."""


def fold(text: str) -> str:
    """Return the text as it is compared: lower case, no accents, runs of white space made one space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.translate(_NOT_DECOMPOSED).casefold().split())


def begins(column: str, text: str) -> tuple[str, dict[str, str]]:
    """Return the condition, and its values, that a number begins with the text: one that an index answers.

    For columns of upper case, in which nothing sorts behind Z, such as the numbers of orders.
    """
    number = text.strip().lstrip("#").upper()
    condition = f"{column} >= :number AND {column} <= :last AND {column} LIKE :pattern ESCAPE '!'"
    return condition, {"number": number, "last": number + "Z" * _LONGEST, "pattern": _escaped(number) + "%"}


def like(text: str) -> str:
    """Return folded text as a LIKE pattern that finds it anywhere; use it with `ESCAPE '!'`."""
    return f"%{_escaped(fold(text))}%"


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
