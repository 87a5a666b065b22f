"""Customers in Piccolo Admin and in the JSON API."""

from urllib.parse import unquote
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.plugins.customers.api import AddressInput, CustomerInput, Sale
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, Clock
from guildshop.web.testing import Visitor

TABLE = "/admin/api/tables/customer/"
ADDRESSES = "/admin/api/tables/address/"
HOME = AddressInput("Ann Lee", "1 Main St", "San Francisco", "US", "94111", "CA")


async def form_of(owner: Visitor, table: str, key: UUID) -> dict[str, object]:
    """Return the row as the front end sends it back: every field of its form."""
    row = await (await owner.get(f"{table}{key}/")).json()
    schema = await (await owner.get(f"{table}schema/")).json()
    return {name: row[name] for name in schema["properties"]}


@pytest.fixture
async def ann(app: App, store: Store, staff: ActorFactory):
    with scope(store.id):
        given = CustomerInput(first_name="Ann", email="ann@example.org", tags=("VIP",))
        return await app.get(CustomerService).create(staff(store), given)


async def now(app: App, store: Store, key: UUID):
    with scope(store.id):
        return await app.get(CustomerService).get(key)


async def test_a_save_goes_through_the_service(owner: Visitor, app: App, store: Store, ann) -> None:
    form = await form_of(owner, TABLE, ann.id)
    assert not {"store", "search", "email_key", "tags_key", "display_name_by_staff"} & form.keys()
    form |= {"notes": "Pays late", "tags": "vip, Partner", "email": "Ann.Lee@EXAMPLE.org", "blocked": True}
    answer = await owner.send("PATCH", f"{TABLE}{ann.id}/", form)
    assert answer.status == 200, await answer.text()
    after = await now(app, store, ann.id)
    assert (after.notes, after.tags, after.email, after.blocked) == (
        "Pays late",
        ("Partner", "vip"),
        "Ann.Lee@example.org",
        True,
    )
    stale = await owner.send("PATCH", f"{TABLE}{ann.id}/", form | {"notes": "Again"})
    assert stale.status == 409
    wrong = await owner.send("PATCH", f"{TABLE}{ann.id}/", await form_of(owner, TABLE, ann.id) | {"phone": "12"})
    assert (wrong.status, await wrong.text()) == (
        422,
        "“12” is no phone number. Write it with the country's code, like +1 415 555 2671.",
    )
    assert await now(app, store, ann.id) == after


@pytest.mark.parametrize("column", ["dm_preferences", "email_preferences"])
async def test_preferences_cannot_be_written_by_staff(owner: Visitor, app: App, store: Store, ann, column: str) -> None:
    form = await form_of(owner, TABLE, ann.id)
    for wanted in ('{"refunds": false}', {"refunds": False}):
        for given in (form, {}):
            answer = await owner.send("PATCH", f"{TABLE}{ann.id}/", given | {column: wanted})
            assert (answer.status, column in await answer.text()) == (422, True)
        assert (await owner.send("PUT", f"{TABLE}{ann.id}/", {column: wanted})).status in {405, 422}
    made = await owner.send("POST", TABLE, {"first_name": "Zoë", column: '{"refunds": false}'})
    new = await now(app, store, UUID((await made.json())[0]["id"]))
    assert (new.dm_preferences, new.email_preferences) == ({}, {})
    assert await now(app, store, ann.id) == ann
    unchanged = await owner.send("PATCH", f"{TABLE}{ann.id}/", form)
    assert unchanged.status == 200
    assert await now(app, store, ann.id) == ann


async def test_a_form_from_before_the_member_was_seen_again_is_saved(
    owner: Visitor, app: App, store: Store, member: ActorFactory, clock: Clock
) -> None:
    service = app.get(CustomerService)
    with scope(store.id):
        bea = await service.register(member(store), "bea", "Bea")
        form = await form_of(owner, TABLE, bea.id)
        clock.advance(hours=2)
        await service.register(member(store), "bea", "Bea")
    answer = await owner.send("PATCH", f"{TABLE}{bea.id}/", form | {"notes": "x"})
    assert answer.status == 200, await answer.text()
    assert (await now(app, store, bea.id)).last_seen == clock.now


async def test_deleting_deactivates_and_offers_to_block(owner: Visitor, app: App, store: Store, ann) -> None:
    answer = await owner.send("DELETE", f"{TABLE}{ann.id}/", None)
    sentence = unquote(answer.headers["X-Guildshop-Message"])
    assert "Ann was deactivated, not deleted" in sentence
    assert "block the customer" in sentence
    after = await now(app, store, ann.id)
    assert (after.active, after.first_name) == (False, "Ann")


async def test_staff_add_a_customer_in_the_admin(owner: Visitor, app: App, store: Store) -> None:
    answer = await owner.send("POST", TABLE, {"first_name": "Zoë", "email": "zoe@example.org", "tags": "VIP"})
    assert answer.status == 201, await answer.text()
    made = await now(app, store, UUID((await answer.json())[0]["id"]))
    assert (made.first_name, made.tags, made.source.value) == ("Zoë", ("VIP",), "MANUAL")
    again = await owner.send("POST", TABLE, {"email": "ZOE@example.org"})
    assert again.status == 409
    assert "Another customer has the email address" in await again.text()


