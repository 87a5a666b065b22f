"""The words of a search as conditions on customers, each database asked for what it has an index of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from guildshop.database import Database
from guildshop.folding import fold, like
from guildshop.plugins.customers.api import found_in
from guildshop.plugins.customers.api.searching import SHORT

MOST_WORDS = 8
DRAWN = "c-"
"""What every account number that was drawn at random begins with."""
PIECE = 3
"""How many letters a piece has by which SQLite finds words."""
FEW = 1000
"""So many are looked up one by one; of more, the first ones are found sooner in the order of the list."""
_PHONE = re.compile(r"[+\d\s()./-]{5,}")
_WITHIN_PHONES = re.compile(r"[()./-]+")
"""What people write into phone numbers, which are kept without."""
_FOUND = "SELECT rowid FROM customer_pieces WHERE customer_pieces MATCH :pieces"


async def conditions_of(database: Database, text: str) -> tuple[list[str], dict[str, Any]]:
    """Return conditions on `customer` that hold for whoever has every word of the text somewhere.

    A word that so many account numbers begin with that no index helps stands for a number that is no longer than it.
    """
    if _PHONE.fullmatch(text) and any(map(str.isdigit, text)):
        text = _WITHIN_PHONES.sub(" ", text)
    words = fold(text).split()[:MOST_WORDS]
    numbers = {word for word in words if word.startswith(DRAWN) and len(word) <= SHORT}
    conditions, values = await _conditions(database, [word for word in words if word not in numbers])
    for index, number in enumerate(sorted(numbers)):
        name = f"piece{index}" if database.dialect == "sqlite" else f"number{index}"
        conditions.append(f"customer.account_number IN :{name}")
        values[name] = sorted({number, number.upper()})
    return conditions, values


async def _conditions(database: Database, words: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    if database.dialect == "postgres":
        return _patterns(words)
    conditions = [found_in(f"instr({{}}, :word{index}) > 0", word) for index, word in enumerate(words)]
    values: dict[str, Any] = {f"word{index}": word for index, word in enumerate(words)}
    pieces = _pieces(words)
    if pieces and await _few(database, pieces):
        conditions.append(f"customer.id IN (SELECT customer FROM customer_text WHERE number IN ({_FOUND}))")
        values["pieces"] = pieces
    return conditions, values


def in_order(column: str, values: Mapping[str, Any]) -> str:
    """Return the column to sort by, so that SQLite reads those that were found, not everybody in this order."""
    return f"+{column}" if values.keys() & {"pieces", "piece0"} else column


def _patterns(words: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for index, word in enumerate(words):
        rare = _rare(word)
        conditions.append(found_in(f"{{}} LIKE :word{index} ESCAPE '!'", rare))
        values[f"word{index}"] = like(rare)
        if rare != word:
            conditions.append(f"strpos(search, :whole{index}) > 0")
            values[f"whole{index}"] = word
    return conditions, values


def _pieces(words: Sequence[str]) -> str:
    """Return the pieces of the words as SQLite's full-text search asks for all of them; empty where all are short."""
    cut = {one[start : start + PIECE] for one in map(_rare, words) for start in range(len(one) - PIECE + 1)}
    return " ".join('"' + piece.replace('"', '""') + '"' for piece in sorted(cut))


async def _few(database: Database, pieces: str) -> bool:
    """Tell whether few have all of these pieces; never where SQLite has no index of them."""
    if not await database.fetch("SELECT 1 FROM sqlite_master WHERE name = 'customer_pieces'"):
        return False
    row = await database.fetch_one(f"SELECT COUNT(*) AS found FROM ({_FOUND} LIMIT :most)", pieces=pieces, most=FEW + 1)
    return row is not None and row["found"] <= FEW


def _rare(word: str) -> str:
    """Return the part of a word that few have: of an email address not the host, which thousands share."""
    name, at, _host = word.partition("@")
    return name + at if at and len(name) >= PIECE else word
