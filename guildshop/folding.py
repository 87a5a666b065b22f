"""Comparing and searching text as people do: without regard to case, accents and width."""

from __future__ import annotations

import unicodedata

_NOT_DECOMPOSED = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


def fold(text: str) -> str:
    """Return the text as it is compared: lower case, no accents, runs of white space made one space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.translate(_NOT_DECOMPOSED).casefold().split())


def like(text: str) -> str:
    """Return folded text as a LIKE pattern that finds it anywhere; use it with `ESCAPE '!'`."""
    escaped = fold(text).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"
