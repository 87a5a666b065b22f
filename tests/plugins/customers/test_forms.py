"""What staff change on a customer's page, and what they cannot."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from guildshop.app import App
from guildshop.errors import NotFound, Refusal
from guildshop.plugins.customers.api import AlreadyTaken, CustomerInput, CustomerType, Source
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import PASSWORD, NewVisitor, Visitor
from guildshop.web.users import UserService

HOME = {
    "recipient": "Ada <b>Love</b>",
    "street": "12 Main Street",
    "city": "San Francisco",
    "region": "CA",
    "postalCode": "94111",
    "country": "US",
}


async def test_the_profile_is_edited_and_refused_by_field(
    customers: CustomerService, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    ada = await customers.create(staff(store), CustomerInput(display_name="Ada", email="ada@example.org"))
    await customers.create(staff(store), CustomerInput(display_name="Bob", email="bob@example.org"))
    path = f"/admin/customer/{ada.id}/edit"
    assert "ada@example.org" in await (await owner.get(path)).text()
    form = {"displayName": "Ada L", "email": "not an email", "tags": "VIP, Gold", "version": str(ada.version)}
    wrong = await owner.post(path, form)
    assert wrong.status == 422
    assert "Ada L" in await wrong.text()
    taken = await owner.post(path, form | {"email": "BOB@example.org"})
    assert "Another customer has the email address" in await taken.text()
    assert await customers.get(ada.id) == ada
    saved = await owner.post(path, form | {"email": "ada@example.com", "dm_preferences": "{}", "refunds": "off"})
    assert saved.status == 303
    after = await customers.get(ada.id)
    assert (after.display_name, after.email, after.tags) == ("Ada L", "ada@example.com", ("Gold", "VIP"))
    assert after.dm_preferences == {}
    stale = await owner.post(path, form | {"email": "ada@example.com", "displayName": "Late"})
    assert stale.status == 409
    assert (await customers.get(ada.id)).display_name == "Ada L"


async def test_a_customer_is_linked_to_a_discord_member_once(
    customers: CustomerService, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    ada = await customers.create(staff(store), CustomerInput(display_name="Ada"))
    bob = await customers.create(staff(store), CustomerInput(display_name="Bob", discord_id=987654321098765432))
    path = f"/admin/customer/{ada.id}/edit"
    assert 'name="discordId"' in await (await owner.get(path)).text()
    for wrong in ("@ada", "1" * 5_000, str(2**63)):
        refused = await owner.post(path, {"displayName": "Ada", "discordId": wrong})
        assert (refused.status, "is no Discord ID" in await refused.text()) == (422, True)
    taken = await owner.post(path, {"displayName": "Ada", "discordId": str(bob.discord_id)})
    assert "is a customer already" in await taken.text()
    assert await customers.get(ada.id) == ada
    assert (await owner.post(path, {"displayName": "Ada", "discordId": " 123456789012345678 "})).status == 303
    assert (await customers.get(ada.id)).discord_id == 123456789012345678
    assert 'name="discordId"' not in await (await owner.get(path)).text()
    again = await owner.post(path, {"displayName": "Ada", "discordId": "223456789012345678"})
    assert (again.status, "is the Discord member 123456789012345678" in await again.text()) == (409, True)
    assert (await customers.get(ada.id)).discord_id == 123456789012345678


async def test_state_and_addresses_change_and_say_so(
    customers: CustomerService, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    ada = await customers.create(staff(store), CustomerInput(display_name="Ada"))
    bob = await customers.create(staff(store), CustomerInput(display_name="Bob"))
    base = f"/admin/customer/{ada.id}"
    for to, active, blocked in (("inactive", 0, 0), ("blocked", 0, 1), ("unblocked", 0, 0), ("active", 1, 0)):
        assert (await owner.post(f"{base}/state", {"to": to})).status == 303
        now = await customers.get(ada.id)
        assert (now.active, now.blocked) == (bool(active), bool(blocked))
    assert (await owner.post(f"{base}/state", {"to": "deleted"})).status == 422
    refused = await owner.post(f"{base}/address/new", HOME | {"postalCode": "10001"})
    assert "The postal code “10001” is not used in CA" in await refused.text()
    assert (await owner.post(f"{base}/address/new", HOME)).status == 303
    (home,) = await customers.addresses(ada.id)
    assert home.is_default
    page = await (await owner.get(base)).text()
    assert "Ada &lt;b&gt;Love&lt;/b&gt;" in page
    assert "Only the customer can change these" in page
    assert (await owner.post(f"{base}/address/{home.id}", HOME | {"street": "13 Main Street"})).status == 303
    await owner.post(f"{base}/address/new", HOME | {"recipient": "Second"})
    other = (await customers.addresses(ada.id))[1]
    await owner.post(f"{base}/address/{other.id}/change", {"do": "default"})
    assert [one.recipient for one in await customers.addresses(ada.id)] == ["Second", home.recipient]
    stolen = await owner.post(f"/admin/customer/{bob.id}/address/{home.id}/change", {"do": "delete"})
    assert stolen.status == 404
    await owner.post(f"{base}/address/{other.id}/change", {"do": "delete"})
    (left,) = await customers.addresses(ada.id)
    assert (left.id, left.street, left.is_default) == (home.id, "13 Main Street", True)


async def test_readers_see_no_forms_and_cannot_post_them(
    customers: CustomerService, users: UserService, visitors: NewVisitor, store: Store, staff: ActorFactory
) -> None:
    ada = await customers.create(staff(store), CustomerInput(display_name="Ada"))
    await users.create_user("Rita", PASSWORD, store=store.id, role="Read only")
    rita = await visitors()
    await rita.sign_in("Rita")
    base = f"/staff/customer/{ada.id}"
    page = await (await rita.get(base)).text()
    assert "Ada" in page
    for hidden in ("/edit", "/state", "Block", "Add address"):
        assert hidden not in page.split("<main", 1)[1]
    for path in ("state", "link", "reset-email", "address/new", "edit"):
        assert (await rita.post(f"{base}/{path}", {"to": "blocked"})).status == 403
    assert (await rita.post("/staff/customer/tag", {f"customer-{ada.id}": "1", "add": "VIP"})).status == 403
    assert await customers.get(ada.id) == ada


async def test_one_customer_is_linked_to_a_user(
    app: App, customers: CustomerService, users: UserService, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    boss = staff(store)
    ada = await customers.create(boss, CustomerInput(display_name="Ada"))
    bob = await customers.create(boss, CustomerInput(display_name="Bob"))
    user = await users.create_user("Ursula", PASSWORD, store=store.id, role="Support")
    for wrong in ("", "Ursula", "<b>"):
        with pytest.raises(Refusal, match="no user ID"):
            await customers.link_user(boss, ada.id, wrong)
    with pytest.raises(NotFound):
        await customers.link_user(boss, ada.id, str(uuid4()))
    both = await asyncio.gather(
        *(customers.link_user(boss, one.id, str(user.id)) for one in (ada, bob)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["AlreadyTaken", "Customer"]
    linked, free = (ada, bob) if not isinstance(both[0], AlreadyTaken) else (bob, ada)
    assert (await customers.get(linked.id)).type == "REGISTERED"
    assert (await customers.get(free.id)).user is None
    page = await (await owner.get(f"/admin/customer/{linked.id}")).text()
    assert "Ursula" in page
    assert "Send reset email" in page
    sent = await owner.post(f"/admin/customer/{linked.id}/reset-email", {})
    assert sent.status == 503, "no email is set up in this test"
    assert (await owner.post(f"/admin/customer/{linked.id}/link", {"do": "unlink"})).status == 303
    assert (await customers.get(linked.id)).user is None
    assert (await owner.post(f"/admin/customer/{free.id}/link", {"user": str(user.id)})).status == 303
    assert (await customers.get(free.id)).user == user.id
    forms = {form["name"]: form["slug"] for form in await (await owner.get("/admin/api/forms/")).json()}
    link, unlink = (
        f"/admin/api/forms/{forms[name]}/" for name in ("Link customer to user", "Unlink customer from user")
    )
    again = await owner.send("POST", link, {"customer": linked.account_number, "user": str(user.id)})
    assert (again.status, "Unlink that customer first" in await again.text()) == (422, True)
    ended = await owner.send("POST", unlink, {"customer": str(free.id)})
    assert (ended.status, "is linked to no user any more" in await ended.text()) == (200, True)
    done = await owner.send("POST", link, {"customer": linked.account_number, "user": str(user.id)})
    assert (done.status, "is linked to the user Ursula" in await done.text()) == (200, True)
    assert [(await customers.get(one.id)).user for one in (linked, free)] == [user.id, None]


async def test_the_user_of_a_blocked_or_deactivated_customer_cannot_sign_in(
    customers: CustomerService, users: UserService, visitor: Visitor, store: Store, staff: ActorFactory
) -> None:
    boss = staff(store)
    ada = await customers.create(boss, CustomerInput(display_name="Ada"))
    user = await users.create_user("Ada", PASSWORD)
    await customers.link_user(boss, ada.id, str(user.id))
    assert (await visitor.sign_in("Ada")).status == 303
    await customers.block(boss, ada.id)
    assert (await visitor.get("/account")).status == 303  # The session ends with it: sign in first.
    told = await visitor.sign_in("Ada")
    assert (told.status, "You are blocked in this shop." in await told.text()) == (403, True)
    wrong = await visitor.sign_in("Ada", "not the password")
    assert "blocked" not in await wrong.text()
    await customers.unblock(boss, ada.id)
    await customers.deactivate(boss, ada.id)
    assert "Your customer account is deactivated." in await (await visitor.sign_in("Ada")).text()
    # Whoever works for a store is shut out by its owner, not by those who may change customers.
    await users.grant("Ada", store.id, "Support")
    assert (await visitor.sign_in("Ada")).status == 303
    await customers.reactivate(boss, ada.id)
    assert (await customers.get(ada.id)).active


async def test_a_user_of_another_store_is_not_there(
    customers: CustomerService, users: UserService, store: Store, other_store: Store, staff: ActorFactory
) -> None:
    ada = await customers.create(staff(store), CustomerInput(display_name="Ada"))
    with scope(other_store.id):
        theirs = await users.create_user("Mallory", PASSWORD, store=other_store.id, role="Support")
    with pytest.raises(NotFound, match="no active user"):
        await customers.link_user(staff(store), ada.id, str(theirs.id))


async def test_tags_change_for_all_that_are_ticked(
    app: App, customers: CustomerService, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    made = [await customers.create(staff(store), CustomerInput(display_name=name)) for name in ("Ada", "Bob", "Cy")]
    ticked = {f"customer-{one.id}": "1" for one in made[:2]}
    answer = await owner.post("/admin/customer/tag", ticked | {"add": "VIP, Early", "query": "status=ACTIVE"})
    assert answer.headers["Location"].endswith("/admin/customer?status=ACTIVE")
    assert [(await customers.get(one.id)).tags for one in made] == [("Early", "VIP"), ("Early", "VIP"), ()]
    await owner.post("/admin/customer/tag", ticked | {"remove": "vip"})
    assert (await customers.get(made[0].id)).tags == ("Early",)
    await owner.post("/admin/customer/tag", {"add": "VIP"})
    assert (await customers.get(made[2].id)).tags == ()
    # All that fit, also on other pages.
    answer = await owner.post("/admin/customer/tag", {"all": "1", "add": "Late", "remove": "VIP", "query": "tag=early"})
    where = answer.headers["Location"]
    assert "2 are chosen. Nothing was changed yet." in await (await owner.get(where)).text()
    await owner.post(f"{where}/start")
    await app.dispatcher.drain()
    assert "All 2 are done." in await (await owner.get(where)).text()
    assert [(await customers.get(one.id)).tags for one in made] == [("Early", "Late")] * 2 + [()]
    page = await (await owner.get("/admin/customer?tag=early")).text()
    assert "Bob" in page
    assert ">Cy<" not in page


async def test_staff_enter_a_customer_by_hand(
    customers: CustomerService, owner: Visitor, store: Store, staff: ActorFactory, support: Visitor
) -> None:
    assert 'href="/admin/customer/new"' in await (await owner.get("/admin/customer")).text()
    assert 'href="/staff/customer/new"' in await (await support.get("/staff/customer")).text()
    nobody = await owner.post("/admin/customer/new", {"tags": "VIP", "notes": "met at the fair"})
    assert (nobody.status, "A customer needs a name or an email address" in await nobody.text()) == (409, True)
    form = {"firstName": "Ada", "email": "ada@example.org", "source": "EMAIL", "discordId": "nobody"}
    wrong = await owner.post("/admin/customer/new", form)
    page = await wrong.text()
    assert (wrong.status, "is no Discord ID" in page, "ada@example.org" in page) == (422, True, True)
    assert (await customers.list_customers(staff(store))).items == []
    made = await owner.post("/admin/customer/new", form | {"discordId": "", "tags": "VIP", "source": "DISCORD"})
    (ada,) = (await customers.list_customers(staff(store))).items
    assert (made.status, made.headers["Location"]) == (303, f"/admin/customer/{ada.id}")
    assert (ada.name, ada.source, ada.tags, ada.type) == ("Ada", Source.MANUAL, ("VIP",), CustomerType.GUEST)
    shown = await (await owner.get(f"/admin/customer/{ada.id}")).text()
    assert "<dt>Source</dt><dd>Manual</dd>" in shown
    assert "<dt>Email confirmed</dt><dd>Not confirmed</dd>" in shown
    taken = await owner.post("/admin/customer/new", form | {"discordId": ""})
    assert "Another customer has the email address" in await taken.text()
    await owner.post("/admin/customer/new", form | {"discordId": "", "email": "eve@example.org"})
    (eve,) = await customers.find(staff(store), "eve@example.org")
    assert eve.source is Source.EMAIL


async def test_an_address_is_saved_as_typed_or_as_its_country_writes_it(
    customers: CustomerService, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    ada = await customers.create(staff(store), CustomerInput(display_name="Ada"))
    path = f"/admin/customer/{ada.id}/address/new"
    odd = HOME | {"region": "California"}
    asked = await owner.post(path, odd)
    page = await asked.text()
    assert (asked.status, await customers.addresses(ada.id)) == (200, [])
    assert "<strong>CA</strong>" in page
    assert ">Use suggested</button>" in page
    assert ">Keep mine</button>" in page
    assert 'value="California"' in page
    assert (await owner.post(path, odd | {"do": "keep"})).status == 303
    assert (await owner.post(path, odd | {"do": "use"})).status == 303
    assert [one.region for one in await customers.addresses(ada.id)] == ["California", "CA"]
    assert (await owner.post(path, HOME)).status == 303  # Nothing to suggest: saved at once.
