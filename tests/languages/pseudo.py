"""A language that shows what nobody marked for translation: it puts every text that was into brackets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from html.parser import HTMLParser
from pathlib import Path

from guildshop import i18n

ROOT = Path(__file__).parents[2]

TAG = "el"
"""The language that it stands in for: what Babel writes in it, months and countries, has no Latin letters."""
OPEN, CLOSE = "⟦", "⟧"
SAID = frozenset({"alt", "aria-label", "aria-description", "data-confirm", "data-said", "placeholder", "title"})
SILENT = frozenset({"script", "style", "svg", "code", "kbd", "time", "template"})
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Return what translators get to see: a text that is put together from pieces is none of theirs."""
    found: set[str] = set()
    for path in [*ROOT.glob("guildshop/locales/fr/*/*.mo"), *ROOT.glob("plugins/*/locales/fr/*/*.mo")]:
        with path.open("rb") as file:
            keys = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        for key in keys:
            text = key[0] if isinstance(key, tuple) else key
            found.add(text.split("\x04")[-1])
    return frozenset(found)


class Pseudo(NullTranslations):
    """Puts brackets around every message that translators get to see: one that is put together is none of theirs."""

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}" if message in known() else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        # As catalogues of real languages do: templates have no types.
        if not isinstance(n, int):
            raise TypeError(n)
        text = msgid1 if n == 1 else msgid2
        return f"{OPEN}{text}{CLOSE}" if msgid1 in known() else text

    def pgettext(self, context: str, message: str) -> str:
        return message if context in (i18n.COMMAND, i18n.OPTION) else self.gettext(message)


@contextmanager
def pseudo_language() -> Iterator[None]:
    """Speak pseudo instead of German inside the block."""
    i18n._languages.add(TAG)
    i18n._catalogues[TAG] = Pseudo()
    try:
        yield
    finally:
        i18n._forget()


def unmarked(text: str) -> str:
    """Return what of a text is outside the brackets; a bracket that a cut took away closes at the end."""
    depth = 0
    kept: list[str] = []
    for character in text:
        if character == OPEN:
            depth += 1
            kept.append(" ")
        elif character == CLOSE:
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(character)
    return " ".join("".join(kept).split())


class Texts(HTMLParser):
    """Collects what a page says: text between tags, and attributes that people read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        """Where each form that changes something goes, and its fields."""
        self._path: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        silent = tag in SILENT or given.get("translate") == "no"
        if self._silent == 0 and not silent:
            self.found += [value for name, value in attrs if name in SAID and value]
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if tag == "form" and given.get("method") == "post":
            self.forms.append((given.get("action") or "", {}))
        if tag in {"input", "select", "textarea"} and self.forms and given.get("name"):
            self.forms[-1][1][given["name"] or ""] = given.get("value") or ""
        if tag not in VOID:
            self._path.append(tag)
            if self._silent or silent:
                self._silent += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or tag not in self._path:
            return
        while self._path:
            if self._silent:
                self._silent -= 1
            if self._path.pop() == tag:
                break

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.found.append(" ".join(data.split()))
