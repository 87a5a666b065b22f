"""Signing in and out, sessions, CSRF and limits, as a browser without scripts sees them."""

from __future__ import annotations

import asyncio
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, Invalid, NotFound, Refusal
from guildshop.stores import Store
from guildshop.testing import Clock
from guildshop.web.sessions import SessionService
from guildshop.web.testing import PASSWORD, NewVisitor, Visitor
from guildshop.web.throttle import FAILURES_PER_SUBJECT, TooManyAttempts
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService


async def test_the_form_signs_in_and_leads_to_the_workspace(owner: Visitor) -> None:
    answer = await owner.get("/")
    assert answer.headers["Location"] == "/admin/dashboard"
    page = await owner.get("/admin/dashboard")
    assert page.status == 200
    assert "Example store" in await page.text()


async def test_staff_who_are_no_admins_work_under_staff(support: Visitor) -> None:
    assert (await support.get("/")).headers["Location"] == "/staff/dashboard"
    assert (await support.get("/admin/book?a=b%20c")).headers["Location"] == "/staff/book?a=b%20c"
    assert (await support.get("/staff/book")).status == 200
    refused = await support.post("/admin/book", {"title": "Forbidden"})
    assert refused.status == 403
    assert "/staff" in await refused.text()


async def test_a_page_leads_to_the_form_and_back_after_signing_in(
    visitor: Visitor, users: UserService, store: Store
) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id)
    sent = await visitor.get("/admin/book?x=1")
    assert sent.status == 303
    assert sent.headers["Location"] == "/login?next=/admin/book?x%3D1"
    form = await visitor.get(sent.headers["Location"])
    assert 'value="/admin/book?x=1"' in await form.text()
    answer = await visitor.post("/login", {"username": "OLGA ", "password": PASSWORD, "next": "/admin/book?x=1"})
    assert answer.headers["Location"] == "/admin/book?x=1"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example", "evil", "/logout", ""]
)
async def test_signing_in_never_leads_to_another_site(
    visitor: Visitor, users: UserService, store: Store, target: str
) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id)
    await visitor.get("/login")
    answer = await visitor.post("/login", {"username": "Olga", "password": PASSWORD, "next": target})
    assert answer.status == 303
    assert answer.headers["Location"] == "/"


async def test_unknown_names_and_wrong_passwords_get_the_same_answer(
    visitor: Visitor, users: UserService, store: Store
) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id)
    inactive = await users.create_user("Ivan", PASSWORD, store=store.id)
    await users.set_active(inactive.id, False)
    sentences = set()
    for username, password in (("Olga", "wrong password"), ("Nobody", PASSWORD), ("Ivan", PASSWORD)):
        answer = await visitor.sign_in(username, password)
        assert answer.status == 403
        text = await answer.text()
        sentences.add(text[text.index('role="alert"') : text.index("</div>", text.index('role="alert"'))])
        assert (await visitor.get("/admin/dashboard")).status == 303
    assert len(sentences) == 1
    assert "do not match" in sentences.pop()


async def test_signing_out_ends_the_session_everywhere_it_is_known(owner: Visitor, app: App) -> None:
    cookie = next(cookie.value for cookie in owner.http.cookie_jar if cookie.key == "guildshop_session")
    assert (await owner.post("/logout")).headers["Location"] == "/login"
    assert "You are signed out" in await (await owner.get("/login")).text()
    assert (await owner.get("/admin/dashboard")).status == 303
    replayed = await owner.get("/admin/dashboard", headers={"Cookie": f"guildshop_session={cookie}"})
    assert replayed.status == 303
    assert await app.database.fetch("SELECT id FROM session") == []


async def test_tokens_are_stored_hashed_and_cookies_are_out_of_reach(
    visitor: Visitor, app: App, users: UserService, store: Store, token: str
) -> None:
    answer = await visitor.sign_in("Robot")
    cookies = {header.split("=")[0]: header for header in answer.headers.getall("Set-Cookie")}
    assert "HttpOnly" in cookies["guildshop_session"]
    assert "SameSite=Lax" in cookies["guildshop_session"]
    secret = cookies["guildshop_session"].split(";")[0].split("=")[1]
    rows = await app.database.fetch("SELECT token_hash FROM session")
    rows += await app.database.fetch("SELECT token_hash FROM api_token")
    stored = {row["token_hash"] for row in rows}
    assert len(stored) == 2
    assert secret not in stored
    assert token not in stored
    passwords = await app.database.fetch("SELECT password FROM user_account")
    assert passwords[0]["password"].startswith("$argon2id$")


async def test_sessions_end_by_idleness(owner: Visitor, clock: Clock) -> None:
    clock.advance(hours=11)
    assert (await owner.get("/admin/dashboard")).status == 200
    clock.advance(hours=11)
    assert (await owner.get("/admin/dashboard")).status == 200
    clock.advance(hours=13)
    assert (await owner.get("/admin/dashboard")).status == 303


