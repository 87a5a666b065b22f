"""What an order gives follows the order, in whatever sequence its events are heard."""

from __future__ import annotations

from datetime import timedelta

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
