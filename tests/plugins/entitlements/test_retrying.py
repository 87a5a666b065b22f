"""What failed is tried again for whoever is to get it by now; what could not be taken back is shown and tried too."""

from __future__ import annotations

from uuid import UUID

import pytest

from guildshop.errors import Refusal
from guildshop.plugins.catalog.api import Product, ProductChange
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import CustomerChange, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.entitlements.service import EntitlementService, RefundedEntitlements
from guildshop.plugins.orders.api import Channel, MoveRefused, NewOrder, Order, OrderStatus, WantedItem
from guildshop.plugins.orders.service import StaffOrders
from guildshop.tenancy import scope
from guildshop.testing import Shop
from tests.plugins.sale import Sale


@pytest.fixture
def sale(shop: Shop) -> Sale:
    return Sale(shop)


def service(shop: Shop) -> EntitlementService:
    return shop.app.get(EntitlementService)


async def of_guest(shop: Shop, sale: Sale, product: Product) -> Order:
    """Return a paid order of a customer who is on no server."""
    with scope(shop.store.id):
        guest = await shop.app.get(CustomerService).create(shop.actor(), CustomerInput(display_name="Grace"))
        wanted = NewOrder(
            customer=guest.id,
            items=[WantedItem(product.sku, 1)],
            channel=Channel.WEB,
            payment_method="venmo",
            answers={"place": {"country": "US", "region": "CA", "postal_code": "94111"}},
        )
        order = await shop.app.get(StaffOrders).create(shop.actor(), wanted)
    return await sale.confirm(order)


async def link(shop: Shop, customer: UUID) -> None:
    with scope(shop.store.id):
        change = CustomerChange(discord_id=shop.buyer.id)
        await shop.app.get(CustomerService).change(shop.actor(), customer, change)


async def states(sale: Sale) -> list[tuple[str, str, int | None]]:
    return [(row["status"], row["problem"], row["discord_id"]) for row in await sale.rows("entitlement")]


async def test_a_guest_who_is_linked_to_a_member_gets_everything_by_one_retry(shop: Shop, sale: Sale) -> None:
    order = await of_guest(shop, sale, await sale.product(roles=("gold", "vip")))
    assert await states(sale) == [("FAILED", "not-on-discord", None)] * 2
    (first, _second) = await sale.rows("entitlement")
    with scope(shop.store.id), pytest.raises(Refusal, match="Grace is still not linked to a Discord member"):
        await service(shop).retry(shop.actor(), first["id"])
    assert await states(sale) == [("FAILED", "not-on-discord", None)] * 2
    await link(shop, order.customer)
    with scope(shop.store.id):
        await service(shop).retry(shop.actor(), first["id"])
    await shop.settle()
    assert set(shop.buyer.roles()) == {"Gold", "VIP"}
    assert await states(sale) == [("GRANTED", "", int(shop.buyer.id))] * 2
    assert (await sale.get(order.id)).status is OrderStatus.COMPLETE


async def test_the_timer_finds_a_guest_who_was_linked(shop: Shop, sale: Sale) -> None:
    order = await of_guest(shop, sale, await sale.product(roles=("gold",)))
    await link(shop, order.customer)
    await service(shop).reconcile(shop.store.id)
    await shop.settle()
    assert shop.buyer.roles() == ["Gold"]


async def test_retry_gives_the_role_chosen_instead_of_a_deleted_one(shop: Shop, sale: Sale) -> None:
    product = await sale.product(roles=("gold",))
    shop.sim.delete_role(shop.sim.state.guilds[shop.sim.guild_id("demo")], shop.sim.role_id("gold"))
    await shop.settle()
    await sale.paid(product)
    (row,) = await sale.rows("entitlement")
    assert row["problem"] == "role-gone"
    with scope(shop.store.id):
        change = ProductChange(granted_roles=(sale.role("vip"),))
        await shop.app.get(CatalogService).change_product(shop.actor(), product.id, change)
        await service(shop).retry(shop.actor(), row["id"])
    await shop.settle()
    assert shop.buyer.roles() == ["VIP"]


async def test_what_could_not_be_taken_back_is_shown_and_taken_by_retry(shop: Shop, sale: Sale) -> None:
    order = await sale.paid(await sale.product("MUG", ships=True, roles=("gold",)))
    await shop.sim.set_faults({"role_too_high": True})
    order = await sale.cancel(order)
    assert await states(sale) == [("REVOKED", "role-too-high", int(shop.buyer.id))]
    (notice,) = shop.sim.messages("bot-log")
    assert "could not be taken" in notice["embeds"][0]["description"]
    with scope(shop.store.id):
        (failed,) = await service(shop).failed()
        assert "Drag the bot's role above Gold" in failed.remedy
        with pytest.raises(MoveRefused, match="could not be taken back"):
            await shop.app.get(RefundedEntitlements).check_deletion(order)
    assert [found.severity for found in await service(shop).examine(shop.store.id)] == ["broken"]
    await shop.sim.set_faults({"role_too_high": False})
    await shop.settle()
    assert shop.buyer.roles() == ["Gold"]
    assert (await shop.staff.press(notice, "Retry")).ephemeral
    await shop.settle()
    assert shop.buyer.roles() == []
    assert await states(sale) == [("REVOKED", "", int(shop.buyer.id))]
    with scope(shop.store.id):
        assert await service(shop).failed() == []
        with pytest.raises(Refusal, match="Where it stands: "):
            await service(shop).retry(shop.actor(), failed.id)


async def test_the_timer_takes_back_what_is_mended(shop: Shop, sale: Sale) -> None:
    order = await sale.paid(await sale.product("MUG", ships=True, roles=("gold",)))
    await shop.sim.set_faults({"role_too_high": True})
    await sale.cancel(order)
    await shop.sim.set_faults({"role_too_high": False})
    await shop.settle()
    await service(shop).reconcile(shop.store.id)
    await shop.settle()
    assert shop.buyer.roles() == []


async def test_what_a_guest_never_got_ends_without_a_notice(shop: Shop, sale: Sale) -> None:
    order = await of_guest(shop, sale, await sale.product("MUG", roles=("gold",)))
    told = len(shop.sim.messages("bot-log"))
    await sale.cancel(order)
    assert [state for state, _problem, _who in await states(sale)] == ["REVOKED"]
    assert len(shop.sim.messages("bot-log")) == told
