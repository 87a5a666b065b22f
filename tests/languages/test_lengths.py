"""What Discord cuts or refuses when it is long fits in every language: labels, titles of forms, placeholders."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from gettext import GNUTranslations

from tests.languages.pseudo import ROOT
from tests.languages.test_sources import sources

ON_PAGES = "^admin|^endpoints|page"
FIELDS = frozenset({"FormField", "SelectField", "TextField", "UploadField"})
FORMS = frozenset({"Field", "Question", "SettingsSection", "build"})
"""What has the title of a form, or of a setting, which is the label of a field."""
OF_A_FORM = 45
"""Discord's limit for the title of a form and the labels of its fields."""
ROOM = 3
"""What is filled in takes at least that much: a number, a currency."""


def written() -> Iterator[tuple[str, int]]:
    """Return the messages that become part of a component, with how many characters fit."""
    for path in sources():
        if any(re.search(ON_PAGES, part) for part in path.relative_to(ROOT).parts):
            continue  # A page has room.
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named: dict[str, list[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named.setdefault(node.targets[0].id, []).extend(_messages(node.value, {}))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for given, limit in _of_call(node):
                    yield from ((text, limit) for text in _messages(given, named))


def _of_call(call: ast.Call) -> Iterator[tuple[ast.expr, int]]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    given = {one.arg: one.value for one in call.keywords if one.arg is not None}
    if name in FIELDS:
        if len(call.args) > 1:
            given["label"] = call.args[1]
        limits = {"description": 100, "label": OF_A_FORM, "placeholder": 100}
    elif name in FORMS:
        if name == "SettingsSection" and len(call.args) > 2:
            given["title"] = call.args[2]
        limits = {"title": OF_A_FORM}
    elif name == "SelectOption":
        limits = {"description": 100, "label": 100}
    else:
        limits = {"label": 80, "placeholder": 150} if name[:1].isupper() else {}
    for argument, limit in limits.items():
        if argument in given:
            yield given[argument], limit


def _messages(node: ast.expr, named: dict[str, list[str]]) -> Iterator[str]:
    """Return what is translated in an expression and shown as it is: not what `clip` cuts on purpose."""
    if isinstance(node, ast.Name):
        yield from named.get(node.id, ())
    elif isinstance(node, ast.IfExp):
        yield from _messages(node.body, named)
        yield from _messages(node.orelse, named)
    elif isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        first = node.args[0] if node.args else None
        if name in {"_", "lazy", "gettext"} and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value
        elif name == "format" and isinstance(node.func, ast.Attribute):
            yield from _messages(node.func.value, named)


def test_what_is_cut_by_discord_fits_in_every_language() -> None:
    texts = dict(sorted(written(), key=lambda one: -one[1]))  # Where one is used twice, the smaller room counts.
    assert len(texts) > 200
    assert [text for text, limit in texts.items() if _length(text) > limit] == []
    for path in [*ROOT.glob("guildshop/locales/*/*/*.mo"), *ROOT.glob("plugins/*/locales/*/*/*.mo")]:
        with path.open("rb") as file:
            catalogue = GNUTranslations(file)
        assert [one for one, limit in texts.items() if _length(catalogue.gettext(one)) > limit] == [], path


def _length(text: str) -> int:
    return len(re.sub(r"\{\w*(:[^}]*)?\}", "x" * ROOM, text))
