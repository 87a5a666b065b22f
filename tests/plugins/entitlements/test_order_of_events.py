"""What an order gives follows the order, in whatever sequence its events are heard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guildshop.plugins.entitlements.service import EntitlementService
from guildshop.plugins.orders.api import MoveRefused
from guildshop.plugins.orders.service import OrderDeletion
from guildshop.plugins.payments.service import PaymentService
from guildshop.tenancy import every_store
from guildshop.testing import Clock
from tests.plugins.orders.conftest import Bench, bench

__all__ = ["bench"]


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
