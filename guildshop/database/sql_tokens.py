"""SQL cut into tokens, as far as the guard must understand it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
  | (?P<quoted>"(?:[^"]|"")*"|`[^`]*`)
  | (?P<parameter>\?\d*|\$\d+|(?<!:):[A-Za-z_]\w*)
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<word>[^\W\d]\w*)
  | (?P<sign>::|<=|>=|<>|!=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BRACKETED = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `text` is folded for words and identifiers, `depth` counts the brackets around it."""

    kind: str
    text: str
    depth: int
    parameter: int | str | None = None
    """Which argument stands here, counted from 0, or its name."""

    @property
    def is_name(self) -> bool:
        """Whether it may name a table or a column."""
        return self.kind in {"word", "quoted"}


def tokens_of(dialect: str, text: str) -> list[Token]:
    """Return the tokens of a text, without comments; keywords come in upper case, names in lower case."""
    if dialect == "sqlite":
        text = _BRACKETED.sub(r'"\1"', text)
    tokens: list[Token] = []
    depth = questions = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "sign"
        if kind == "tag":
            kind = "string"
        value = match.group()
        parameter: int | str | None = None
        if kind == "space":
            continue
        if kind == "parameter":
            parameter, questions = _parameter(value, questions)
        elif kind == "quoted":
            value = value[1:-1].lower()
        elif kind == "word":
            value = value.upper()
        elif value == ")":
            depth -= 1
        tokens.append(Token(kind, value, depth, parameter))
        if value == "(" and kind == "sign":
            depth += 1
    return tokens


def _parameter(value: str, questions: int) -> tuple[int | str, int]:
    if value.startswith(":"):
        return value[1:], questions
    if value == "?":
        return questions, questions + 1
    return int(value[1:]) - 1, questions
