"""A page shown again when one of its forms was refused: with the sentence, and with what was typed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from html import escape, unescape

from aiohttp import web

from guildshop.errors import Invalid, Refusal
from guildshop.web.pages import flash, read_form

_FORM = re.compile(r'<form\b[^>]*?\baction="([^"]*)"[^>]*>.*?</form>', re.DOTALL)
_FIELD = re.compile(r"<input\b[^>]*>|<textarea\b[^>]*>.*?</textarea>|<select\b[^>]*>.*?</select>", re.DOTALL)
_OPTION = re.compile(r"<option\b[^>]*>")
_ATTRIBUTE = re.compile(r'\s([\w-]+)(?:="([^"]*)")?')
_DETAILS = re.compile(r"<details\b|</details>")
_LEFT = {"hidden", "password", "file", "submit"}


async def show_again(
    request: web.Request, page: Callable[[web.Request], Awaitable[web.StreamResponse]], refusal: Refusal
) -> web.StreamResponse:
    """Answer a refused form with its page, which `page` shows: nothing that was typed is lost."""
    typed = await read_form(request)
    flash(request, refusal.message, "error")
    response = await page(request)
    if isinstance(response, web.Response) and response.text:
        wrong = {error.field for error in refusal.errors} if isinstance(refusal, Invalid) else set()
        response.text = refill(response.text, request.path, typed, wrong)
        response.set_status(int(refusal.status))
    return response


def refill(page: str, action: str, typed: Mapping[str, str], wrong: Collection[str] = ()) -> str:
    """Return a page of ours with values put into the form of this action, and that form in sight.

    Of several with one action, as the rows of a list have, it is the one that stands for the same `id`.
    """
    for form in _FORM.finditer(page):
        if unescape(form[1]) == action and _value_of(form[0], "id") == typed.get("id"):
            filled = _FIELD.sub(lambda found: _filled(found[0], typed, wrong), form[0])
            return _opened(page[: form.start()]) + filled + page[form.end() :]
    return page


def _filled(field: str, typed: Mapping[str, str], wrong: Collection[str]) -> str:
    tag, closed, rest = field.partition(">")
    given = _attributes(tag)
    name = given.get("name", "")
    kind = given.get("type", "")
    if not name or kind in _LEFT:
        return field
    if name in wrong:
        tag = _with(tag, "aria-invalid", "true")
    if kind in {"checkbox", "radio"}:
        tag = _without(tag, "checked")
        ticked = typed.get(name) == given.get("value", "on")
        return (_with(tag, "checked", "") if ticked else tag) + closed + rest
    if name not in typed:
        return tag + closed + rest
    if tag.startswith("<input"):
        return _with(_without(tag, "value"), "value", typed[name]) + closed + rest
    if tag.startswith("<textarea"):
        return f"{tag}>{escape(typed[name])}</textarea>"
    return tag + closed + _OPTION.sub(lambda option: _chosen(option[0], typed[name]), rest)


def _chosen(option: str, value: str) -> str:
    tag = _without(option.removesuffix(">"), "selected")
    return (_with(tag, "selected", "") if _attributes(tag).get("value") == value else tag) + ">"


def _opened(before: str) -> str:
    """Return what stands before a form, with the details that hold the form open."""
    around = list(_DETAILS.finditer(before))
    if not around or around[-1][0] != "<details":
        return before
    end = around[-1].end()
    return f"{before[:end]} open{before[end:]}"


def _value_of(form: str, name: str) -> str | None:
    for field in _FIELD.finditer(form):
        given = _attributes(field[0].partition(">")[0])
        if given.get("name") == name:
            return given.get("value", "")
    return None


def _attributes(tag: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(tag)}


def _with(tag: str, name: str, value: str) -> str:
    return f'{tag.removesuffix("/").rstrip()} {name}="{escape(value)}"'


def _without(tag: str, name: str) -> str:
    return re.sub(rf'\s{name}(?:="[^"]*")?(?=[\s/]|$)', "", tag)
