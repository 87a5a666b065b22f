"""From the order to the paid order, over the wire: Discord, the hosted page, the webhook."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from guildshop.plugins.catalog.api import ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.orders.service import OrderService
from guildshop.tenancy import scope
from guildshop.testing import Shop
from provider import Provider


async def placed(shop: Shop) -> Any:
    """Order a mug for 15 dollars and choose PayLater; return the receipt."""
    with scope(shop.store.id):
        await shop.app.get(CatalogService).create_product(
            shop.actor(), ProductInput(sku="MUG", name="Mug", price=1500, tracked=True, quantity=5)
        )
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Mug")).submit(quantity="1")
    reply = await (await reply.press("Continue")).select("PayLater")
    return await reply.press("Confirm & submit")


def link(reply: Any) -> str:
    """Return where the Pay button leads."""
    (found,) = [one["url"] for one in reply.components if one.get("label") == "Pay $15.00" and one.get("url")]
    return str(found)


async def pay(address: str) -> None:
    """Open the hosted page and press its button, as the buyer's browser does."""
    async with aiohttp.ClientSession() as browser:
        async with browser.get(address) as page:
            assert "Pay 1500" in await page.text()
        async with browser.post(address, allow_redirects=False) as back:
            assert back.headers["Location"].startswith("https://discord.com/channels/")


async def rows(shop: Shop, table: str) -> list[dict[str, Any]]:
    return await shop.app.database.fetch(f"SELECT * FROM {table} WHERE store = :store", store=shop.store.id)


async def later(shop: Shop, **parts: float) -> None:
    """Let that much time pass, and what is due then happen."""
    now = shop.app.now() + timedelta(**parts)
    shop.app.clock = lambda: now
    await shop.settle()


async def state(shop: Shop) -> tuple[str, list[str], list[str]]:
    """Return the order's status, the states of its payments, and of its sessions."""
    (order,) = await rows(shop, "orders")
    return (
        order["status"],
        sorted(row["state"] for row in await rows(shop, "payment")),
        sorted(row["state"] for row in await rows(shop, "paylater_session")),
    )


async def test_a_buyer_pays_on_the_hosted_page_and_the_order_is_paid(shop: Shop, provider: Provider) -> None:
    receipt = await placed(shop)
    assert "How to pay: PayLater" in receipt.text
    await pay(link(receipt))
    assert provider.answers == [200]
    await shop.settle()
    assert await state(shop) == ("COMPLETE", ["CONFIRMED"], ["PAID"])
    (payment,) = await rows(shop, "payment")
    assert (payment["amount"], payment["currency"], payment["method"]) == (1500, "USD", "paylater")
    assert any("Receipt for order" in message.text for message in await shop.buyer.dms())
    (order,) = await rows(shop, "orders")
    reply = await shop.buyer.slash("order-status", order=order["number"])
    assert "Pay $15.00" not in reply.buttons


async def test_looking_again_leads_to_the_same_session(shop: Shop, provider: Provider) -> None:
    receipt = await placed(shop)
    (order,) = await rows(shop, "orders")
    again = await shop.buyer.slash("order-status", order=order["number"])
    assert link(again) == link(receipt)
    assert len(provider.sessions) == 1


async def test_while_paylater_is_down_the_order_stands_and_the_button_asks_again(
    shop: Shop, provider: Provider
) -> None:
    provider.faults = [503]
    receipt = await placed(shop)
    assert await state(shop) == ("PENDING_PAYMENT", [], ["NEW"])
    provider.faults = [500]
    refused = await receipt.press("Pay $15.00")
    assert "does not answer" in refused.text
    page = await receipt.press("Pay $15.00")
    await pay(link(page))
    await shop.settle()
    assert await state(shop) == ("COMPLETE", ["CONFIRMED"], ["PAID"])
    assert len(provider.sessions) == 1


async def test_the_direct_message_leads_to_the_same_session(shop: Shop, provider: Provider) -> None:
    receipt = await placed(shop)
    await shop.settle()
    (message,) = await shop.buyer.dms()
    page = await shop.buyer.press(message, "Pay $15.00")
    assert link(page) == link(receipt)
    assert len(provider.sessions) == 1


async def test_somebody_elses_order_is_not_paid_by_its_button(shop: Shop, provider: Provider) -> None:
    provider.faults = [503]
    receipt = await placed(shop)
    button = next(one["custom_id"] for one in receipt.components if one.get("label") == "Pay $15.00")
    refused = await shop.staff.press_raw(receipt.id, button)
    assert "somebody else's" in refused.text
    assert provider.sessions == {}


async def test_the_same_event_again_changes_nothing(shop: Shop, provider: Provider) -> None:
    receipt = await placed(shop)
    provider.silent = True
    await pay(link(receipt))
    (session,) = provider.sessions.values()
    await provider.tell("session.paid", session, "evt_same", times=3)
    await provider.tell("session.paid", session, "evt_other")
    await shop.settle()
    assert provider.answers == [200] * 4
    assert len(await rows(shop, "paylater_webhook")) == 2
    assert await state(shop) == ("COMPLETE", ["CONFIRMED"], ["PAID"])
    assert sum(row["name"] == "OrderPaid" for row in await rows(shop, "event")) == 1


