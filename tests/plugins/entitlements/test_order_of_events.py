"""What an order gives follows the order, in whatever sequence its events are heard."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from guildshop.config.secret import Secret
from guildshop.plugins.entitlements.api import GoodsDue
from guildshop.plugins.entitlements.service import EntitlementService, GoodsService
from guildshop.plugins.orders.api import MoveRefused, OrderRefund, RefundedItem, RefundMode
from guildshop.plugins.orders.service import OrderDeletion
from guildshop.plugins.payments.service import PaymentService
from guildshop.tenancy import every_store
from guildshop.testing import Clock
from guildshop.web.testing import Visitor
from tests.plugins.orders.conftest import Bench, bench

__all__ = ["bench"]


def with_secret(bench: Bench) -> None:
    """Let keys be sealed."""
    security = bench.app.settings.security.model_copy(
        update={"secret_key": Secret("a secret key for tests, long enough")}
    )
    bench.app.settings = bench.app.settings.model_copy(update={"security": security})


async def test_a_cancelled_order_gives_nothing_when_its_payment_is_heard_of_late(bench: Bench, clock: Clock) -> None:
    key = await bench.product("KEY", granted_roles=(4242,))
    order = await bench.order(bench.buyer(), (key, 1))
    await bench.app.get(PaymentService).confirm(bench.boss, order.id, "seen")
    await bench.orders.cancel(bench.boss, order.id, "A mistake")
    # As after a failed attempt: the cancellation is heard first.
    with every_store():
        await bench.app.database.execute(
            "UPDATE delivery SET next_attempt = :later WHERE listener = 'entitlements.order_paid'",
            later=clock.now + timedelta(minutes=1),
        )
    await bench.app.dispatcher.drain()
    clock.advance(minutes=2)
    await bench.app.dispatcher.drain()
    paid = [row["status"] for row in await bench.rows("delivery") if row["listener"] == "entitlements.order_paid"]
    assert paid == ["DONE"]
    assert await bench.rows("entitlement") == []


@pytest.mark.parametrize("late", ["", "entitlements.order_paid", "entitlements.order_refunded"])
async def test_one_piece_that_went_back_leaves_the_keys_of_the_others(bench: Bench, clock: Clock, late: str) -> None:
    with_secret(bench)
    game = await bench.product("GAME", granted_roles=(4242,))
    await bench.app.get(GoodsService).add_keys(bench.boss, game.id, "AAAA-BBBB\nCCCC-DDDD\nEEEE-FFFF\nGGGG-HHHH")
    placed = await bench.order(bench.buyer(), (game, 3))
    await bench.app.get(PaymentService).confirm(bench.boss, placed.id, "seen")
    if not late:
        await bench.app.dispatcher.drain()
    order = await bench.orders.get(placed.id)
    piece = RefundedItem(order.lines[0].id, game.id, 1)
    async with bench.app.work(bench.boss) as work:
        bench.orders.apply_refund(work, order, OrderRefund(uuid4(), RefundMode.ITEMS, 1500, (piece,), "Unwanted"))
    with every_store():
        await bench.app.database.execute(
            "UPDATE delivery SET next_attempt = :later WHERE listener = :late",
            late=late,
            later=clock.now + timedelta(minutes=1),
        )
    await bench.app.dispatcher.drain()
    clock.advance(minutes=2)
    await bench.app.dispatcher.drain()
    live = [row["kind"] for row in await bench.rows("entitlement") if row["status"] != "REVOKED"]
    assert live == ["KEY", "KEY"]


async def test_an_order_stays_until_its_role_is_taken_back(bench: Bench) -> None:
    """Deleted before, its role would stay for ever: nobody would know any more that it is to end."""
    key = await bench.product("KEY", granted_roles=(4242,))
    order = await bench.order(bench.buyer(), (key, 1))
    await bench.app.get(PaymentService).confirm(bench.boss, order.id, "seen")
    await bench.app.dispatcher.drain()
    (check,) = (
        check for plugin, checks in bench.app.hooks("register_deletion_checks") if plugin == "entitlements"
        for check in checks
    )  # fmt: skip
    with pytest.raises(MoveRefused, match="Revoke digital goods"):
        await check(order)
    await bench.app.get(EntitlementService).revoke(bench.boss, order.id)
    with pytest.raises(MoveRefused, match="just being taken"):
        await check(order)
    with every_store():
        await bench.app.database.execute("UPDATE delivery SET status = 'DONE' WHERE listener = 'entitlements.apply'")
    assert await check(order) is None
    unpaid = await bench.order(bench.buyer(), (key, 1))
    await bench.app.get(OrderDeletion).delete(bench.boss, unpaid.id, unpaid.number)
    assert len(await bench.rows("orders")) == 1


async def test_the_last_key_goes_to_one_of_those_who_race_for_it(bench: Bench) -> None:
    with_secret(bench)
    game, goods = await bench.product("GAME"), bench.app.get(GoodsService)
    await goods.add_keys(bench.boss, game.id, "AAAA-BBBB")
    orders = [await bench.order(bench.buyer(number), (game, 1)) for number in range(1, 6)]
    for order in orders:
        await bench.app.get(PaymentService).confirm(bench.boss, order.id, "seen")
    await bench.app.dispatcher.drain()
    assert [row["good"] for row in await bench.rows("entitlement")] == [None] * 5
    await asyncio.gather(*(goods.claim(GoodsDue(order.id)) for order in orders))
    held = {row["order_id"]: row["good"] for row in await bench.rows("entitlement") if row["good"] is not None}
    (key,) = await bench.rows("licence_key")
    assert held == {key["order_id"]: key["id"]}
    assert sorted(row["problem"] for row in await bench.rows("entitlement")) == ["", *["keys-out"] * 4]


async def test_keys_and_their_pieces_arrive_in_one_transaction(bench: Bench, clock: Clock) -> None:
    with_secret(bench)
    game = await bench.product("GAME", quantity=0)
    moment = clock.now

    def tick() -> datetime:
        nonlocal moment
        moment += timedelta(seconds=1)
        return moment

    bench.app.clock = tick
    await bench.app.get(GoodsService).add_keys(bench.boss, game.id, "AAAA-BBBB\nCCCC-DDDD", restock=True)
    assert await bench.stock(game.id) == (2, 0)
    (moved,) = [row["created"] for row in await bench.rows("stock_movement") if row["kind"] == "RESTOCK"]
    assert {row["created"] for row in await bench.rows("licence_key")} == {moved}


async def test_the_page_lists_what_failed_with_what_to_do_and_retry(bench: Bench, owner: Visitor) -> None:
    key = await bench.product("KEY", granted_roles=(4242,), name="Key <b>")
    order = await bench.order(bench.buyer(), (key, 1))
    await bench.app.get(PaymentService).confirm(bench.boss, order.id, "seen")
    await bench.app.dispatcher.drain()
    (row,) = await bench.rows("entitlement")
    for status, problem, shown in (("FAILED", "", "Failed"), ("REVOKED", "role-too-high", "Could not be taken back")):
        with every_store():
            await bench.app.database.execute(
                "UPDATE entitlement SET status = :status, problem = :problem, reason = 'It stands too high.',"
                " remedy = 'Drag it.', revoked_at = CASE WHEN :over THEN created END WHERE id = :id",
                status=status,
                over=status == "REVOKED",
                problem=problem,
                id=row["id"],
            )
        text = await (await owner.get("/admin/entitlement")).text()
        for expected in (shown, "Key &lt;b&gt;", f"/admin/order/{order.number}", "It stands too high. Drag it."):
            assert expected in text
        assert (await owner.post(f"/admin/entitlement/{row['id']}/retry")).status == 303
        assert "It stands too high" not in await (await owner.get("/admin/entitlement")).text()
    (after,) = await bench.rows("entitlement")
    assert (after["status"], after["problem"]) == ("REVOKED", "")
