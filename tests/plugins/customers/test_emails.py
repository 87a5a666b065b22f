"""A customer's email address and what goes there: confirmed by a link, switched by the customer alone."""

from __future__ import annotations

import pytest
from yarl import URL

from guildshop.app import App
from guildshop.config.secret import Secret
from guildshop.errors import Forbidden, NotConfigured, Refusal
from guildshop.plugins.customers.api import (
    AlreadyTaken,
    Customer,
    CustomerChange,
    CustomerInput,
    EmailLinkGone,
    MessageChannel,
)
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, Clock, MailboxServer, Shop
from guildshop.web.testing import Visitor

ADA, NEW = "ada@example.org", "ada@new.example.org"


@pytest.fixture
async def customers(app: App, mailbox: MailboxServer) -> CustomerService:
    mailbox.serve(app)
    security = app.settings.security.model_copy(update={"secret_key": Secret("a secret key for tests, long enough")})
    app.settings = app.settings.model_copy(update={"security": security})
    return app.get(CustomerService)


@pytest.fixture
async def ada(customers: CustomerService, store: Store, staff: ActorFactory) -> Customer:
    with scope(store.id):
        return await customers.create(
            staff(store), CustomerInput(display_name="Ada", email=ADA, discord_id=3 * 10**17 + 1)
        )


def path(mailbox: MailboxServer, to: str) -> str:
    return URL(mailbox.to(to)[-1].links[0]).path


async def test_an_address_is_confirmed_by_its_link_once(
    app: App,
    customers: CustomerService,
    ada: Customer,
    store: Store,
    staff: ActorFactory,
    visitor: Visitor,
    mailbox: MailboxServer,
) -> None:
    with scope(store.id):
        with pytest.raises(Forbidden):
            await customers.ask_email(staff(store, "customer.read"), ada.id)
        await customers.ask_email(staff(store), ada.id)
    await app.dispatcher.drain()
    where = path(mailbox, ADA)
    for _time in range(2):
        assert (await visitor.get(where)).status == 200
    with scope(store.id):
        assert not (await customers.get(ada.id)).email_confirmed
    assert (await visitor.post(where)).status == 200
    assert (await visitor.post(where)).status == 404
    with scope(store.id):
        assert (await customers.get(ada.id)).email_confirmed
        with pytest.raises(Refusal, match="already"):
            await customers.ask_email(staff(store), ada.id)
        changed = await customers.change(staff(store), ada.id, CustomerChange(email="other@example.org"))
        assert not changed.email_confirmed


async def test_ones_own_address_counts_once_its_link_was_opened(
    app: App,
    customers: CustomerService,
    ada: Customer,
    store: Store,
    staff: ActorFactory,
    member: ActorFactory,
    clock: Clock,
    mailbox: MailboxServer,
) -> None:
    with scope(store.id):
        await customers.create(staff(store), CustomerInput(display_name="Bob", email="bob@example.org"))
        for address in (NEW, "bob@example.org", NEW):
            await customers.ask_own_email(member(store), address)
        with pytest.raises(Refusal, match="already"):
            await customers.ask_own_email(member(store), NEW)
        await app.dispatcher.drain()
        first, second = (URL(email.links[0]).path.rpartition("/")[2] for email in mailbox.to(NEW))
        taken = path(mailbox, "bob@example.org").rpartition("/")[2]
        assert (await customers.get(ada.id)).email == ADA
    with pytest.raises(AlreadyTaken):
        await customers.confirm_email(taken)
    await customers.confirm_email(first)
    with pytest.raises(EmailLinkGone):
        await customers.confirm_email(second)
    with scope(store.id):
        now = await customers.get(ada.id)
        assert (now.email, now.email_confirmed) == (NEW, True)
        assert await customers.find(staff(store), NEW) == [now]
        clock.advance(hours=2)
        await customers.ask_own_email(member(store), "late@example.org")
    await app.dispatcher.drain()
    clock.advance(hours=25)
    with pytest.raises(EmailLinkGone):
        await customers.confirm_email(path(mailbox, "late@example.org").rpartition("/")[2])
    app.settings = app.settings.model_copy(update={"email": type(app.settings.email)()})
    with scope(store.id), pytest.raises(NotConfigured):
        await customers.ask_own_email(member(store), NEW)


async def test_a_link_to_an_address_that_staff_corrected_changes_nothing(
    app: App,
    customers: CustomerService,
    ada: Customer,
    store: Store,
    staff: ActorFactory,
    mailbox: MailboxServer,
) -> None:
    with scope(store.id):
        await customers.ask_email(staff(store), ada.id)
        await app.dispatcher.drain()
        await customers.change(staff(store), ada.id, CustomerChange(email=NEW))
    with pytest.raises(EmailLinkGone):
        await customers.confirm_email(path(mailbox, ADA).rpartition("/")[2])
    with scope(store.id):
        now = await customers.get(ada.id)
    assert (now.email, now.email_confirmed) == (NEW, False)


async def test_the_link_in_an_email_ends_such_emails(
    customers: CustomerService, ada: Customer, store: Store, visitor: Visitor
) -> None:
    link = URL(customers.stop_link(ada, "refunds")).path
    assert "Stop these emails" in await (await visitor.get(link)).text()
    forged = link.replace("refunds", "order_received")
    assert (await visitor.http.post(forged)).status == 404
    assert (await visitor.get(f"{link}ä")).status == 404
    with scope(store.id):
        assert await customers.wants_message(ada.id, "refunds", MessageChannel.EMAIL)
    assert (await visitor.http.post(link, data={"List-Unsubscribe": "One-Click"})).status == 200
    with scope(store.id):
        assert not await customers.wants_message(ada.id, "refunds", MessageChannel.EMAIL)
        assert await customers.wants_message(ada.id, "refunds")
        assert await customers.wants_message(ada.id, "order_received", MessageChannel.EMAIL)


async def test_email_preferences_switch_in_place(shop: Shop, mailbox: MailboxServer) -> None:
    off = await shop.buyer.slash("email-prefs")
    assert off.ephemeral
    assert "sends no email" in off.text
    assert off.buttons == []
    mailbox.serve(shop.app)
    none = await shop.buyer.slash("email-prefs")
    assert "No email address of yours is on file" in none.text
    opened = await none.press("Set my address")
    assert opened.modal is not None
    assert "is no email address" in (await opened.modal.submit(email="ada at example.org")).text
    assert ADA in (await opened.modal.submit(email=ADA)).text
    await shop.settle()
    customers = shop.app.get(CustomerService)
    await customers.confirm_email(path(mailbox, ADA).rpartition("/")[2])
    shown = await shop.buyer.slash("email-prefs")
    assert f"{ADA} (confirmed)" in shown.text
    await shown.press("Refunds: on")
    assert "Refunds: off" in shown.buttons
    with scope(shop.store.id):
        customer = await customers.by_discord_id(int(shop.buyer.id))
    assert customer is not None
    assert (dict(customer.email_preferences), dict(customer.dm_preferences)) == ({"refunds": False}, {})
