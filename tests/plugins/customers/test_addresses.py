"""Addresses: exactly one default whenever there is one at all."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, Invalid, Refusal, Stale
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Address, AddressInput, AddressUnknown, Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.testing import ActorFactory

HOME = AddressInput("Bea", "1 Main St", "San Francisco", "US", "94111", "CA")
WORK = AddressInput("Bea at work", "Hauptstr. 5", "Berlin", "DE", "10115")


@pytest.fixture
def bea(store: Store, member: ActorFactory) -> Actor:
    return member(store)


@pytest.fixture
async def customer(customers: CustomerService, bea: Actor) -> Customer:
    return await customers.register(bea, "bea", "Bea")


async def defaults(customers: CustomerService, customer: UUID) -> list[str]:
    return [address.recipient for address in await customers.addresses(customer) if address.is_default]


async def test_the_first_is_the_default_and_another_takes_its_place(
    customers: CustomerService, bea: Actor, customer: Customer
) -> None:
    home = await customers.add_address(bea, customer.id, HOME)
    work = await customers.add_address(bea, customer.id, WORK)
    third = await customers.add_address(bea, customer.id, replace(WORK, recipient="Third"))
    assert await defaults(customers, customer.id) == ["Bea"]
    await customers.set_default(bea, work.id)
    assert await defaults(customers, customer.id) == ["Bea at work"]
    await customers.delete_address(bea, work.id)
    assert await defaults(customers, customer.id) == ["Bea"]
    await customers.delete_address(bea, third.id)
    assert await defaults(customers, customer.id) == ["Bea"]
    await customers.delete_address(bea, home.id)
    assert await customers.addresses(customer.id) == []
    await customers.add_address(bea, customer.id, WORK)
    assert await defaults(customers, customer.id) == ["Bea at work"]


async def test_one_billing_address(customers: CustomerService, bea: Actor, customer: Customer) -> None:
    home = await customers.add_address(bea, customer.id, HOME)
    work = await customers.add_address(bea, customer.id, WORK)
    for chosen in (home, work):
        await customers.set_billing(bea, chosen.id)
        billing = [address.id for address in await customers.addresses(customer.id) if address.is_billing]
        assert billing == [chosen.id]


async def test_adding_and_deleting_at_once_leaves_one_default(
    customers: CustomerService, bea: Actor, customer: Customer
) -> None:
    made = await asyncio.gather(
        *(customers.add_address(bea, customer.id, replace(WORK, recipient=f"Bea {n}")) for n in range(8))
    )
    assert len(await defaults(customers, customer.id)) == 1

    async def delete(address: Address) -> None:
        await customers.delete_address(bea, address.id)

    await asyncio.gather(*map(delete, made[:7]), *(customers.set_default(bea, made[7].id) for _ in range(2)))
    assert await defaults(customers, customer.id) == ["Bea 7"]


async def test_choosing_several_defaults_at_once_leaves_one(
    customers: CustomerService, bea: Actor, customer: Customer
) -> None:
    made = [await customers.add_address(bea, customer.id, replace(WORK, recipient=f"Bea {n}")) for n in range(6)]
    for _round in range(4):
        await asyncio.gather(*(customers.set_default(bea, address.id) for address in made))
        assert len(await defaults(customers, customer.id)) == 1


async def test_a_suggestion_is_taken_over_when_wanted(
    customers: CustomerService, bea: Actor, customer: Customer
) -> None:
    saved = await customers.add_address(bea, customer.id, replace(HOME, region="California"))
    assert saved.region == "California"
    assert (await customers.use_suggestion(bea, saved.id)).region == "CA"


async def test_changes_count_versions_and_refuse_stale_ones(
    customers: CustomerService, bea: Actor, customer: Customer
) -> None:
    home = await customers.add_address(bea, customer.id, HOME)
    changed = await customers.update_address(bea, home.id, replace(HOME, street="2 Main St"), version=1)
    assert (changed.street, changed.version) == ("2 Main St", 2)
    with pytest.raises(Stale, match="in the meantime"):
        await customers.update_address(bea, home.id, HOME, version=1)
    with pytest.raises(Invalid, match="not used in CA"):
        await customers.update_address(bea, home.id, replace(HOME, postal_code="10001"))
    assert await customers.address(home.id) == changed


async def test_more_than_25_are_refused(customers: CustomerService, bea: Actor, customer: Customer) -> None:
    for number in range(25):
        await customers.add_address(bea, customer.id, replace(WORK, recipient=f"Bea {number}"))
    with pytest.raises(Refusal, match="25 addresses are saved already"):
        await customers.add_address(bea, customer.id, WORK)
    assert len(await customers.addresses(customer.id)) == 25


async def test_nobody_else_touches_them_but_staff(
    app: App,
    store: Store,
    customers: CustomerService,
    bea: Actor,
    customer: Customer,
    member: ActorFactory,
    staff: ActorFactory,
) -> None:
    home = await customers.add_address(bea, customer.id, HOME)
    eve = member(store, id="300000000000000009")
    await customers.register(eve, "eve", "Eve")
    for attempt in (
        customers.add_address(eve, customer.id, WORK),
        customers.update_address(eve, home.id, WORK),
        customers.set_default(eve, home.id),
        customers.set_billing(eve, home.id),
        customers.delete_address(eve, home.id),
    ):
        with pytest.raises(Forbidden, match="somebody else's"):
            await attempt
    with pytest.raises(AddressUnknown):
        await customers.own_address(eve, home.id)
    with pytest.raises(Forbidden, match=r"customer\.update"):
        await customers.delete_address(staff(store, "customer.read"), home.id)
    assert await customers.addresses(customer.id) == [home]
    assert (await customers.update_address(staff(store), home.id, WORK)).recipient == "Bea at work"
