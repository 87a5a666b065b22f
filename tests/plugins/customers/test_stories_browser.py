"""Customers in a real Chromium: each role of the staff does every task that it may do, and is refused the others."""

from __future__ import annotations

from html import unescape

import pytest
from playwright.async_api import Page

from guildshop.app import App
from guildshop.permissions import ADMIN, OWNER, TEMPLATES
from guildshop.plugins.customers.api import AddressInput, Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import PASSWORD, NewTab, NewVisitor, Visitor, serious_findings, sign_in
from guildshop.web.users import UserService
from tests.plugins.customers.walk import TASKS, People, Walk, forms, settle

pytestmark = pytest.mark.browser
OFFERED = {
    "read": "customer.read",
    "tags": "customer.update",
    "edit": "customer.update",
    "block": "customer.update",
    "link": "customer.update",
    "merge": "customer.merge",
    "audit": "audit.read",
    "loyalty": "loyalty.read",
    "points": "loyalty.update",
    "credit": "credit.update",
    "assign": "organization.update",
}


@pytest.fixture
async def people(app: App, store: Store, staff: ActorFactory, users: UserService) -> People:
    """Three customers in a store with everything switched on, and a user whom none of them is linked to."""
    user = await users.create_user("Ursula", PASSWORD, store=store.id, role="Read only")
    return await settle(app, store, staff, user.id)


async def _offered(page: Page, customer: Customer, base: str) -> set[str]:
    """Return what somebody can do to a customer, by what it is called on the pages."""
    found: set[str] = set()
    if (answer := await page.goto(f"{base}/customer")) is None or answer.status == 403:
        return found
    named = {"Adjust loyalty points": "points", "Adjust credit": "credit"}
    found |= {name for label, name in named.items() if await page.get_by_label(label).count()}
    found |= {"tags"} if await page.get_by_role("button", name="Change tags").count() else set()
    await page.goto(f"{base}/customer/{customer.id}")
    for label, name in (("Edit profile", "edit"), ("Merge", "merge"), ("Audit", "audit"), ("Loyalty", "loyalty")):
        scope_of = page.locator("main").get_by_role("link", name=label, exact=True)
        found |= {name} if await scope_of.count() else set()
    for label, name in (("Block", "block"), ("Link", "link")):
        found |= {name} if await page.get_by_role("button", name=label, exact=True).count() else set()
    found |= {"assign"} if await page.get_by_text("Change", exact=True).count() else set()
    return found | {"read"}


async def _refused(visitor: Visitor, people: People, held: frozenset[str], base: str) -> None:
    """Send every form that the role may not send, and fail unless each is refused in words and changes nothing."""
    home = AddressInput(recipient="Ada", street="12 Main Street", city="Berlin", postal_code="10115", country="DE")
    with scope(people.store.id):
        address = await people.app.get(CustomerService).add_address(people.boss, people.ada.id, home)
    before = await people.state()
    for needs, path, fields in forms(people, address.id):
        if needs not in held:
            answer = await visitor.post(f"{base}/{path}", dict(fields))
            told = f"This needs the permission “{needs}”, which your role does not have. Ask the shop's owner."
            assert (answer.status, told in unescape(await answer.text())) == (403, True), path
        if base == "/staff":
            there = await visitor.post(f"/admin/{path}", dict(fields))
            assert (there.status, "/admin is for owners and admins" in await there.text()) == (403, True), path
    if base == "/staff":
        table = f"/admin/api/tables/customer/{people.bob.id}/"
        assert (await visitor.send("PATCH", table, {"display_name": "Eve"})).status == 403
        assert (await visitor.send("DELETE", table, None)).status == 403
    assert await people.state() == before
    with scope(people.store.id):
        await people.app.get(CustomerService).delete_address(people.boss, address.id)


@pytest.mark.parametrize("role", [role for role in TEMPLATES if role != OWNER])
async def test_each_role_does_what_it_may_and_is_refused_the_rest(
    role: str, tabs: NewTab, visitors: NewVisitor, users: UserService, app: App, store: Store, people: People
) -> None:
    await users.create_user("Robin", PASSWORD, store=store.id, role=role)
    held, base = app.stores.permissions_of(store.id, role), "/admin" if role == ADMIN else "/staff"
    visitor = await visitors()
    await visitor.sign_in("Robin")
    await _refused(visitor, people, held, base)
    tab = await tabs()
    await sign_in(tab.page, "Robin")
    wanted = {name for name, permission in OFFERED.items() if permission in held}
    assert await _offered(tab.page, people.ada, base) == wanted
    before, walk = await people.state(), Walk(tab.page, base, people)
    done: set[str] = set()
    for task in TASKS:
        if task.needs in held:
            await task.do(walk)
            done |= task.audit
            assert await people.deeds("Robin") >= done, task.do.__name__
    assert await serious_findings(tab.page) == []
    assert "hacked" not in await tab.page.title()
    assert [text for text in tab.complaints if "422" not in text] == []
    if not done:
        assert await people.state() == before
    if role == ADMIN:
        assert app.stores.permissions_of(store.id, OWNER) == held, "an owner does the same"
        assert (await visitor.send("DELETE", f"/admin/api/tables/customer/{people.bob.id}/", None)).status == 204
        with scope(store.id):
            assert not (await app.get(CustomerService).get(people.bob.id)).active
