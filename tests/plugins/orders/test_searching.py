"""What the search in the header finds of orders, customers and products."""

from __future__ import annotations

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from tests.plugins.orders.conftest import Bench


async def found(app: App, actor: Actor, text: str, limit: int = 5) -> dict[str, list[str]]:
    """Return the titles that each kind finds."""
    kinds = [kind for _plugin, some in app.hooks("register_search") for kind in some]
    return {kind.title: [hit.title for hit in await kind.find(actor, text, limit)] for kind in kinds}


async def test_orders_are_found_by_number_and_customer(bench: Bench) -> None:
    mug = await bench.product("MUG", name="Blue mug")
    first = await bench.order(bench.buyer(1), (mug, 1))
    second = await bench.order(bench.buyer(2), (mug, 1))
    again = await bench.order(bench.buyer(1), (mug, 2))
    boss = bench.boss
    for typed in (first.number, f"#{first.number.lower()}", f" {first.number[:6]} "):
        assert (await found(bench.app, boss, typed))["Orders"] == [first.number], typed
    assert (await found(bench.app, boss, "buyer1"))["Orders"] == [again.number, first.number]
    assert (await found(bench.app, boss, "buyer", 2))["Orders"] == [again.number, second.number]
    assert (await found(bench.app, boss, "blue MUG"))["Products"] == ["Blue mug"]
    assert (await found(bench.app, boss, "buyer2"))["Customers"] == ["Buyer2"]
    assert not any((await found(bench.app, boss, "##")).values())


async def test_nothing_is_found_of_another_store_or_without_the_permission(
    bench: Bench, other_store: Store, staff: ActorFactory
) -> None:
    order = await bench.order(bench.buyer(1), (await bench.product(), 1))
    with scope(other_store.id):
        theirs = CustomerInput(display_name="Buyer1 of others")
        await bench.app.get(CustomerService).create(staff(other_store), theirs)
        assert (await found(bench.app, staff(other_store), "buyer1"))["Customers"] == ["Buyer1 of others"]
        assert (await found(bench.app, staff(other_store), order.number))["Orders"] == []
    assert (await found(bench.app, bench.boss, "buyer1"))["Customers"] == ["Buyer1"]
    nobody = Actor(bench.boss.kind, "1", "Nobody", bench.store.id)
    for _plugin, kinds in bench.app.hooks("register_search"):
        for kind in kinds:
            with pytest.raises(Forbidden):
                await kind.find(nobody, "buyer1", 5)
