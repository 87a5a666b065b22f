"""Paying online, over the wire: the receipt's button, the staff's link, and what staff are told of the books."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from guildshop.testing import Shop, ShopFactory
from tests.plugins.payments.till import Doubles, doubles, sections
from tests.plugins.sale import Sale


@pytest.fixture
async def processors() -> AsyncIterator[Doubles]:
    async with doubles() as both:
        yield both


@pytest.fixture
async def shop(make_shop: ShopFactory, processors: Doubles, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("INVOICE_LINK_SIGNING_SECRET", "a secret for links in tests, long enough")
    settings = {"store": {"sections": sections(("stripe", "venmo"), processors)}}
    made = await make_shop(settings=settings, web=True)
    assert made.app.web is not None
    web = made.app.settings.web.model_copy(update={"public_url": made.app.web.url})
    made.app.settings = made.app.settings.model_copy(update={"web": web})
    processors.stripe.webhook = f"{made.app.web.url}/webhooks/stripe/{made.store.guild_id}"
    return made


async def test_an_order_is_paid_online(shop: Shop, processors: Doubles, monkeypatch: pytest.MonkeyPatch) -> None:
    sale, stripe = Sale(shop), processors.stripe
    await sale.product("MUG")
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Mug")).submit(quantity="1")
    reply = await (await reply.press("Continue")).select("Card or wallet (Stripe)")
    receipt = await reply.press("Confirm & submit")
    (link,) = [one["url"] for one in receipt.components if one.get("label") == "Pay $15.00"]
    (row,) = await sale.rows("orders")
    # The staff's link lasts longer than the order did, and the order with it.
    (choice,) = await shop.staff.autocomplete("invoice-link", focused="order", value=row["number"][:3])
    made = await shop.staff.slash("invoice-link", order=choice.value, hours=100)
    assert made.ephemeral
    assert "/invoice/" in made.text
    assert (await sale.get(row["id"])).reserved_until > row["reserved_until"]
    async with aiohttp.ClientSession() as http:
        async with http.get(link) as answer:
            page = await answer.text()
        token = page.partition('name="form" value="')[2].partition('"')[0]
        async with http.post(f"{link}/pay/stripe", data={"form": token}, allow_redirects=False) as answer:
            assert answer.status == 303
    (session,) = stripe.sessions.values()
    await stripe.pay(session)
    await shop.settle()
    assert (await sale.get(row["id"])).status == "COMPLETE"
    assert any("Receipt for order" in message.text for message in await shop.buyer.dms())
    assert "nothing is due" in (await shop.staff.slash("invoice-link", order=choice.value)).text
    # A dispute is told to the staff, money of an order that is gone as well.
    intent = stripe.intents[session["payment_intent"]]
    intent["latest_charge"]["disputed"] = True
    await stripe.tell("charge.dispute.created", {"id": "dp_1", "object": "dispute", "payment_intent": intent["id"]})
    await shop.settle()
    told = [embed for message in shop.sim.messages("orders") for embed in message["embeds"]]
    assert any("Disputed" in embed.get("description", "") for embed in told)
    # Without the secret there are no links: the staff are told which one, the receipt leads straight to Stripe.
    monkeypatch.delenv("INVOICE_LINK_SIGNING_SECRET")
    other = await sale.order(await sale.product("CUP"), method="stripe")
    refused = await shop.staff.slash("invoice-link", order=other.number)
    assert "INVOICE_LINK_SIGNING_SECRET" in refused.text
    shown = await shop.buyer.slash("order-status", order=other.number)
    assert any(str(one.get("url", "")).startswith(f"{stripe.url}/pay/") for one in shown.components)
