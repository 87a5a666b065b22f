"""Roles and channels follow payment, cancellation, rejoining and what staff mend."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guildshop.errors import Forbidden, NotFound, Refusal
from guildshop.plugins.entitlements.service import EntitlementService
from guildshop.plugins.orders.api import OrderStatus
from guildshop.simulator.faults import Failure
from guildshop.tenancy import scope
from guildshop.testing import Shop
from tests.plugins.sale import Sale


@pytest.fixture
def sale(shop: Shop) -> Sale:
    return Sale(shop)


def service(shop: Shop) -> EntitlementService:
    return shop.app.get(EntitlementService)


async def states(sale: Sale) -> list[tuple[str, str]]:
    return [(row["status"], row["problem"]) for row in await sale.rows("entitlement")]


async def test_a_paid_order_gives_its_roles_and_is_complete(shop: Shop, sale: Sale) -> None:
    gold = await sale.product(roles=("gold", "vip"))
    placed = await sale.order(gold)
    assert shop.buyer.roles() == []
    assert await states(sale) == []
    paid = await sale.confirm(placed)
    assert set(shop.buyer.roles()) == {"Gold", "VIP"}
    assert await states(sale) == [("GRANTED", ""), ("GRANTED", "")]
    assert paid.status is OrderStatus.COMPLETE


async def test_what_gives_nothing_and_ships_nothing_is_complete_when_paid(sale: Sale) -> None:
    assert (await sale.paid(await sale.product())).status is OrderStatus.COMPLETE


async def test_what_ships_stays_paid_until_it_is_shipped(shop: Shop, sale: Sale) -> None:
    mug = await sale.product("MUG", ships=True, roles=("gold",))
    assert (await sale.paid(mug)).status is OrderStatus.PAID
    assert shop.buyer.roles() == ["Gold"]


async def test_a_channel_opens_and_closes(shop: Shop, sale: Sale) -> None:
    channel = shop.sim.channel_id("shop")
    key = await sale.product("KEY", granted_channels=(int(channel),))
    order = await sale.paid(key)
    overwrites = shop.sim.state.channel(channel)["permission_overwrites"]
    assert [o["id"] for o in overwrites if o["type"] == 1] == [shop.buyer.id]
    assert order.status is OrderStatus.COMPLETE
    with scope(shop.store.id):
        await service(shop).revoke(shop.actor(), order.id)
    await shop.settle()
    assert not [o for o in shop.sim.state.channel(channel)["permission_overwrites"] if o["type"] == 1]


async def test_a_channel_closed_by_hand_opens_again_by_the_timer(shop: Shop, sale: Sale) -> None:
    channel = int(shop.sim.channel_id("shop"))
    await sale.paid(await sale.product("KEY", granted_channels=(channel,)))
    puts = "PUT /channels/{channel_id}/permissions/{overwrite_id}"
    await service(shop).reconcile(shop.store.id)
    await shop.settle()
    assert shop.sim.counts[puts] == 1
    await shop.app.messenger.close_channel(shop.store, int(shop.buyer.id), channel)
    await shop.settle()
    await service(shop).reconcile(shop.store.id)
    await shop.settle()
    assert shop.sim.counts[puts] == 2
    overwrites = shop.sim.state.channel(str(channel))["permission_overwrites"]
    assert [o["id"] for o in overwrites if o["type"] == 1] == [shop.buyer.id]


async def test_a_channel_that_is_gone_is_not_tried_again_and_again(shop: Shop, sale: Sale) -> None:
    key = await sale.product("KEY", granted_channels=(4242,))
    await sale.paid(key)
    assert await states(sale) == [("FAILED", "channel-gone")]
    await service(shop).reconcile(shop.store.id)
    await shop.settle()
    assert len(shop.sim.messages("bot-log")) == 1
    assert shop.sim.counts["PUT /channels/{channel_id}/permissions/{overwrite_id}"] == 1


async def test_a_role_too_high_is_shown_to_staff_who_mend_it_and_retry(shop: Shop, sale: Sale) -> None:
    gold = await sale.product(roles=("gold",))
    await shop.sim.set_faults({"role_too_high": True})
    order = await sale.paid(gold)
    assert order.status is OrderStatus.PAID
    assert await states(sale) == [("FAILED", "role-too-high")]
    (notice,) = shop.sim.messages("bot-log")
    text = notice["embeds"][0]["description"]
    assert order.number in text
    assert "Drag the bot's role above Gold" in text
    findings = await service(shop).examine(shop.store.id)
    assert [finding.severity for finding in findings] == ["broken"]
    refused = await shop.sim.press_raw(shop.buyer, notice["id"], notice["components"][0]["components"][0]["custom_id"])
    assert "order.update" in refused.text
    await shop.sim.set_faults({"role_too_high": False})
    await shop.settle()
    assert (await shop.staff.press(notice, "Retry")).ephemeral
    await shop.settle()
    assert shop.buyer.roles() == ["Gold"]
    assert (await sale.get(order.id)).status is OrderStatus.COMPLETE
    assert await service(shop).examine(shop.store.id) == []


async def test_an_order_is_not_complete_while_a_part_of_it_failed(shop: Shop, sale: Sale) -> None:
    product = await sale.product(roles=("gold", "vip"))
    shop.sim.delete_role(shop.sim.state.guilds[shop.sim.guild_id("demo")], shop.sim.role_id("vip"))
    await shop.settle()
    order = await sale.paid(product)
    assert shop.buyer.roles() == ["Gold"]
    assert await states(sale) == [("GRANTED", ""), ("FAILED", "role-gone")]
    assert order.status is OrderStatus.PAID


async def test_the_timer_retries_by_itself_once_the_role_is_mended(shop: Shop, sale: Sale) -> None:
    gold = await sale.product(roles=("gold",))
    await shop.sim.set_faults({"role_too_high": True})
    await sale.paid(gold)
    await service(shop).reconcile(shop.store.id)
    await shop.settle()
    assert await states(sale) == [("FAILED", "role-too-high")]
    tries = shop.sim.counts["PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}"]
    assert tries == 1
    await shop.sim.set_faults({"role_too_high": False})
    await shop.settle()
    await service(shop).reconcile(shop.store.id)
    await shop.settle()
    assert shop.buyer.roles() == ["Gold"]


async def test_who_left_gets_it_when_they_come_back(shop: Shop, sale: Sale) -> None:
    gold = await sale.product(roles=("gold",))
    order = await sale.order(gold)
    shop.buyer.leave()
    await shop.settle()
    await sale.confirm(order)
    assert await states(sale) == [("FAILED", "member-gone")]
    assert shop.sim.messages("bot-log") == []
    shop.buyer.join()
    await shop.settle()
    assert shop.buyer.roles() == ["Gold"]
    assert await states(sale) == [("GRANTED", "")]
    assert (await sale.get(order.id)).status is OrderStatus.COMPLETE


async def test_who_rejoins_gets_everything_again(shop: Shop, sale: Sale) -> None:
    await sale.paid(await sale.product(roles=("gold", "vip")))
    shop.buyer.leave()
    await shop.settle()
    shop.buyer.join()
    await shop.settle()
    assert set(shop.buyer.roles()) == {"Gold", "VIP"}


async def test_a_role_taken_by_hand_comes_back_by_the_timer(shop: Shop, sale: Sale) -> None:
    await sale.paid(await sale.product(roles=("gold",)))
    shop.buyer.set_roles("vip")
    await service(shop).reconcile(shop.store.id)
    await shop.settle()
    assert set(shop.buyer.roles()) == {"Gold", "VIP"}


async def test_cancelling_takes_the_role_unless_another_order_gives_it(shop: Shop, sale: Sale) -> None:
    mug = await sale.product("MUG", ships=True, roles=("gold",))
    first, second = await sale.paid(mug), await sale.paid(mug)
    await sale.cancel(first)
    assert shop.buyer.roles() == ["Gold"]
    assert [status for status, _problem in await states(sale)] == ["REVOKED", "GRANTED"]
    await sale.cancel(second)
    assert shop.buyer.roles() == []


async def test_one_product_of_an_order_is_revoked(shop: Shop, sale: Sale) -> None:
    gold, vip = await sale.product(roles=("gold",)), await sale.product("VIP", roles=("vip",))
    order = await sale.paid(gold, vip)
    with scope(shop.store.id):
        with pytest.raises(Forbidden):
            await service(shop).revoke(shop.actor("order.read"), order.id)
        assert set(shop.buyer.roles()) == {"Gold", "VIP"}
        assert await service(shop).revoke(shop.actor(), order.id, [gold.id]) == 1
        assert await service(shop).revoke(shop.actor(), order.id, [gold.id]) == 0
    await shop.settle()
    assert shop.buyer.roles() == ["VIP"]


async def test_discord_being_away_is_retried_until_it_works(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product(roles=("gold",)))
    shop.sim.faults.fail_next = Failure(503, 1, "*/roles/*")
    await sale.confirm(order)
    assert await states(sale) == [("PENDING", "")]
    later = shop.app.now()
    from datetime import timedelta

    shop.app.clock = lambda: later + timedelta(minutes=2)
    await shop.settle()
    assert shop.buyer.roles() == ["Gold"]
    assert (await sale.get(order.id)).status is OrderStatus.COMPLETE


async def test_a_grant_survives_the_bot_being_away(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product(roles=("gold",)))
    await shop.app.stop_discord()
    with scope(shop.store.id):
        from guildshop.plugins.payments.service import PaymentService

        await shop.app.get(PaymentService).confirm(shop.actor(), order.id)
    await shop.app.dispatcher.drain()
    assert await states(sale) == [("PENDING", "")]
    await shop.restart()
    from datetime import timedelta

    later = shop.app.now() + timedelta(minutes=2)
    shop.app.clock = lambda: later
    await shop.settle()
    assert shop.buyer.roles() == ["Gold"]


async def test_only_what_failed_can_be_retried(shop: Shop, sale: Sale) -> None:
    await sale.paid(await sale.product(roles=("gold",)))
    (row,) = await sale.rows("entitlement")
    with scope(shop.store.id), pytest.raises(Refusal, match="Where it stands: Given"):
        await service(shop).retry(shop.actor(), row["id"])
    assert await states(sale) == [("GRANTED", "")]


async def test_another_stores_staff_reach_nothing(shop: Shop, sale: Sale) -> None:
    order = await sale.paid(await sale.product(roles=("gold",)))
    (row,) = await sale.rows("entitlement")
    other = await shop.app.stores.create(4242, "Elsewhere")
    stranger = replace(shop.actor(), store=other.id)
    with scope(other.id):
        with pytest.raises(NotFound):
            await service(shop).retry(stranger, row["id"])
        assert await service(shop).revoke(stranger, order.id) == 0
        assert await service(shop).of_order(order.id) == []
        assert await service(shop).of_member(int(shop.buyer.id)) == []
    assert await states(sale) == [("GRANTED", "")]
    assert shop.buyer.roles() == ["Gold"]
