"""Every form of the workspace with nothing, too much, the wrong and the hostile in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from markupsafe import escape
from yarl import URL

from guildshop.app import App
from guildshop.config.secret import Secret
from guildshop.database.operations import Unit
from guildshop.web.pages import FLASH_COOKIE
from guildshop.web.testing import CSRF, Visitor

from ..plugins.orders.conftest import Bench, bench
from ..rows import OUR_OWN
from .crawler import Form, Page, crawl, kind_of
from .furnished import furnish

__all__ = ["bench"]

SCRIPT = "\"'><script>alert(1)</script>"
TYPED = {
    "huge": "x" * 100_000,
    "words": "twelve",
    "negative": "-1",
    "fraction": "1.5",
    "quintillion": "1000000000000000000",
    "null": "a\0b",
    "strange": "\U0001f9e8\u202e\u0627\u0644\u0633\ufffe",
    "script": SCRIPT,
}
CHOSEN = ("words", "null", "script", "quintillion")
SIGNING_IN = OUR_OWN | {"sign_in_limit"}
ENDING = {"/logout", "/account/sessions/*/end"}
"""Forms that end the session in which all others are tried."""
ANSWERS = {200, 207, 303, 400, 403, 404, 409, 413, 422, 429}

Values = Sequence[tuple[str, str]]


def fillings(form: Form) -> Iterator[tuple[str, Values]]:
    """Yield what is sent, each with a name."""
    fields = [one for one in form.fields if one.name != CSRF and one.kind != "file"]
    yield "empty", [(one.name, "") for one in fields]
    yield "missing", []
    if any(one.is_typed for one in fields):
        for name, text in TYPED.items():
            ticked = [one for one in fields if one.kind != "unchecked"]
            yield name, [(one.name, text if one.is_typed else one.value) for one in ticked]
    if any(not one.is_typed for one in fields):
        for name in CHOSEN:
            yield f"choice {name}", [(one.name, one.value if one.is_typed else TYPED[name]) for one in fields]
    yield "twice", [(one.name, one.value) for one in fields] * 2


async def send(visitor: Visitor, form: Form, values: Values) -> aiohttp.ClientResponse:
    """Send a form as a browser would."""
    if form.method == "GET":
        return await visitor.get(f"{form.action}?{urlencode(values)}")
    together = [*values, (CSRF, visitor.csrf)]
    headers = origin_of(visitor, form)
    if not form.multipart:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return await visitor.http.post(form.action, data=urlencode(together), headers=headers, allow_redirects=False)
    body = aiohttp.FormData()
    for name, value in together:
        body.add_field(name, value)
    if not any(value for _name, value in values):
        for one in form.fields:
            if one.kind == "file":
                body.add_field(one.name, b'\xff\xfe\0a,"b\n', filename='x".csv')
    return await visitor.http.post(form.action, data=body, headers=headers, allow_redirects=False)


def origin_of(visitor: Visitor, form: Form) -> dict[str, str]:
    """Return what a browser says of where a form lay."""
    url = visitor.http._base_url
    return {"Origin": str(url).rstrip("/"), "Referer": str(url.join(URL(form.page, encoded=True)))}


async def attack(visitor: Visitor, form: Form) -> list[tuple[str, int]]:
    """Send a form in ways in which no browser sends it; return what was answered."""
    full = urlencode([*form.filled(), (CSRF, visitor.csrf)])
    token = {"X-CSRFToken": visitor.csrf}
    ways: list[tuple[str, Any, dict[str, str]]] = [
        ("json", b'{"a": [1]}', {"Content-Type": "application/json", **token}),
        ("plain", full.encode(), {"Content-Type": "text/plain", **token}),
        ("no boundary", b"--x\r\n", {"Content-Type": "multipart/form-data", **token}),
        ("charset", full.encode(), {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense", **token}),
        ("not utf-8", b"a=%ff&b=\xff", {"Content-Type": "application/x-www-form-urlencoded", **token}),
        ("no token", urlencode(form.filled()).replace(CSRF, "x").encode(), {}),
    ]
    found = []
    for name, body, headers in ways:
        answer = await visitor.http.post(form.action, data=body, headers=headers, allow_redirects=False)
        found.append((name, answer.status))
    return found


class Writes:
    """Which tables were written to, besides those in which being signed in leaves rows."""

    def __init__(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tables: set[str] = set()
        database = app.database
        run = database.run_unit

        async def run_and_note(unit: Unit) -> Any:
            done = await run(unit)
            self.tables |= {operation.shape.table._meta.tablename for operation in unit.operations} - SIGNING_IN
            return done

        monkeypatch.setattr(database, "run_unit", run_and_note)


@pytest.mark.timeout(600)
async def test_no_form_fails_loses_what_was_typed_or_stores_half(
    bench: Bench, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICE_LINK_SIGNING_SECRET", "a secret for links in tests, long enough")
    secret = {"secret_key": Secret("a secret key for tests, long enough")}
    security = bench.app.settings.security.model_copy(update=secret)
    bench.app.settings = bench.app.settings.model_copy(update={"security": security})
    made = await furnish(bench)
    orders = [f"/admin/order/{number}" for number in made.known["order"][1::2]]
    forms: dict[object, Form] = {}
    async for page, status, _text in crawl(owner, orders):
        assert status == 200, page.address
        for form in page.forms.values():
            if form.method in {"GET", "POST"}:
                forms.setdefault(form.kind, form)
    assert len(forms) > 80
    writes = Writes(bench.app, monkeypatch)
    problems: list[str] = []
    for form in forms.values():
        if kind_of(form.action) not in ENDING:
            problems += [found async for found in _try(owner, form, writes)]
    assert problems == []
    async for page, status, text in crawl(owner, orders):
        assert status < 500, page.address
        assert "<script>alert" not in text, page.address


async def _try(owner: Visitor, form: Form, writes: Writes) -> Any:
    for name, values in fillings(form):
        writes.tables.clear()
        answer = await send(owner, form, values)
        text = await answer.text(errors="replace")
        label = f"{form.method} {kind_of(form.action)} with {name}: {answer.status}"
        if answer.status not in ANSWERS:
            yield f"{label}, which is no answer to a form"
        if answer.content_type == "text/html" and "<script>alert" in text:
            yield f"{label} and the script is in the page"
        if answer.status >= 400 and writes.tables:
            yield f"{label} and yet {sorted(writes.tables)} were written"
        if form.method == "GET" or answer.status in {207, 413}:
            continue
        if answer.content_type == "text/html":
            lost = lost_fields(form, values, Page(form.page, text), text)
            if lost:
                yield f"{label} and {lost} are lost"
        elif FLASH_COOKIE in answer.cookies and lost_fields(form, values, Page(form.page, ""), ""):
            shown = await (await owner.get(answer.headers["Location"])).text()
            if "flash error" in shown:
                yield f"{label} led away with an error and without what was typed"
    if form.method == "POST":
        writes.tables.clear()
        for way, status in await attack(owner, form):
            if status not in ANSWERS | {415}:
                yield f"{form.method} {kind_of(form.action)} as {way}: {status}"


def lost_fields(form: Form, values: Values, page: Page, text: str) -> list[str]:
    """Return the names of the fields whose text the page shows neither in a form that sends there nor by itself."""
    shown = [one for found in page.forms.values() if found.action == form.action for one in found.fields]
    kept = {(one.name, one.value.strip()) for one in shown if one.kind != "unchecked"}
    typed = {one.name for one in form.fields if one.is_typed and one.kind != "password"}
    there = {one.name for one in shown}
    ticks = {(one.name, one.value) for one in form.fields if one.kind in {"checkbox", "unchecked", "radio"}}
    ticks = {one for one in ticks if one[0] in there}
    told = [
        (name, value.replace("\0", "").strip()) for name, value in values if name in typed or (name, value) in ticks
    ]
    return [
        name
        for name, value in told
        if value and (name, value) not in kept and f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" not in text
    ]
