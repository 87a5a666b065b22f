"""SQL text with named parameters, compiled once for each dialect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from guildshop.database.values import encode, encode_many

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|::|:([A-Za-z_]\w*)")
_IN = re.compile(r"(\bNOT\s+)?\bIN\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut at its parameters: `pieces[i]` precedes the parameter `names[slots[i]]`.

    Parameters that stand behind `IN` take a list of any length, also none.
    """

    pieces: tuple[str, ...]
    slots: tuple[int, ...]
    names: tuple[str, ...]
    lists: frozenset[str]

    def sqlite(self) -> str:
        """Return the text with `?1`, `?2`, …"""
        out: list[str] = []
        for piece, slot in zip(self.pieces, self.slots, strict=False):
            mark = f"?{slot + 1}"
            if self.names[slot] in self.lists:
                mark = f"(SELECT value FROM json_each({mark}))"
            out += (piece, mark)
        return "".join([*out, self.pieces[-1]])

    def postgres(self, first: int = 1) -> str:
        """Return the text with `$first`, `$(first + 1)`, …"""
        out: list[str] = []
        for piece, slot in zip(self.pieces, self.slots, strict=False):
            mark = f"${first + slot}"
            if self.names[slot] in self.lists:
                found = _IN.search(piece)
                assert found is not None  # noqa: S101 - that is how it came into `lists`
                out += (piece[: found.start()], f"<> ALL({mark})" if found.group(1) else f"= ANY({mark})")
            else:
                out += (piece, mark)
        return "".join([*out, self.pieces[-1]])

    def arguments(self, dialect: str, values: Mapping[str, Any]) -> list[Any]:
        """Return the values in the order of `names`, encoded; TypeError when one is missing."""
        try:
            return [
                encode_many(dialect, values[name]) if name in self.lists else encode(dialect, values[name])
                for name in self.names
            ]
        except KeyError as error:
            message = f"the statement needs a value for :{error.args[0]}"
            raise TypeError(message) from None

    def check_names(self, values: Mapping[str, Any], offered: frozenset[str] = frozenset()) -> None:
        """Raise TypeError when a value is given that the text never uses."""
        for name in values:
            if name not in self.names and name not in offered:
                message = f"the statement has no parameter :{name}"
                raise TypeError(message)


@lru_cache(maxsize=4096)
def parse(text: str) -> Template:
    """Cut a text at its `:name` parameters; quoted text, comments and `::` casts are left alone."""
    pieces: list[str] = []
    slots: list[int] = []
    names: dict[str, int] = {}
    lists: set[str] = set()
    begin = 0
    for match in _TOKEN.finditer(text):
        name = match.group(1)
        if name is None:
            continue
        piece = text[begin : match.start()]
        pieces.append(piece)
        slots.append(names.setdefault(name, len(names)))
        if _IN.search(piece):
            lists.add(name)
        begin = match.end()
    pieces.append(text[begin:])
    return Template(tuple(pieces), tuple(slots), tuple(names), frozenset(lists))


@lru_cache(maxsize=4096)
def compiled(dialect: str, text: str) -> tuple[str, Template]:
    """Return the text as the dialect's driver takes it, and its template."""
    template = parse(text)
    return (template.sqlite() if dialect == "sqlite" else template.postgres()), template
