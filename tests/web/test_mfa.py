"""The second factor: set up, asked for, each code once, recovery, and taken away."""

from __future__ import annotations

import html
import re

import pytest
import segno

from guildshop.app import App
from guildshop.config.secret import Secret
from guildshop.stores import Store
from guildshop.testing import Clock
from guildshop.web.mfa import code_at
from guildshop.web.testing import PASSWORD, NewVisitor, Visitor


@pytest.fixture(autouse=True)
def secret_key(app: App) -> None:
    """Give the application a key to encrypt with."""
    security = app.settings.security.model_copy(update={"secret_key": Secret("a secret key for tests, long enough")})
    app.settings = app.settings.model_copy(update={"security": security})


async def turn_on(browser: Visitor, clock: Clock) -> tuple[str, list[str]]:
    """Set the second factor up; return its key and the recovery codes."""
    assert (await browser.post("/account/mfa")).headers["Location"] == "/account/mfa"
    page = await (await browser.get("/account/mfa")).text()
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found is not None
    key = found[1].replace(" ", "")
    shown = await (await browser.post("/account/mfa/confirm", {"code": code_at(key, clock.now.timestamp())})).text()
    codes = re.findall(r"(?m)(?:^|<pre>)([a-z2-9]{5}-[a-z2-9]{5})$", shown)
    assert len(codes) == 10
    return key, codes


async def with_password(visitors: NewVisitor) -> Visitor:
    """Give the right password in a new browser."""
    browser = await visitors()
    answer = await browser.sign_in("Olga")
    assert answer.headers["Location"].startswith("/login/code")
    return browser


async def test_signing_in_asks_for_a_code_each_of_which_works_once(
    app: App, store: Store, owner: Visitor, visitors: NewVisitor, clock: Clock
) -> None:
    key, _codes = await turn_on(owner, clock)
    browser = await with_password(visitors)
    assert (await browser.get("/admin/dashboard")).status == 303  # the password alone opens nothing
    used = code_at(key, clock.now.timestamp())
    assert (await browser.post("/login/code", {"code": used})).status == 422
    clock.advance(seconds=30)
    code = code_at(key, clock.now.timestamp())
    assert (await browser.post("/login/code", {"code": code})).status == 303
    assert (await browser.get("/admin/dashboard")).status == 200
    again = await with_password(visitors)
    assert (await again.post("/login/code", {"code": code})).status == 422
    assert (await again.get("/admin/dashboard")).status == 303


async def test_a_recovery_code_works_once(owner: Visitor, visitors: NewVisitor, clock: Clock) -> None:
    _key, codes = await turn_on(owner, clock)
    browser = await with_password(visitors)
    assert (await browser.post("/login/code", {"code": codes[0].upper()})).status == 303
    assert (await browser.get("/admin/dashboard")).status == 200
    other = await with_password(visitors)
    assert (await other.post("/login/code", {"code": codes[0]})).status == 422
    assert "9 recovery codes are left" in await (await browser.get("/account")).text()


async def test_a_wrong_first_code_does_not_turn_it_on(app: App, owner: Visitor, visitors: NewVisitor) -> None:
    await owner.post("/account/mfa")
    refused = await owner.post("/account/mfa/confirm", {"code": "000000"})
    assert refused.status == 422
    assert "This code is wrong" in await refused.text()
    browser = await visitors()
    assert (await browser.sign_in("Olga")).headers["Location"] == "/"


async def test_guessing_is_stopped(owner: Visitor, visitors: NewVisitor, clock: Clock) -> None:
    await turn_on(owner, clock)
    browser = await with_password(visitors)
    statuses = [(await browser.post("/login/code", {"code": f"{number:06}"})).status for number in range(12)]
    assert statuses[0] == 422
    assert statuses[-1] == 429


async def test_it_is_taken_away_with_password_and_code_only(owner: Visitor, visitors: NewVisitor, clock: Clock) -> None:
    key, codes = await turn_on(owner, clock)
    clock.advance(seconds=30)
    code = code_at(key, clock.now.timestamp())
    assert (await owner.post("/account/mfa/off", {"password": "wrong password", "code": code})).status == 422
    assert (await owner.post("/account/mfa/off", {"password": PASSWORD, "code": "000000"})).status == 422
    await with_password(visitors)
    assert (await owner.post("/account/mfa/off", {"password": PASSWORD, "code": codes[1]})).status == 303
    assert (await (await visitors()).sign_in("Olga")).headers["Location"] == "/"


async def test_neither_key_nor_codes_are_in_the_database(app: App, owner: Visitor, clock: Clock) -> None:
    key, codes = await turn_on(owner, clock)
    rows = await app.database.fetch("SELECT mfa_secret FROM user_account")
    rows += await app.database.fetch("SELECT code_hash FROM recovery_code")
    assert key not in str(rows)
    assert not any(code in str(rows) for code in codes)


async def test_without_a_secret_key_it_says_so(app: App, owner: Visitor) -> None:
    security = app.settings.security.model_copy(update={"secret_key": Secret("env:NO_SUCH_KEY", environ={})})
    app.settings = app.settings.model_copy(update={"security": security})
    refused = await owner.post("/account/mfa")
    assert refused.status == 503
    assert "security.secret_key" in await refused.text()


async def test_the_picture_to_scan_holds_the_same_key_as_the_text(owner: Visitor) -> None:
    await owner.post("/account/mfa")
    page = await (await owner.get("/account/mfa")).text()
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    link = re.search(r'href="(otpauth://[^"]+)"', page)
    picture = re.search(r'<img src="(data:image/svg\+xml[^"]+)"', page)
    assert key is not None
    assert link is not None
    assert picture is not None
    address = html.unescape(link[1])
    assert f"secret={key[1].replace(' ', '')}" in address
    expected = segno.make(address, error="m").svg_data_uri(scale=5, border=3, light="white")
    assert html.unescape(picture[1]) == expected


async def test_a_form_that_came_too_late_is_kept_through_the_code(owner: Visitor, clock: Clock) -> None:
    key, _codes = await turn_on(owner, clock)
    clock.advance(hours=13)
    url = str(owner.http._base_url).rstrip("/")
    headers = {"Origin": url, "Referer": f"{url}/admin/book"}
    page = await (await owner.post("/admin/book", {"title": "Emma"}, headers=headers)).text()
    for step, fields in (
        ("/login", {"username": "Olga", "password": PASSWORD}),
        ("/login/code", {"code": "000000"}),
        ("/login/code", {"code": code_at(key, clock.now.timestamp())}),
    ):
        (kept,) = re.findall(r'name="kept" value="([^"]+)"', page)
        page = await (await owner.post(step, {**fields, "kept": kept})).text()
    assert 'name="title" value="Emma"' in page
