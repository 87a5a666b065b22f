"""Off means closed to new business: what was begun still finishes, whichever plugin goes off in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from guildshop.errors import Refusal
from guildshop.plugins import BUILT_IN
from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.orders.api import FlowExpired, Order, OrderStatus
from guildshop.plugins.payments.service import PaymentService
from guildshop.testing import Clock

from .orders.conftest import Bench, bench

__all__ = ["bench"]

Finish = Callable[[Bench, Order, Clock], Awaitable[Any]]


async def _confirm(bench: Bench, order: Order, clock: Clock) -> None:
    await bench.app.get(PaymentService).confirm(bench.boss, order.id, "seen")


async def _cancel(bench: Bench, order: Order, clock: Clock) -> None:
    await bench.orders.cancel(bench.boss, order.id, "no longer made")


async def _reject(bench: Bench, order: Order, clock: Clock) -> None:
    await bench.app.get(PaymentService).reject(bench.boss, order.id, "no payment came")


async def _expire(bench: Bench, order: Order, clock: Clock) -> None:
    clock.advance(hours=49)


ENDS: list[tuple[Finish, OrderStatus]] = [
    (_confirm, OrderStatus.PAID),
    (_cancel, OrderStatus.CANCELLED),
    (_reject, OrderStatus.CANCELLED),
    (_expire, OrderStatus.CANCELLED),
]


@pytest.mark.parametrize("plugin", [name for name in BUILT_IN if name != "staff"])  # which cannot be switched off
async def test_an_order_that_was_placed_is_finished_with_a_plugin_off(bench: Bench, clock: Clock, plugin: str) -> None:
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED, quantity=20)
    begun = [await bench.order(bench.buyer(number), (mug, 2)) for number in range(len(ENDS))]
    going = await bench.summary(bench.buyer(9), (mug, 1))
    await bench.app.stores.switch(bench.boss, plugin, False, with_dependants=True)
    if plugin in {"customers", "catalog", "orders", "payments"}:
        with pytest.raises(Refusal) as refused:
            await bench.checkout.confirm(bench.buyer(9), (), going.draft.id)
        assert type(refused.value) is not FlowExpired
        assert await bench.stock(mug.id) == (12, 8)
    for order, (finish, _status) in zip(begun, ENDS, strict=True):
        await finish(bench, order, clock)
    await bench.app.dispatcher.drain()
    for order, (_finish, status) in zip(begun, ENDS, strict=True):
        assert (await bench.orders.get(order.id)).status is status
    await bench.check_stock()
    assert await bench.stock(mug.id) == (18, 0)
    waiting = await bench.app.database.fetch(
        "SELECT listener FROM delivery WHERE store = :store AND status IN ('PENDING', 'FAILED') AND due <= :now"
        " AND key <> 'timer'",
        store=bench.store.id,
        now=clock(),
    )
    with_bot = {row["listener"] for row in waiting}
    assert with_bot <= set(bench.app.listeners.names(discord=True)) - set(bench.app.listeners.names(discord=False))
