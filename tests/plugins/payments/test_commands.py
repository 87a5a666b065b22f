"""I've paid, and the staff's confirmation, over the wire."""

from __future__ import annotations

import asyncio
from typing import Any

from guildshop.plugins.catalog.api import ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.tenancy import scope


async def placed(shop: Any) -> tuple[Any, str]:
    """Place an order as the buyer; return the receipt and the number."""
    with scope(shop.store.id):
        await shop.app.get(CatalogService).create_product(
            shop.actor(), ProductInput(sku="MUG", name="Mug", price=1500, tracked=True, quantity=5)
        )
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Mug")).submit(quantity="1")
    reply = await (await reply.press("Continue")).select("Venmo")
    receipt = await reply.press("Confirm & submit")
    return receipt, str((await rows(shop, "orders"))[0]["number"])


async def rows(shop: Any, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await shop.app.database.fetch(
        f"SELECT * FROM {table} WHERE store = :store ORDER BY id", store=shop.store.id
    )
    return found


async def test_a_buyer_reports_and_staff_confirm(shop) -> None:
    receipt, number = await placed(shop)
    said = await (await receipt.press("I've paid")).submit(reference="TX-42", note="from my brother's account")
    assert "will confirm your payment" in said.text
    (payment,) = await rows(shop, "payment")
    assert (payment["state"], payment["reference"], payment["amount"]) == ("REPORTED", "TX-42", 1500)
    (choice,) = await shop.staff.autocomplete("payment-confirm", focused="order", value=number[:3])
    assert choice.value == number
    done = await shop.staff.slash("payment-confirm", order=number)
    assert f"Order {number} over $15.00 is paid." in done.text
    assert done.ephemeral
    await shop.settle()
    (payment,) = await rows(shop, "payment")
    assert (payment["state"], payment["reference"]) == ("CONFIRMED", "TX-42")
    again = await shop.staff.slash("payment-confirm", order=number)
    assert "was confirmed already" in again.text
    late = await receipt.press("I've paid")
    assert "does not wait for a payment" in late.text
    assert len(await rows(shop, "payment")) == 1


async def test_two_staff_pressing_at_once_confirm_once(shop) -> None:
    _receipt, number = await placed(shop)
    first, second = await asyncio.gather(
        shop.staff.slash("payment-confirm", order=number), shop.owner.slash("payment-confirm", order=number)
    )
    texts = sorted([first.text, second.text])
    assert sum("is paid." in text for text in texts) == 1
    assert sum("was confirmed already" in text for text in texts) == 1
    assert len(await rows(shop, "payment")) == 1
    assert sum(row["name"] == "OrderPaid" for row in await rows(shop, "event")) == 1


async def test_members_cannot_confirm(shop) -> None:
    _receipt, number = await placed(shop)
    refused = await shop.buyer.slash("payment-confirm", order=number, stale=True)
    assert "payment.confirm" in refused.text
    assert (await rows(shop, "orders"))[0]["status"] == "PENDING_PAYMENT"
    assert await rows(shop, "payment") == []


async def test_payments_switched_off_after_the_order_was_placed_still_finish(shop) -> None:
    receipt, _number = await placed(shop)
    with scope(shop.store.id):
        await shop.app.stores.switch(shop.actor(), "payments", False, with_dependants=True)
    said = await (await receipt.press("I've paid")).submit(reference="TX-1")
    assert "will confirm your payment" in said.text
    assert (await rows(shop, "payment"))[0]["state"] == "REPORTED"
