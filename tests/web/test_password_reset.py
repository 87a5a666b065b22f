"""A forgotten password: asked for without telling anything, set once by an emailed link."""

from __future__ import annotations

from typing import Any

import pytest
from yarl import URL

from guildshop.app import App
from guildshop.config.secret import Secret
from guildshop.errors import Forbidden, Invalid, NotConfigured, NotFound, Refusal
from guildshop.stores import Store
from guildshop.tenancy import every_store
from guildshop.testing import ActorFactory, Clock, MailboxServer
from guildshop.web.password_reset import LinkGone, PasswordResets
from guildshop.web.testing import PASSWORD as OLD
from guildshop.web.testing import NewVisitor, Visitor
from guildshop.web.users import User, UserService

NEW = "an entirely new one"
ADA = "ada@example.org"


@pytest.fixture
def secret_key(app: App) -> None:
    security = app.settings.security.model_copy(update={"secret_key": Secret("a secret key for tests, long enough")})
    app.settings = app.settings.model_copy(update={"security": security})


@pytest.fixture
async def ada(app: App, store: Store, users: UserService, secret_key: None, mailbox: MailboxServer) -> User:
    mailbox.serve(app)
    return await users.create_user("Ada", OLD, store=store.id, role="Owner", email=ADA)


async def rows(app: App, table: str) -> list[dict[str, Any]]:
    with every_store():
        return await app.database.fetch(f"SELECT * FROM {table}")


async def asked(app: App, visitor: Visitor, name: str) -> str:
    await visitor.get("/password-reset")
    answer = await visitor.post("/password-reset", {"name": name})
    assert answer.status == 200
    page = await answer.text()
    await app.dispatcher.drain()
    return page.replace(visitor.csrf, "")


async def test_by_link_once(
    app: App, ada: User, users: UserService, visitors: NewVisitor, mailbox: MailboxServer
) -> None:
    signed_in, visitor = await visitors(), await visitors()
    await signed_in.sign_in("Ada")
    await asked(app, visitor, " ADA ")
    (email,) = mailbox.to(ADA)
    path = URL(email.links[0]).path
    token = path.rpartition("/")[2]
    for table in ("password_reset", "event", "password_reset_request"):
        assert token not in str(await rows(app, table))
    for _time in range(2):  # mail scanners follow links
        assert (await visitor.get(path)).status == 200
    assert (await signed_in.get("/account")).status == 200
    assert (await visitor.post(path, {"password": NEW, "again": "another one entirely"})).status == 422
    assert (await visitor.post(path, {"password": "short", "again": "short"})).status == 422
    assert await users.authenticate("Ada", OLD)
    assert (await visitor.post(path, {"password": NEW, "again": NEW})).headers["Location"] == "/login"
    assert (await signed_in.get("/account")).status == 303
    assert await users.authenticate("Ada", NEW)
    with pytest.raises(Forbidden):
        await users.authenticate("Ada", OLD)
    assert (await visitor.get(path)).status == 404
    assert (await visitor.post(path, {"password": OLD, "again": OLD})).status == 404
    assert await users.authenticate("Ada", NEW)


async def test_the_answer_tells_nothing(app: App, ada: User, visitor: Visitor, mailbox: MailboxServer) -> None:
    pages = [
        await asked(app, visitor, name) for name in ("Ada", ADA.upper(), "Nobody", "nobody@example.org", "x" * 9000)
    ]
    assert len(set(pages)) == 1
    assert [email.to for email in mailbox.emails] == [ADA, ADA]
    assert await app.database.fetch("SELECT * FROM password_reset_request") == []
    assert "nobody" not in str(await rows(app, "event"))


async def test_limits(app: App, ada: User, clock: Clock, visitor: Visitor, mailbox: MailboxServer) -> None:
    for _time in range(4):
        await asked(app, visitor, "Ada")
    assert len(mailbox.emails) == 3
    for _time in range(6):
        await asked(app, visitor, "Ada")
    assert len(mailbox.emails) == 3
    refused = await visitor.post("/password-reset", {"name": "Ada"})
    assert refused.status == 429
    clock.advance(minutes=61)
    assert (await visitor.get(URL(mailbox.emails[0].links[0]).path)).status == 404
    await asked(app, visitor, "Ada")
    assert len(mailbox.emails) == 4


async def test_links_end_with_the_password_the_address_and_the_user(
    app: App, ada: User, users: UserService, visitor: Visitor, mailbox: MailboxServer
) -> None:
    resets = PasswordResets(app)

    async def token() -> str:
        await asked(app, visitor, "Ada")
        return URL(mailbox.emails[-1].links[0]).path.rpartition("/")[2]

    first, second = await token(), await token()
    await resets.set_password(first, NEW)
    third = None
    with pytest.raises(LinkGone):
        await resets.set_password(second, OLD)
    third = await token()
    with pytest.raises(Invalid):
        await users.change_email(ada.id, "wrong password", "eve@example.org")
    assert await resets.user_of(third)
    await users.change_email(ada.id, NEW, "ada@other.example.org")
    with pytest.raises(LinkGone):
        await resets.user_of(third)
    await asked(app, visitor, "Ada")
    fourth = URL(mailbox.to("ada@other.example.org")[0].links[0]).path.rpartition("/")[2]
    await users.create_user("Bob", OLD, superuser=True)
    await users.set_active(ada.id, False)
    with pytest.raises(LinkGone):
        await resets.set_password(fourth, OLD)


async def test_staff_send_the_link_and_see_nothing_of_it(
    app: App,
    ada: User,
    store: Store,
    other_store: Store,
    users: UserService,
    staff: ActorFactory,
    mailbox: MailboxServer,
) -> None:
    resets = PasswordResets(app)
    bare = await users.create_user("Bob", OLD, store=store.id)
    with pytest.raises(Forbidden):
        await resets.send(staff(store, "customer.read"), ada.id)
    with pytest.raises(NotFound):
        await resets.send(staff(other_store, "customer.update"), ada.id)
    with pytest.raises(Refusal, match="no email address"):
        await resets.send(staff(store, "customer.update"), bare.id)
    assert await app.database.fetch("SELECT id FROM password_reset") == []
    await resets.send(staff(store, "customer.update"), ada.id)
    await app.dispatcher.drain()
    assert len(mailbox.to(ADA)) == 1
    audit = await app.database.fetch(
        "SELECT * FROM audit_entry WHERE store = :s AND action LIKE 'user.password%'", s=store.id
    )
    assert [row["subject_id"] for row in audit] == [str(ada.id)]


async def test_without_email_the_page_says_what_to_do(
    app: App, store: Store, visitor: Visitor, users: UserService, staff: ActorFactory
) -> None:
    user = await users.create_user("Ada", OLD, store=store.id, email=ADA)
    assert "user password" in await (await visitor.get("/password-reset")).text()
    assert "user password" in await asked(app, visitor, "Ada")
    with pytest.raises(NotConfigured):
        await PasswordResets(app).send(staff(store, "customer.update"), user.id)
    assert await app.database.fetch("SELECT id FROM password_reset_request") == []


async def test_ones_own_address_on_the_account_page(owner: Visitor, users: UserService) -> None:
    wrong = await owner.post("/account/email", {"email": "not an address", "email_password": OLD})
    assert wrong.status == 422
    assert "no email address" in await wrong.text()
    assert (await owner.post("/account/email", {"email": ADA, "email_password": OLD})).status == 303
    assert (await users.by_name("Olga")).email == ADA