async def test_the_account_page_lists_and_ends_other_sessions(
    app: App, owner: Visitor, visitors: NewVisitor, users: UserService
) -> None:
    other = await visitors()
    await other.sign_in("Olga")
    mine = await users.by_name("Olga")
    found = await SessionService(app).of_user(mine.id)
    assert len(found) == 2
    assert "This browser" in await (await owner.get("/account")).text()
    await other.post(f"/account/sessions/{found[0].id}/end")
    await other.post(f"/account/sessions/{found[1].id}/end")
    assert len(await SessionService(app).of_user(mine.id)) == 1


async def test_nobody_ends_somebody_elses_session(
    app: App, owner: Visitor, support: Visitor, users: UserService
) -> None:
    olga = await users.by_name("Olga")
    session = (await SessionService(app).of_user(olga.id))[0]
    assert (await support.post(f"/account/sessions/{session.id}/end")).status == 404
    assert (await owner.get("/admin/dashboard")).status == 200


async def test_a_new_password_ends_every_session(owner: Visitor, visitors: NewVisitor) -> None:
    wrong = await owner.post("/account/password", {"current_password": "nonsense", "password": "another long one"})
    assert wrong.status == 422
    assert "current password is wrong" in await wrong.text()
    short = await owner.post("/account/password", {"current_password": PASSWORD, "password": "short"})
    assert "at least 10" in await short.text()
    assert (await owner.get("/account")).status == 200
    done = await owner.post("/account/password", {"current_password": PASSWORD, "password": "another long one"})
    assert done.headers["Location"] == "/login"
    assert (await owner.get("/account")).status == 303
    browser = await visitors()
    assert (await browser.sign_in("Olga")).status == 403
    assert (await browser.sign_in("Olga", "another long one")).status == 303


async def test_forms_need_the_token_of_their_session(owner: Visitor, support: Visitor) -> None:
    for fields in ({}, {"csrftoken": "guess"}, {"csrftoken": support.csrf}):
        answer = await owner.http.post("/logout", data=fields, allow_redirects=False)
        assert answer.status == 403
    assert (await owner.get("/admin/dashboard")).status == 200


async def test_forms_of_other_sites_are_refused_even_with_the_token(owner: Visitor) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await owner.post("/logout", headers=headers)).status == 403
    assert (await owner.get("/admin/dashboard")).status == 200


async def test_the_limit_on_failures_holds_for_all_processes(app: App, users: UserService, store: Store) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id)
    guesses = [
        UserService(app).authenticate("olga", f"guess {n}", "192.0.2.1") for n in range(FAILURES_PER_SUBJECT + 6)
    ]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(answer, Forbidden) for answer in answers) == FAILURES_PER_SUBJECT
    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 6
    with pytest.raises(TooManyAttempts, match="15 minutes"):
        await users.authenticate("Olga", PASSWORD, "198.51.100.1")


GUESSER = """
import asyncio, sys
from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.errors import Forbidden
from guildshop.loading import Plugins
from guildshop.web.throttle import TooManyAttempts
from guildshop.web.users import UserService

async def main():
    async with await App.open(Settings(), plugins=Plugins([]), database_url=sys.argv[1], beside=True) as app:
        guesses = (UserService(app).authenticate("olga", f"other guess {n}", "198.51.100.7") for n in range(4))
        answers = await asyncio.gather(*guesses, return_exceptions=True)
        print(*(sum(isinstance(one, kind) for one in answers) for kind in (Forbidden, TooManyAttempts)))

asyncio.run(main())
"""


async def test_another_process_goes_on_counting_where_the_first_one_stopped(
    app: App, users: UserService, store: Store, database_url: str
) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id)
    # Its clock is the real one: the first guesses are to lie in the window that it sees.
    app.clock = lambda: datetime.now(UTC)
    for guess in range(FAILURES_PER_SUBJECT - 1):
        with pytest.raises(Forbidden):
            await users.authenticate("olga", f"guess {guess}", "192.0.2.1")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        GUESSER,
        database_url,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    said, _nothing = await process.communicate()
    assert (process.returncode, said.split()[-2:]) == (0, [b"1", b"3"])
    with pytest.raises(TooManyAttempts):
        await users.authenticate("olga", PASSWORD, "192.0.2.1")


