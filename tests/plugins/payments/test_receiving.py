"""What a processor took is settled through one path: once, checked, forward only, and told to the staff."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from guildshop.events import Delivery
from guildshop.plugins.orders.api import Order
from guildshop.plugins.payments.api import Payment, PaymentState, Received
from guildshop.plugins.payments.service import PaymentService
from guildshop.tenancy import scope
from guildshop.testing import Shop
from tests.plugins.sale import Sale


@pytest.fixture
def sale(shop: Shop) -> Sale:
    return Sale(shop)


def delivery_of(row: dict[str, Any], shop: Shop) -> Delivery:
    return Delivery(shop.app, row["id"], row["event"], shop.store.id, row["listener"], 1, shop.app.now())


async def receive(
    sale: Sale, order: Order, *, amount: int | None = None, currency: str = "USD", ref: str = "p1"
) -> Payment:
    """Settle it in a delivery that the test does not need otherwise: that of the order's expiry."""
    expiry = [
        row for row in await sale.rows("delivery") if row["listener"] == "orders.expire" and row["key"] == str(order.id)
    ]
    received = Received(order.id, "robot", "p1", order.due if amount is None else amount, currency)
    with scope(sale.shop.store.id):
        return await sale.shop.app.get(PaymentService).receive(received, delivery_of(expiry[0], sale.shop))


async def states(sale: Sale, order: UUID) -> tuple[str, list[str]]:
    found = await sale.get(order)
    return found.status.value, [row["state"] for row in await sale.rows("payment")]


async def told(shop: Shop) -> list[str]:
    found = [message["embeds"][0] for message in shop.sim.messages("orders")]
    return [one["description"] for one in found if "does not fit" in one["title"]]


async def test_the_money_due_pays_the_order_once(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product())
    paid = await receive(sale, order)
    assert (paid.state, paid.amount, paid.reference) == (PaymentState.CONFIRMED, 1500, "p1")
    await shop.settle()
    assert await states(sale, order.id) == ("COMPLETE", ["CONFIRMED"])
    assert await told(shop) == []
    assert [row["name"] for row in await sale.rows("event")].count("OrderPaid") == 1


@pytest.mark.parametrize(
    ("amount", "currency", "state", "status", "sentence"),
    [
        (1499, "USD", "UNDERPAID", "PENDING_PAYMENT", "$14.99 came for order"),
        (1500, "EUR", "UNDERPAID", "PENDING_PAYMENT", "€15.00 came for order"),
        (1600, "USD", "OVERPAID", "COMPLETE", "give the rest back"),
    ],
)
async def test_another_amount_has_its_own_state_and_is_told(
    shop: Shop, sale: Sale, amount: int, currency: str, state: str, status: str, sentence: str
) -> None:
    order = await sale.order(await sale.product())
    await receive(sale, order, amount=amount, currency=currency)
    await shop.settle()
    assert await states(sale, order.id) == (status, [state])
    (said,) = await told(shop)
    assert sentence in said


async def test_what_comes_late_moves_nothing(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product(tracked=True, quantity=1))
    await sale.cancel(order)
    stock = await sale.rows("product")
    late = await receive(sale, order)
    assert late.state is PaymentState.LATE
    await shop.settle()
    assert (await states(sale, order.id))[0] == "CANCELLED"
    assert await sale.rows("product") == stock
    (said,) = await told(shop)
    assert "which is Cancelled already" in said


async def test_the_same_money_told_at_once_settles_once(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product())
    results = await asyncio.gather(*(receive(sale, order) for _ in range(3)), return_exceptions=True)
    assert any(isinstance(one, Payment) for one in results)
    await shop.settle()
    assert await states(sale, order.id) == ("COMPLETE", ["CONFIRMED"])
