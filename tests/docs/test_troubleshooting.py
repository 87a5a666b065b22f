"""What the troubleshooting page quotes is what Guildshop says."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guide" / "troubleshooting.md").read_text("utf-8")
QUOTED = sorted({" ".join(quote.split()) for quote in re.findall(r"“([^”]+ [^”]+)”", PAGE)})
SHORTEST = 9
PARTS = ("guildshop", "plugins", "web", "config")


@cache
def sources() -> dict[Path, str]:
    """Return the text of the product's modules."""
    return {
        file: file.read_text("utf-8") for part in ("guildshop", "plugins", "web", "config") for file in _files(part)
    }


def _files(part: str) -> list[Path]:
    return [file for file in (ROOT / part).rglob("*.py") if "piccolo_migrations" not in file.parts]


@cache
def _sentences(file: Path) -> str:
    """Return all texts of a module, joined as Python joins them."""
    nodes = ast.walk(ast.parse(sources()[file]))
    return "\n".join(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_there_are_quotes() -> None:
    assert len(QUOTED) > 15


@pytest.mark.parametrize("quote", QUOTED)
def test_it_is_said(quote: str) -> None:
    pieces = [piece.strip(" …") for piece in quote.split("…")]
    pieces = [piece for piece in pieces if len(piece) >= SHORTEST]
    assert pieces, f"“{quote}” names too little to be found"
    for piece in pieces:
        start = piece[: SHORTEST - 1]
        files = [file for file, text in sources().items() if start in text]
        assert any(piece in _sentences(file) for file in files), piece