async def test_the_limit_ends_and_a_success_forgets_it(
    app: App, users: UserService, store: Store, clock: Clock
) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id)
    for round_of in range(2):
        for guess in range(FAILURES_PER_SUBJECT - 1):
            with pytest.raises(Forbidden):
                await users.authenticate("Olga", f"guess {round_of} {guess}")
        await users.authenticate("Olga", PASSWORD)
    for guess in range(FAILURES_PER_SUBJECT):
        with pytest.raises(Forbidden):
            await users.authenticate("Olga", f"last {guess}")
    with pytest.raises(TooManyAttempts):
        await users.authenticate("Olga", PASSWORD)
    clock.advance(minutes=15)
    assert (await users.authenticate("Olga", PASSWORD)).username == "Olga"


async def test_what_cannot_be_a_user_is_refused_and_not_stored(app: App, users: UserService, store: Store) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id)
    for name, password, role in (
        ("olga", PASSWORD, "Owner"),
        (" ", PASSWORD, "Owner"),
        ("x" * 101, PASSWORD, "Owner"),
        ("a\nb", PASSWORD, "Owner"),
        ("Ada", "short", "Owner"),
        ("Adalovelace", "adalovelace", "Owner"),
        ("Ada", PASSWORD, "King"),
    ):
        with pytest.raises(Invalid):
            await users.create_user(name, password, store=store.id, role=role)
    with pytest.raises(NotFound):
        await users.create_user("Ada", PASSWORD, store=99)
    assert len(await app.database.fetch("SELECT id FROM user_account")) == 1


async def test_tokens_need_a_role_in_the_store(app: App, users: UserService, store: Store, other_store: Store) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id)
    with pytest.raises(Refusal, match="no role in the store Other store"):
        await TokenService(app).create("Olga", other_store.id)
    with pytest.raises(NotFound, match="user create"):
        await TokenService(app).create("Nobody", store.id)


async def test_users_move_between_their_own_stores_only(
    owner: Visitor, users: UserService, store: Store, other_store: Store
) -> None:
    assert (await owner.post("/store", {"store": str(other_store.id)})).status == 404
    assert "Other store" not in await (await owner.get("/admin/dashboard")).text()
    await users.grant("Olga", other_store.id, "Support")
    moved = await owner.post("/store", {"store": str(other_store.id)})
    assert moved.status == 303
    assert (await owner.get("/")).headers["Location"] == "/staff/dashboard"
    assert (await owner.post("/store", {"store": "nonsense"})).status == 422


async def test_a_user_without_a_store_is_told_so(visitor: Visitor, users: UserService) -> None:
    await users.create_user("Lost", PASSWORD)
    await visitor.sign_in("Lost")
    page = await visitor.get("/")
    assert page.status == 200
    assert "no role in any store" in await page.text()
    assert (await visitor.get("/admin/dashboard")).status == 403


async def test_a_superuser_owns_every_store(
    visitor: Visitor, users: UserService, store: Store, other_store: Store
) -> None:
    await users.create_user("Root", PASSWORD, superuser=True)
    await visitor.sign_in("Root")
    assert (await visitor.post("/store", {"store": str(other_store.id)})).status == 303
    assert "Other store" in await (await visitor.get("/admin/dashboard")).text()


async def test_late_answers_do_not_make_the_sign_in_form_stale(owner: Visitor, clock: Clock) -> None:
    clock.advance(hours=13)
    before = owner.csrf
    page, late = await asyncio.gather(owner.get("/login"), owner.get("/admin/dashboard"))
    assert (page.status, late.status) == (200, 303)
    tokens = {answer.cookies["csrftoken"].value for answer in (page, late)}
    assert len(tokens) == 1
    assert before not in tokens
    shown = re.search(r'name="csrftoken" value="([^"]+)"', await page.text())
    assert shown is not None
    assert {shown[1]} == tokens
    assert (await owner.post("/login", {"username": "Olga", "password": PASSWORD})).status == 303


async def test_the_last_owner_on_the_web_stays_one(app: App, users: UserService, store: Store) -> None:
    olga = await users.create_user("Olga", PASSWORD, store=store.id)
    with pytest.raises(Refusal, match="Olga is the last owner of"):
        await users.grant("Olga", store.id, "Admin")
    with pytest.raises(Refusal, match="Make somebody else owner first"):
        await users.set_active(olga.id, False)
    kept = await users.get(olga.id)
    assert (kept.active, kept.roles) == (True, {store.id: "Owner"})

    other = await users.create_user("Otto", PASSWORD, store=store.id)
    await users.set_active(other.id, False)
    with pytest.raises(Refusal, match="last owner"):
        await users.grant("Olga", store.id, "Support")
    await users.set_active(other.id, True)
    assert (await users.grant("Olga", store.id, "Support")).roles == {store.id: "Support"}
    with pytest.raises(Refusal, match="Otto is the last owner of"):
        await users.set_active(other.id, False)
    await users.create_user("Root", PASSWORD, superuser=True)
    await users.set_active(other.id, False)
    assert not (await users.get(other.id)).active
