"""Another store's customers and addresses do not exist, whoever asks for them by ID."""

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, NotFound
from guildshop.plugins.customers.api import AddressInput, CustomerChange, CustomerFilter
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory

HOME = AddressInput("Bea", "1 Main St", "San Francisco", "US", "94111", "CA")


async def test_nothing_of_another_store_is_reached(
    app: App,
    store: Store,
    other_store: Store,
    customers: CustomerService,
    staff: ActorFactory,
    member: ActorFactory,
) -> None:
    bea_there = member(other_store)
    with scope(other_store.id):
        theirs = await customers.register(bea_there, "bea", "Bea")
        home = await customers.add_address(bea_there, theirs.id, HOME)
    sam, bea = staff(store), member(store)

    async def order() -> None:
        async with app.work(bea) as work:
            customers.require_orderable(work, theirs.id)

    for attempt in (
        customers.get(theirs.id),
        customers.of_member(bea),
        customers.wants_message(theirs.id, "refunds"),
        customers.set_dm_preference(bea, "refunds", False),
        customers.change(sam, theirs.id, CustomerChange(notes="x")),
        customers.block(sam, theirs.id),
        customers.deactivate(sam, theirs.id),
        customers.tag(sam, [theirs.id], add=["VIP"]),
        customers.address(home.id),
        customers.own_address(bea, home.id),
        customers.add_address(sam, theirs.id, HOME),
        customers.update_address(sam, home.id, HOME),
        customers.use_suggestion(sam, home.id),
        customers.set_default(sam, home.id),
        customers.set_billing(sam, home.id),
        customers.delete_address(sam, home.id),
    ):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(Forbidden, match="blocked"):
        await order()
    assert await customers.by_discord_id(int(bea_there.id)) is None
    assert await customers.get_many([theirs.id]) == {}
    assert await customers.addresses(theirs.id) == []
    assert await customers.find(sam, "bea") == []
    assert await customers.count(sam, CustomerFilter()) == 0
    assert [row async for row in customers.export_customers(sam)] == []
    with scope(other_store.id):
        assert await customers.get(theirs.id) == theirs
        assert await customers.addresses(theirs.id) == [home]
    mine = await customers.register(bea, "bea", "Bea")
    assert mine.id != theirs.id