async def test_a_forged_old_or_early_webhook_is_refused_and_nothing_is_stored(shop: Shop, provider: Provider) -> None:
    await placed(shop)
    (session,) = provider.sessions.values()
    session["status"] = "paid"
    body = json.dumps({"id": "evt_1", "type": "session.paid", "data": session}).encode()
    assert "does not fit" in await provider.send(body, secret="guessed")
    assert "seconds away" in await provider.send(body, at=time.time() - 400)
    assert "seconds away" in await provider.send(body, at=time.time() + 400)
    assert "must read" in await provider.send(body, header="nothing")
    await provider.send(b"{}")
    await provider.send(b"[]")
    assert provider.answers == [400, 400, 400, 400, 422, 422]
    await shop.settle()
    assert await rows(shop, "paylater_webhook") == []
    assert await state(shop) == ("PENDING_PAYMENT", [], ["OPEN"])


async def test_what_paylater_denies_when_asked_is_not_paid(shop: Shop, provider: Provider) -> None:
    await placed(shop)
    (session,) = provider.sessions.values()
    await provider.tell("session.paid", {**session, "status": "paid"})
    await shop.settle()
    assert await state(shop) == ("PENDING_PAYMENT", [], ["OPEN"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount": 1499}, ("PENDING_PAYMENT", ["UNDERPAID"])),
        ({"currency": "EUR"}, ("PENDING_PAYMENT", ["UNDERPAID"])),
        ({"amount": 1501}, ("COMPLETE", ["OVERPAID"])),
    ],
)
async def test_another_amount_or_currency_is_kept_and_told(
    shop: Shop, provider: Provider, change: dict[str, Any], expected: tuple[str, list[str]]
) -> None:
    receipt = await placed(shop)
    (session,) = provider.sessions.values()
    provider.silent = True
    await pay(link(receipt))
    session.update(change)
    await provider.tell("session.paid", session)
    await shop.settle()
    assert (await state(shop))[:2] == expected
    assert sum(row["name"] == "PaymentUnexpected" for row in await rows(shop, "event")) == 1


async def test_a_late_payment_leaves_the_order_cancelled(shop: Shop, provider: Provider) -> None:
    receipt = await placed(shop)
    (order,) = await rows(shop, "orders")
    await shop.buyer.slash("cancel-order", order=order["number"])
    await pay(link(receipt))
    await shop.settle()
    assert await state(shop) == ("CANCELLED", ["LATE"], ["PAID"])


async def test_a_late_event_moves_nothing_back(shop: Shop, provider: Provider) -> None:
    receipt = await placed(shop)
    await pay(link(receipt))
    await shop.settle()
    (session,) = provider.sessions.values()
    await provider.tell("session.expired", {**session, "status": "expired"})
    session["status"] = "expired"
    await provider.tell("session.expired", session)
    await shop.settle()
    assert await state(shop) == ("COMPLETE", ["CONFIRMED"], ["PAID"])


async def test_a_lost_webhook_is_made_up_for_by_asking(shop: Shop, provider: Provider) -> None:
    provider.silent = True
    await pay(link(await placed(shop)))
    await shop.app.dispatcher.ensure_timers()
    await later(shop, minutes=11)
    assert await state(shop) == ("COMPLETE", ["CONFIRMED"], ["PAID"])


async def test_a_fault_of_paylater_is_tried_again(shop: Shop, provider: Provider) -> None:
    receipt = await placed(shop)
    provider.faults = [500, 503]
    await pay(link(receipt))
    await shop.settle()
    assert await state(shop) == ("PENDING_PAYMENT", [], ["OPEN"])
    await later(shop, minutes=2)
    await later(shop, minutes=6)
    assert await state(shop) == ("COMPLETE", ["CONFIRMED"], ["PAID"])


async def test_one_stores_webhook_says_nothing_of_another_store(shop: Shop, provider: Provider) -> None:
    receipt = await placed(shop)
    provider.silent = True
    await pay(link(receipt))
    (session,) = provider.sessions.values()
    other = await shop.app.stores.create(100000000000000009, "Other store")
    provider.webhook = provider.webhook.removesuffix(f"/{shop.store.id}") + f"/{other.id}"
    await provider.tell("session.paid", session)
    assert provider.answers == [503]
    provider.webhook = provider.webhook.removesuffix(f"/{other.id}") + "/999999"
    await provider.tell("session.paid", session)
    assert provider.answers == [503, 404]
    await shop.settle()
    assert await state(shop) == ("PENDING_PAYMENT", [], ["OPEN"])


async def test_staff_cannot_confirm_by_hand_and_an_unset_account_offers_nothing(shop: Shop) -> None:
    await placed(shop)
    (order,) = await rows(shop, "orders")
    refused = await shop.staff.slash("payment-confirm", order=order["number"])
    assert "PayLater, which confirms it by itself" in refused.text
    assert (await state(shop))[0] == "PENDING_PAYMENT"
    other = await shop.app.stores.create(100000000000000009, "Other store")
    offered = shop.app.get(OrderService).methods.enabled(other.id)
    assert "paylater" not in {method.code for method in offered}
