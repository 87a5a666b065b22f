"""How customers come to be."""

import asyncio
from dataclasses import replace

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, Invalid, Refusal
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import (
    AlreadyTaken,
    CustomerBlocked,
    CustomerChange,
    CustomerInactive,
    CustomerInput,
    CustomerType,
    Source,
)
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.testing import ActorFactory, Clock


async def count(app: App, table: str, store: Store) -> int:
    row = await app.database.fetch_one(f"SELECT COUNT(*) AS n FROM {table} WHERE store = :store", store=store.id)
    assert row is not None
    return int(row["n"])


async def test_first_contact_creates_the_customer_once(
    app: App, store: Store, customers: CustomerService, member: ActorFactory
) -> None:
    bea = member(store)
    first = await customers.register(bea, "bea", "Bea 🐝")
    again = await customers.register(bea, "bea", "Bea 🐝")
    assert again == first
    assert (first.source, first.type, first.discord_id) == (Source.DISCORD, CustomerType.REGISTERED, bea.discord_id)
    assert (first.username, first.display_name, first.active, first.blocked) == ("bea", "Bea 🐝", True, False)
    assert first.account_number.startswith("C-")
    assert await count(app, "customer", store) == 1
    events = await app.database.fetch(
        "SELECT name FROM event WHERE store = :store AND name <> 'StoreChanged'", store=store.id
    )
    assert [event["name"] for event in events] == ["CustomerRegistered"]


async def test_registering_many_times_at_once_makes_one_customer(
    app: App, store: Store, customers: CustomerService, member: ActorFactory
) -> None:
    bea = member(store)
    made = await asyncio.gather(*(customers.register(bea, "bea", "Bea") for _ in range(20)))
    assert len({customer.id for customer in made}) == 1
    assert await count(app, "customer", store) == 1


async def test_names_follow_discord_until_staff_edit_the_display_name(
    store: Store, customers: CustomerService, member: ActorFactory, staff: ActorFactory
) -> None:
    bea = member(store)
    first = await customers.register(bea, "bea", "Bea")
    renamed = await customers.register(bea, "bea2", "Beatrix")
    assert (renamed.username, renamed.display_name) == ("bea2", "Beatrix")
    await customers.change(staff(store), first.id, CustomerChange(display_name="Ms B."))
    after = await customers.register(bea, "bea3", "Bea again")
    assert (after.username, after.display_name) == ("bea3", "Ms B.")
    assert [found.id for found in await customers.find(staff(store), "bea3")] == [first.id]


async def test_last_seen_moves_on_by_the_hour(
    store: Store, customers: CustomerService, member: ActorFactory, clock: Clock
) -> None:
    bea = member(store)
    first = await customers.register(bea, "bea", "Bea")
    clock.advance(minutes=5)
    assert (await customers.register(bea, "bea", "Bea")).last_seen == first.last_seen
    clock.advance(hours=1)
    later = await customers.register(bea, "bea", "Bea")
    assert later.last_seen == clock.now
    assert later.version == first.version


@pytest.mark.parametrize(
    ("change", "refusal", "words"),
    [
        (CustomerChange(blocked=True), CustomerBlocked, "blocked"),
        (CustomerChange(active=False), CustomerInactive, "deactivated"),
    ],
)
async def test_blocked_and_inactive_customers_are_told_so(
    store: Store,
    customers: CustomerService,
    member: ActorFactory,
    staff: ActorFactory,
    change: CustomerChange,
    refusal: type[Refusal],
    words: str,
) -> None:
    bea = member(store)
    first = await customers.register(bea, "bea", "Bea")
    changed = await customers.change(staff(store), first.id, change)
    with pytest.raises(refusal, match=words):
        await customers.register(bea, "bea-new", "Bea")
    with pytest.raises(refusal, match=words):
        customers.ensure_can_order(changed)
    assert await customers.get(first.id) == changed


async def test_an_order_of_somebody_blocked_in_the_meantime_does_not_happen(
    app: App, store: Store, customers: CustomerService, member: ActorFactory, staff: ActorFactory
) -> None:
    bea = member(store)
    first = await customers.register(bea, "bea", "Bea")
    await customers.block(staff(store), first.id)
    entries = await count(app, "audit_entry", store)

    async def order() -> None:
        async with app.work(bea) as work:
            customers.require_orderable(work, first.id)
            work.audit("order.place", subject="order")

    with pytest.raises(CustomerBlocked):
        await order()
    assert await count(app, "audit_entry", store) == entries
    await customers.unblock(staff(store), first.id)
    await customers.deactivate(staff(store), first.id)
    with pytest.raises(CustomerInactive):
        await order()
    await customers.reactivate(staff(store), first.id)
    await order()


