"""What is written down for people is marked: in templates, and where Python tells somebody something."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

import guildshop.errors
from guildshop.translating import LEFT_OUT
from tests.languages.pseudo import ROOT, Texts

PARTS = ("guildshop", "plugins", "web", "config")
TOLD = frozenset(
    {
        *(name for name, value in vars(guildshop.errors).items() if isinstance(value, type)),
        "Choice", "DashboardCard", "Embed", "Heading", "Letter", "Message", "Page", "Permission", "Question",
        "SelectField", "SelectOption", "SettingsSection", "Tab", "TextField", "add_field", "answer", "badge", "button",
        "flash", "set_author", "set_footer", "succeed", "update",
    }
)  # fmt: skip
"""Calls whose arguments people read."""
READ = frozenset(
    {"answer", "change_label", "confirm", "content", "description", "detail", "hint", "label", "message", "name"}
    | {"placeholder", "remedy", "sentence", "subject", "text", "title"}
)
"""Arguments by these names are read too, of the calls above."""
NOT_FOR_CUSTOMERS = frozenset({"LoadError", "ConfigurationError", "DatabaseError", "ScopeError", "Delivery"})
"""Told to whoever programs or runs the shop, in a log or at the start, in English as what they name."""
AS_IT_IS = frozenset({"Size=L, Colour=Black", "discord_id,email", "kB"})
"""In templates: how to write something, and a unit."""
HEARD_BY_NOBODY = frozenset({"somebody else was faster"})
"""Raised and caught in the same function."""
_TAG = re.compile(r"(?<=<)\{\{.*?\}\}|(?<=</)\{\{.*?\}\}")
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_SENTENCE = re.compile(r"[A-Z]?[a-z]{2,} [a-z]|^[A-Z][a-z]{2,}")


def templates() -> Iterator[Path]:
    for part in PARTS:
        for path in (ROOT / part).rglob("*"):
            inside = path.relative_to(ROOT).parts
            if path.suffix in {".html", ".txt"} and "templates" in inside and not LEFT_OUT.intersection(inside):
                yield path


@pytest.mark.parametrize("path", list(templates()), ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_say_nothing_that_is_not_marked(path: Path) -> None:
    page = Texts()
    page.feed(_EXPRESSION.sub(" ", _TAG.sub("x", path.read_text(encoding="utf-8"))))
    texts = [text for text in page.found if re.search("[A-Za-z]{2}", text) and not text.startswith("aria-")]
    assert set(texts) - AS_IT_IS == set()


def sources() -> Iterator[Path]:
    for part in PARTS:
        for path in (ROOT / part).rglob("*.py"):
            if not LEFT_OUT.intersection(path.parts) and path.name not in {"testing.py", "generate.py"}:
                yield path


def test_what_people_are_told_is_marked() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources()}
    told = _refusals(trees.values())
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path, tree in trees.items()
        for line, text in _unmarked(tree, told)
        if text not in HEARD_BY_NOBODY
    ]
    assert found == []


def _refusals(trees: Collection[ast.Module]) -> frozenset[str]:
    """Return the calls that tell somebody something, with the refusals that plugins add."""
    told = set(TOLD - NOT_FOR_CUSTOMERS)
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    while (
        more := {one.name for one in classes if told & {_name(base) for base in one.bases}} - told - NOT_FOR_CUSTOMERS
    ):
        told |= more
    return frozenset(told)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _unmarked(tree: ast.Module, told: frozenset[str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if _name(node.func) not in told:
            continue
        given = [*node.args, *(one.value for one in node.keywords if one.arg in READ)]
        for argument in given:
            text = _text(argument)
            if _SENTENCE.search(text):
                yield node.lineno, text


def _text(node: ast.expr) -> str:
    """Return what is written in an expression, without what is filled in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values if isinstance(part, ast.Constant))
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.IfExp):
        return _text(node.body) or _text(node.orelse)
    return ""
