"""Customers from and to CSV files."""

from collections.abc import Mapping

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden
from guildshop.hookspecs import ImportReport
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CustomerFilter, CustomerInput, Source
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, Clock

ANN = {
    "discord_id": "700000000000000001",
    "username": "ann",
    "first_name": "Ann",
    "last_name": "Lee",
    "email": "ann@example.org",
    "phone": "+14155552671",
    "tags": "VIP|Partner",
    "street": "1 Main St",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94111",
    "country": "US",
    "created_days_ago": "30",
}
BOB = {"email": "bob@example.org", "display_name": "Bob", "source": "manual"}


@pytest.fixture
def sam(store: Store, staff: ActorFactory) -> Actor:
    return staff(store)


def quiet(_done: int, _total: int, _bad: int = 0) -> None:
    pass


async def run(service: CustomerService, actor: Actor, *rows: Mapping[str, str], dry_run: bool = False) -> ImportReport:
    return await service.import_customers(actor, rows, dry_run, quiet)


async def everybody(customers: CustomerService, sam: Actor) -> list[str]:
    return sorted(customer.email for customer in (await customers.list_customers(sam)).items)


async def test_customers_are_created_then_changed(customers: CustomerService, sam: Actor, clock: Clock) -> None:
    assert await run(customers, sam, ANN, BOB) == ImportReport(2, 2)
    ann = await customers.by_discord_id(700000000000000001)
    assert ann is not None
    assert (ann.source, ann.tags, (clock.now - ann.created).days) == (Source.DISCORD, ("Partner", "VIP"), 30)
    (address,) = await customers.addresses(ann.id)
    assert (address.recipient, address.region, address.is_default) == ("Ann Lee", "CA", True)
    assert [found.name for found in await customers.find(sam, "BOB@")] == ["Bob"]
    changed = {**ANN, "last_name": "Lee-Smith", "phone": "", "street": "2 Main St"}
    assert await run(customers, sam, changed, BOB) == ImportReport(2, 1)
    after = await customers.get(ann.id)
    assert (after.last_name, after.phone, after.version) == ("Lee-Smith", "+14155552671", 2)
    assert [(one.street, one.is_default) for one in await customers.addresses(ann.id)] == [
        ("1 Main St", True),
        ("2 Main St", False),
    ]


async def test_what_is_exported_can_be_imported(customers: CustomerService, sam: Actor) -> None:
    await run(customers, sam, ANN, {**BOB, "blocked": "true", "notes": "Two\nlines"})
    rows = [row async for row in customers.export_customers(sam)]
    assert {row["email"] for row in rows} == {"ann@example.org", "bob@example.org"}
    assert await run(customers, sam, *rows) == ImportReport(2, 0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"email": "bob@"}, "is no email address"),
        ({"email": ""}, "neither a Discord ID nor an email"),
        ({"discord_id": "12x"}, "“12x” is no Discord ID"),
        ({"discord_id": "²"}, "is no Discord ID"),
        ({"phone": "123"}, "is no phone number"),
        ({"source": "FAX"}, "“FAX” is no source"),
        ({"active": "perhaps"}, "write true or false"),
        ({"created_days_ago": "-1"}, "is no number of days"),
        ({"created_days_ago": "nan"}, "is no number of days"),
        ({"country": "US", "street": "1 Main"}, "is missing"),
        ({"country": "Atlantis"}, "is no country"),
        ({"email": "ANN@example.org"}, "“ann@example.org” is in an earlier row already"),
        ({"tags": "|".join(f"t{n}" for n in range(30))}, "30 tags are too many"),
        ({"first_name": "x" * 101}, "101 characters"),
    ],
)
async def test_one_bad_row_stops_all(customers: CustomerService, sam: Actor, wrong: dict[str, str], words: str) -> None:
    report = await run(customers, sam, ANN, {**BOB, **wrong})
    assert report.written == 0
    ((number, sentence),) = report.problems
    assert number == 2
    assert words in sentence
    assert await everybody(customers, sam) == []


async def test_a_row_that_names_two_customers_is_refused(customers: CustomerService, sam: Actor) -> None:
    await customers.create(sam, CustomerInput(discord_id=1, username="one"))
    await customers.create(sam, CustomerInput(email="two@example.org", account_number="A2"))
    report = await run(
        customers,
        sam,
        {"discord_id": "1", "email": "two@example.org"},
        {"discord_id": "3", "account_number": "A2"},
        {"discord_id": "4"},
    )
    assert [number for number, _sentence in report.problems] == [1, 2]
    assert all("belongs to another customer" in sentence for _number, sentence in report.problems)
    assert await everybody(customers, sam) == ["", "two@example.org"]


async def test_a_guest_becomes_a_member_by_import(customers: CustomerService, sam: Actor) -> None:
    guest = await customers.create(sam, CustomerInput(email="ann@example.org"))
    await run(customers, sam, ANN)
    ann = await customers.by_discord_id(700000000000000001)
    assert ann is not None
    assert ann.id == guest.id


async def test_importing_needs_the_permission(customers: CustomerService, store: Store, staff: ActorFactory) -> None:
    with pytest.raises(Forbidden, match=r"customer\.update"):
        await run(customers, staff(store, "customer.read"), ANN)
    assert await everybody(customers, staff(store)) == []


async def test_another_stores_customers_are_not_touched(
    app: App, store: Store, other_store: Store, customers: CustomerService, sam: Actor, staff: ActorFactory
) -> None:
    await run(customers, sam, ANN)
    with scope(other_store.id):
        assert await run(customers, staff(other_store), ANN) == ImportReport(1, 1)
        assert len((await customers.list_customers(staff(other_store))).items) == 1
    assert len((await customers.list_customers(sam)).items) == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_file_of_many_rows(app: App, customers: CustomerService, sam: Actor) -> None:
    many = 5_000
    rows = [{"email": f"customer{n}@example.org", "first_name": f"Customer {n}"} for n in range(many)]
    assert await run(customers, sam, *rows) == ImportReport(many, many)
    assert await customers.count(sam) == 1001
    assert [found.first_name for found in await customers.find(sam, f"customer{many - 1}@")] == [f"Customer {many - 1}"]
    again = await run(customers, sam, *rows[:-1], {**rows[-1], "email": "x"})
    assert [number for number, _sentence in again.problems] == [many]
    assert await customers.count(sam, CustomerFilter(text="customer 4242")) > 0
