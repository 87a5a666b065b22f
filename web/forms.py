"""Forms of a page of ours found by a parser, and filled by changing the page's own text: the rest stays as it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

from yarl import URL

from guildshop.web.pages import CSRF_FIELD

Typed = Iterable[tuple[str, str]]
"""What a form sent: names and values, in the order in which its fields stand."""

_LEFT = {"hidden", "password", "file", "submit", "button", "reset", "image"}
"""Kinds of fields that nobody types into, or that are never given back."""
_VOID = {"input", "button"}
_WHITE = re.compile(r"[\t\n\f\r ]+")


@dataclass(slots=True)
class _Tag:
    """A tag, where it stands in the page, and what it says."""

    name: str
    start: int
    end: int
    given: dict[str, str | None]

    def value(self, name: str, otherwise: str = "") -> str:
        return self.given.get(name) or otherwise

    @property
    def kind(self) -> str:
        return self.value("type", "text").lower() if self.name == "input" else self.name

    def text(self) -> str:
        """Return the tag as it is written in a page."""
        words = [name if value is None else f'{name}="{escape(value)}"' for name, value in self.given.items()]
        return f"<{' '.join([self.name, *words])}>"


@dataclass(slots=True)
class _Option:
    tag: _Tag
    words: str = ""

    @property
    def value(self) -> str:
        """What is sent: the attribute, or what the option reads as."""
        given = self.tag.given.get("value", "")
        return given or "" if "value" in self.tag.given else _WHITE.sub(" ", self.words).strip(" ")


@dataclass(slots=True)
class _Control:
    """A field of a form, and the details that it lies in; `inner_end` is where the text of a textarea ends."""

    tag: _Tag
    around: list[_Tag]
    options: list[_Option] = field(default_factory=list)
    inner_end: int = 0

    @property
    def name(self) -> str:
        return self.tag.value("name")


@dataclass(slots=True)
class _Form:
    """A form, and the details that it lies in."""

    tag: _Tag
    around: list[_Tag]
    controls: list[_Control] = field(default_factory=list)

    def leads_to(self, page: str, address: str) -> bool:
        """Whether it, or a button of it, sends to this address; without one a form sends to its page."""
        ways = [self.tag.value("action")]
        ways += [one.tag.value("formaction") for one in self.controls if one.tag.given.get("formaction")]
        return any(URL(page).join(URL(way)).path == URL(address).path for way in ways)

    def fits(self, typed: Mapping[str, list[str]]) -> int | None:
        """Return how alike its names and those of what was typed are; None where it stands for another row."""
        names = set()
        for one in self.controls:
            names.add(one.name)
            if (
                one.tag.kind == "hidden"
                and not _changes(one.name)
                and one.tag.value("value") not in typed.get(one.name, ())
            ):
                return None
        return len(names & typed.keys()) - len(typed.keys() - names)


class _Reader(HTMLParser):
    """Reads where the forms of a page are."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[_Form] = []
        self.content = 0
        """Where the page's own content begins: below what it was told to tell."""
        self._lines = [0, *(found.end() for found in re.finditer("\n", page))]
        self._details: list[_Tag] = []
        self._form: _Form | None = None
        self._control: _Control | None = None
        self._option: _Option | None = None
        self._loose: list[tuple[str, _Control]] = []
        self.feed(page)
        self.close()
        by_id = {one.tag.value("id"): one for one in reversed(self.forms)}
        for owner, control in self._loose:
            if owner in by_id:
                by_id[owner].controls.append(control)
        for form in self.forms:
            form.controls.sort(key=lambda one: one.tag.start)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._writes:
            return
        given: dict[str, str | None] = {}
        for name, value in attrs:
            given.setdefault(name, value)
        start = self._place
        found = _Tag(tag, start, start + len(self.get_starttag_text() or ""), given)
        if tag == "main":
            self.content = found.end
        elif tag == "template" and found.value("id") == "told":
            self.content = found.start
        elif tag == "form" and self._form is None:
            self._form = _Form(found, list(self._details))
            self.forms.append(self._form)
        elif tag == "details":
            self._details.append(found)
        elif tag in {"input", "button", "select", "textarea"}:
            self._begin(found)
        elif tag in {"option", "optgroup"}:
            self._option = None
            if tag == "option" and self._control is not None:
                self._option = _Option(found)
                self._control.options.append(self._option)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._control is not None and tag == self._control.tag.name:
            self._control.inner_end = self._place
            self._control = self._option = None
        elif self._writes:
            return
        elif tag in {"option", "optgroup"}:
            self._option = None
        elif tag == "form":
            self._form = None
        elif tag == "details" and self._details:
            self._details.pop()

    def handle_data(self, data: str) -> None:
        if self._option is not None:
            self._option.words += data

    def _begin(self, tag: _Tag) -> None:
        control = _Control(tag, list(self._details))
        if tag.name not in _VOID:
            self._control = control
        if "disabled" in tag.given or not (tag.value("name") or tag.value("formaction")):
            return
        if "form" in tag.given:
            self._loose.append((tag.value("form"), control))
        elif self._form is not None:
            self._form.controls.append(control)

    @property
    def _writes(self) -> bool:
        """Whether what comes is the text of a textarea, in which a tag is none."""
        return self._control is not None and self._control.tag.name == "textarea"

    @property
    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def refill(page: str, address: str, typed: Typed, wrong: Collection[str] = (), *, at: str = "") -> str | None:
    """Return the page with values put into the form that sends to the address, and that form in sight.

    Of several forms that send there, as the rows of a list have, it is the one that stands for the same row and asks
    for what was typed; None where there is none. `at` is the page's own address.
    """
    sent: dict[str, list[str]] = {}
    for name, value in typed:
        if name != CSRF_FIELD:
            sent.setdefault(name, []).append(value)
    ranked = [
        (fit, form)
        for form in _Reader(page).forms
        if form.tag.value("method").lower() == "post" and form.leads_to(at or address, address)
        if (fit := form.fits(sent)) is not None
    ]
    if not ranked:
        return None
    _fit, chosen = max(ranked, key=lambda one: one[0])
    return _spliced(page, _filled(chosen, sent, wrong))