async def test_addresses_keep_one_default(owner: Visitor, app: App, store: Store, staff: ActorFactory, ann) -> None:
    service = app.get(CustomerService)
    with scope(store.id):
        home = await service.add_address(staff(store), ann.id, HOME)
    given = {"customer": str(ann.id), "recipient": "Work", "street": "Weg 1", "city": "Berlin", "country": "DE"}
    wrong = await owner.send("POST", ADDRESSES, given | {"postal_code": "1"})
    assert wrong.status == 422
    made = await owner.send("POST", ADDRESSES, given | {"postal_code": "10115", "is_default": True})
    assert made.status == 201, await made.text()
    unmarked = await owner.send("PATCH", f"{ADDRESSES}{(await made.json())[0]['id']}/", {"is_default": False})
    assert "Mark another address instead" in await unmarked.text()
    with scope(store.id):
        found = await service.addresses(ann.id)
    assert [(address.recipient, address.is_default) for address in found] == [("Work", True), ("Ann Lee", False)]
    gone = await owner.send("DELETE", f"{ADDRESSES}{found[0].id}/", None)
    assert gone.status == 204
    with scope(store.id):
        assert [(address.id, address.is_default) for address in await service.addresses(ann.id)] == [(home.id, True)]


async def test_another_stores_customers_are_out_of_reach(
    owner: Visitor, app: App, store: Store, other_store: Store, staff: ActorFactory
) -> None:
    service = app.get(CustomerService)
    with scope(other_store.id):
        theirs = await service.create(staff(other_store), CustomerInput(first_name="Theirs"))
        address = await service.add_address(staff(other_store), theirs.id, HOME)
    assert (await (await owner.get(TABLE)).json())["rows"] == []
    for path in (f"{TABLE}{theirs.id}/", f"{ADDRESSES}{address.id}/"):
        assert (await owner.get(path)).status == 404
        for method in ("PATCH", "DELETE", "PUT"):
            assert (await owner.send(method, path, {"notes": "x", "city": "x"})).status in {404, 405, 409}
    planted = await owner.send(
        "POST",
        ADDRESSES,
        {
            "customer": str(theirs.id),
            "recipient": "x",
            "street": "x",
            "city": "x",
            "country": "HK",
            "region": "Kowloon",
        },
    )
    assert planted.status == 404
    assert (await owner.get(f"/api/customers/{theirs.id}")).status == 404
    with scope(other_store.id):
        assert await service.get(theirs.id) == theirs
        assert await service.addresses(theirs.id) == [address]


async def test_the_api_lists_and_reads_customers(
    visitor: Visitor, token: str, app: App, store: Store, staff: ActorFactory, ann
) -> None:
    with scope(store.id):
        await app.get(CustomerService).add_address(staff(store), ann.id, HOME)
        for number in range(3):
            await app.get(CustomerService).create(staff(store), CustomerInput(first_name=f"Guest {number}"))
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    page = await (await visitor.get("/api/customers?limit=3", headers=headers)).json()
    assert len(page["items"]) == 3
    rest = await (await visitor.get(f"/api/customers?cursor={page['nextCursor']}", headers=headers)).json()
    assert [item["firstName"] for item in rest["items"]] == ["Ann"]
    assert rest["nextCursor"] is None
    found = await (await visitor.get("/api/customers?text=ANN&tag=vip&type=GUEST", headers=headers)).json()
    assert [item["id"] for item in found["items"]] == [str(ann.id)]
    one = await (await visitor.get(f"/api/customers/{ann.id}", headers=headers)).json()
    assert (one["isActive"], one["accountNumber"]) == (True, ann.account_number)
    # Every topic is on until the customer says otherwise.
    assert one["dmPreferences"].keys() == one["emailPreferences"].keys() >= {"order_received", "refunds"}
    assert set(one["dmPreferences"].values()) == {True}
    assert one["addresses"][0]["postalCode"] == "94111"
    assert (await visitor.get("/api/customers?cursor=zzz", headers=headers)).status == 422
    with scope(store.id):
        async with app.work(staff(store)) as work:
            app.get(CustomerService).count_sale(work, ann.id, Sale(orders=1, amount=500, currency="USD"))
    best = await (await visitor.get("/api/customers?sort=SPEND&limit=1", headers=headers)).json()
    assert [(one["id"], one["revenueCents"], one["paidOrders"]) for one in best["items"]] == [(str(ann.id), 500, 1)]
    assert (await visitor.get("/api/customers?sort=NAME", headers=headers)).status == 422
    assert (await visitor.get(f"/api/customers?sort=SPEND&cursor={page['nextCursor']}", headers=headers)).status == 422
    assert (await visitor.get("/api/customers")).status == 401