async def test_only_members_register(store: Store, customers: CustomerService) -> None:
    with pytest.raises(Forbidden, match="Discord server"):
        await customers.register(Actor.system(store.id, "test"), "bea", "Bea")


async def test_staff_enter_a_guest(store: Store, customers: CustomerService, staff: ActorFactory) -> None:
    given = CustomerInput(first_name="Ann", email="Ann@EXAMPLE.org", phone="+1 415 555 2671", tags=("vip", "VIP"))
    guest = await customers.create(staff(store), given)
    assert (guest.type, guest.source, guest.email) == (CustomerType.GUEST, Source.MANUAL, "Ann@example.org")
    assert (guest.phone, guest.tags, guest.name) == ("+14155552671", ("vip",), "Ann")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"email": "ann@"}, "“ann@” is no email address"),
        ({"email": "ann at example.org"}, "is no email address"),
        ({"phone": "12"}, "“12” is no phone number"),
        ({"display_name": "x" * 101}, "101 characters; at most 100"),
        ({"notes": "x" * 4001}, "4001 characters"),
        ({"tags": ("a,b",)}, "contains a comma"),
        ({"tags": tuple(f"tag{n}" for n in range(26))}, "26 tags are too many"),
        ({"account_number": "a b"}, "contains a space"),
        ({"first_name": "", "last_name": ""}, "needs a name or an email"),
    ],
)
async def test_wrong_values_are_refused_and_nothing_is_kept(
    app: App, store: Store, customers: CustomerService, staff: ActorFactory, given: dict[str, object], words: str
) -> None:
    with pytest.raises(Refusal, match=words):
        await customers.create(staff(store), replace(CustomerInput(first_name="Ann"), **given))
    assert await count(app, "customer", store) == 0


async def test_two_customers_cannot_share_email_account_number_or_member(
    app: App, store: Store, customers: CustomerService, staff: ActorFactory
) -> None:
    sam = staff(store)
    await customers.create(sam, CustomerInput(email="ann@example.org", account_number="A1", discord_id=7))
    for given, words in (
        (CustomerInput(email="ANN@example.org"), "email address ANN@example.org"),
        (CustomerInput(first_name="Bob", account_number="A1"), "account number A1"),
        (CustomerInput(first_name="Bob", discord_id=7), "member 7"),
    ):
        with pytest.raises(AlreadyTaken, match=words):
            await customers.create(sam, given)
    assert await count(app, "customer", store) == 1


async def test_of_several_who_enter_one_email_at_once_one_does(
    app: App, store: Store, customers: CustomerService, staff: ActorFactory
) -> None:
    sam, bob = staff(store), await customers.create(staff(store), CustomerInput(first_name="Bob"))
    done = await asyncio.gather(
        *(customers.create(sam, CustomerInput(email=email)) for email in ("ann@example.org", "ANN@example.org")),
        customers.change(sam, bob.id, CustomerChange(email="Ann@Example.org")),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["AlreadyTaken", "AlreadyTaken", "Customer"]
    rows = await app.database.fetch(
        "SELECT id FROM customer WHERE store = :store AND email_key = 'ann@example.org'", store=store.id
    )
    assert len(rows) == 1


async def test_staff_need_the_permission(
    app: App, store: Store, customers: CustomerService, staff: ActorFactory, member: ActorFactory
) -> None:
    for actor in (member(store), staff(store, "customer.read")):
        with pytest.raises(Forbidden, match=r"customer\.update"):
            await customers.create(actor, CustomerInput(first_name="Ann"))
    with pytest.raises(Forbidden, match=r"customer\.read"):
        await customers.find(member(store), "a")
    assert await count(app, "customer", store) == 0


async def test_invalid_names_its_field(store: Store, customers: CustomerService, staff: ActorFactory) -> None:
    with pytest.raises(Invalid) as caught:
        await customers.create(staff(store), CustomerInput(email="nobody"))
    assert [error.field for error in caught.value.errors] == ["email"]
