"""A visitor who follows every link of the workspace and reads the forms that it finds."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from guildshop.web.testing import Visitor

START = ("/admin/dashboard", "/account")
TYPED = {"text", "number", "search", "email", "tel", "url", "date", "datetime-local", "password", "color", "time", ""}
"""Kinds of inputs in which a person writes."""
FEW = 2
"""How many pages of one kind are opened: two orders, two customers."""


@dataclass
class Field:
    """One field of a form, as the page shows it."""

    name: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)

    @property
    def is_typed(self) -> bool:
        """Whether a person writes into it."""
        return self.kind in TYPED or self.kind == "textarea"


@dataclass
class Form:
    """A form, and the page it was found on."""

    page: str
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    multipart: bool = False

    @property
    def kind(self) -> tuple[str, str, tuple[str, ...]]:
        """What forms that differ only in the row they stand for have in common."""
        names = sorted({re.sub(r"[0-9a-f-]{36}|\d+", "*", one.name) for one in self.fields})
        return self.method, kind_of(self.action), tuple(names)

    def filled(self) -> list[tuple[str, str]]:
        """Return what a browser sends when nothing is changed."""
        return [(one.name, one.value) for one in self.fields if one.kind not in {"file", "unchecked"}]


def kind_of(address: str) -> str:
    """Return an address without what names a row, and without its query."""
    parts = urlsplit(address).path.split("/")
    return "/".join("*" if re.search(r"\d", part) or re.fullmatch(r"[A-Z]{6,}", part) else part for part in parts)


class Page(HTMLParser):
    """Reads the links and forms of a page."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.address = address
        self.links: list[str] = []
        self.forms: dict[str, Form] = {}
        self.elsewhere: list[tuple[str, Field]] = []
        self._form: Form | None = None
        self._open: Field | None = None
        self._option: str | None = None
        self.feed(text)
        for key, one in self.elsewhere:
            if key in self.forms:
                self.forms[key].fields.append(one)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in given}
        if tag == "a" and "href" in attributes:
            self.links.append(urldefrag(urljoin(self.address, attributes["href"]))[0])
        elif tag == "form":
            action = urljoin(self.address, attributes.get("action") or self.address)
            self._form = Form(self.address, action, attributes.get("method", "get").upper())
            self._form.multipart = attributes.get("enctype") == "multipart/form-data"
            self.forms[attributes.get("id") or str(len(self.forms))] = self._form
        elif tag in {"input", "textarea", "select", "button"}:
            self._begin_field(tag, attributes)
        elif tag == "option" and self._open is not None:
            self._option = attributes.get("value", "")
            self._open.choices.append(self._option)
            if "selected" in attributes or len(self._open.choices) == 1:
                self._open.value = self._option

    def _begin_field(self, tag: str, attributes: dict[str, str]) -> None:
        if not attributes.get("name") or "disabled" in attributes:
            return
        kind = attributes.get("type", "").lower() if tag in {"input", "button"} else tag
        if kind in {"checkbox", "radio"} and "checked" not in attributes:
            kind = "unchecked"
        one = Field(attributes["name"], kind, attributes.get("value", "on" if kind == "checkbox" else ""))
        if tag in {"textarea", "select"}:
            self._open = one
        if attributes.get("form"):
            self.elsewhere.append((attributes["form"], one))
        elif self._form is not None:
            self._form.fields.append(one)

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._open.kind == "textarea":
            self._open.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in {"textarea", "select"}:
            self._open = None


async def crawl(visitor: Visitor, also: Sequence[str] = ()) -> AsyncIterator[tuple[Page, int, str]]:
    """Yield every kind of page that links lead to, and those named, with their status and text."""
    seen: dict[str, int] = {}
    waiting = deque([*also, *START])
    known = set(waiting)
    while waiting:
        address = waiting.popleft()
        if seen.get(kind_of(address), 0) >= FEW and address not in also:
            continue
        seen[kind_of(address)] = seen.get(kind_of(address), 0) + 1
        answer = await visitor.get(address)
        if answer.status in {301, 302, 303}:
            target = urljoin(address, answer.headers["Location"])
            if target not in known:
                known.add(target)
                waiting.append(target)
            continue
        if answer.content_type != "text/html":
            continue
        text = await answer.text()
        page = Page(address, text)
        yield page, answer.status, text
        for link in page.links:
            if link.startswith("/") and link not in known and not link.startswith(("/admin/#", "/static/")):
                known.add(link)
                waiting.append(link)