def put_first(page: str, text: str) -> str:
    """Return the page with something before its own content; `text` is HTML."""
    place = _Reader(page).content
    return page[:place] + text + page[place:]


def _changes(name: str) -> bool:
    """Whether a hidden field of this name is another one each time that its form is shown."""
    return name in {CSRF_FIELD, "key"} or name.endswith("version")


Change = tuple[int, int, str]
"""From where to where a page's text is replaced, and by what."""


def _spliced(page: str, changes: Iterable[Change]) -> str:
    parts, done = [], 0
    for start, end, text in sorted(changes):
        parts += [page[done:start], text]
        done = end
    return "".join([*parts, page[done:]])


def _filled(form: _Form, sent: Mapping[str, list[str]], wrong: Collection[str]) -> Iterator[Change]:
    """Yield what changes in a form. Each value is used up by the field that sent it: several can have one name."""
    shown = list(form.around)
    for control in form.controls:
        changes = list(_put(control, sent.get(control.name, []), control.name in wrong))
        shown += control.around if changes else ()
        yield from changes
    for tag in shown:
        if "open" not in tag.given:
            tag.given["open"] = None
            yield tag.start, tag.end, tag.text()


def _put(control: _Control, left: list[str], is_wrong: bool) -> Iterator[Change]:
    tag, value = control.tag, control.tag.value("value")
    if tag.kind in _LEFT:
        if tag.kind == "password":
            del left[:1]
        else:
            _took(left, value)
        return
    before = tag.text()
    if is_wrong:
        tag.given["aria-invalid"] = "true"
    if tag.kind in {"checkbox", "radio"}:
        _mark(tag, "checked", _took(left, value if "value" in tag.given else "on"))
    elif tag.kind == "select":
        yield from _choose(control, left)
    elif tag.kind == "textarea" and left:
        text = left.pop(0)
        # A parser drops a line break that comes first.
        yield tag.end, control.inner_end, ("\n" if text[:1] in {"\n", "\r"} else "") + escape(text)
    elif left:
        tag.given["value"] = left.pop(0)
    if tag.text() != before:
        yield tag.start, tag.end, tag.text()


def _choose(control: _Control, left: list[str]) -> Iterator[Change]:
    several = "multiple" in control.tag.given
    wanted = left if several else [left.pop(0)] if left else []
    if not several and not any(option.value in wanted for option in control.options):
        return
    for option in control.options:
        before = option.tag.text()
        _mark(option.tag, "selected", _took(wanted, option.value))
        if option.tag.text() != before:
            yield option.tag.start, option.tag.end, option.tag.text()


def _took(left: list[str], value: str) -> bool:
    if value in left:
        left.remove(value)
        return True
    return False


def _mark(tag: _Tag, name: str, marked: bool) -> None:
    if not marked:
        tag.given.pop(name, None)
    elif name not in tag.given:
        tag.given[name] = None
