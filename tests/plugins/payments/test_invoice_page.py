"""The invoice page: links by the API, every state with its HTTP status, payment without scripts and with them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from guildshop.plugins.payments.service import InvoiceLinks
from guildshop.web.testing import PASSWORD, serious_findings
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService
from tests.plugins.payments.till import Till, open_till

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Till]:
    async with open_till(database_url, methods=("stripe", "btcpay", "venmo")) as opened:
        yield opened


async def get(till: Till, url: str, **headers: str) -> tuple[int, str, Any]:
    async with till.http.get(url, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.text(), answer.headers


async def press(till: Till, url: str, code: str, page: str, **fields: str) -> tuple[int, str]:
    """Send the form of a page; return the status, and where it leads or what it says."""
    token = re.search(r'name="form" value="([^"]+)"', page)
    data = {"form": token[1] if token else "", **fields}
    async with till.http.post(f"{url}/pay/{code}", data=data, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


async def make(till: Till, token: str, reference: object, body: Any = None) -> tuple[int, dict[str, Any]]:
    assert till.app.web is not None
    url = f"{till.app.web.url}/api/orders/{reference}/invoice-link"
    async with till.http.post(url, json=body, headers={"Authorization": f"Bearer {token}"}) as answer:
        return answer.status, await answer.json()


async def test_links_by_the_api(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    store = till.bench.store.id
    await UserService(till.app).create_user("Robot", PASSWORD, store=store, role="Owner")
    await UserService(till.app).create_user("Reader", PASSWORD, store=store, role="Fulfilment")
    token = await TokenService(till.app).create("Robot", store, "tests")
    order = await till.order("venmo")
    before = order.reserved_until
    assert before is not None
    for wrong in (0, -1, 10**12, "abc", 59, 7776001, True, 60.5, {}):
        status, body = await make(till, token, order.number, {"expiresInSeconds": wrong})
        assert (status, body["status"]) == (422, 422), wrong
    assert (await till.bench.orders.get(order.id)).reserved_until == before
    status, made = await make(till, token, order.number, {"expiresInSeconds": 60})
    assert status == 201
    assert datetime.fromisoformat(made["expiresAt"]) - till.clock() <= timedelta(seconds=60)
    assert (await till.bench.orders.get(order.id)).reserved_until == before
    # A week by default: the order and what is reserved for it last as long.
    status, made = await make(till, token, order.id)
    expires = datetime.fromisoformat(made["expiresAt"])
    assert (status, (await till.bench.orders.get(order.id)).reserved_until) == (201, expires)
    assert timedelta(days=6, hours=23) < expires - till.clock() <= timedelta(days=7)
    await till.later(hours=49)
    assert (await till.bench.orders.get(order.id)).status == "PENDING_PAYMENT"
    reader = await TokenService(till.app).create("Reader", store, "tests")
    assert (await make(till, reader, order.number))[0] == 403
    assert (await make(till, token, "NOSUCH"))[0] == 404
    await till.app.stores.change(till.bench.boss, "payments", {"methods": ["venmo"]})
    status, body = await make(till, token, order.number)
    assert (status, "no payment processor" in body["detail"]) == (409, True)
    await till.app.stores.change(till.bench.boss, "payments", {"methods": ["venmo", "stripe"]})
    monkeypatch.delenv("INVOICE_LINK_SIGNING_SECRET")
    status, body = await make(till, token, order.number)
    assert (status, "INVOICE_LINK_SIGNING_SECRET" in body["detail"]) == (503, True)
    assert (await get(till, made["url"]))[0] == 503
    # While rotating, both are taken and the first signs; afterwards the old one is not.
    monkeypatch.setenv(
        "INVOICE_LINK_SIGNING_SECRET", "a new secret for links, a secret for links in tests, long enough"
    )
    assert till.app.get(InvoiceLinks).secrets()[0] == "a new secret for links"
    monkeypatch.setenv("INVOICE_LINK_SIGNING_SECRET", "a new secret for links")
    assert (await get(till, made["url"]))[0] == 404
    await till.bench.orders.cancel(till.bench.boss, order.id)
    assert (await make(till, token, order.number))[0] == 409


async def test_the_page_says_how_things_stand(till: Till) -> None:
    order = await till.order("stripe", name="Tea <b>& cake</b>")
    url = till.link(order)
    status, page, headers = await get(till, url)
    assert status == 200
    assert "Tea &lt;b&gt;&amp; cake&lt;/b&gt;" in page
    assert "Pay $15.00 · Card or wallet (Stripe)" in page
    assert "Venmo" not in page
    assert "buyer1" not in page
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in headers["X-Robots-Tag"]
    assert "Set-Cookie" not in headers
    # From a browser only the page's own form is taken.
    for data, origin in (({"form": "1-" + "0" * 64}, None), ({}, "https://elsewhere.example"), ({}, "null")):
        sent = {} if origin is None else {"Origin": origin}
        async with till.http.post(f"{url}/pay/stripe", data=data, headers=sent) as answer:
            assert answer.status == 403
    headers = {"Sec-Fetch-Site": "cross-site"}
    token = re.search(r'name="form" value="([^"]+)"', page)
    assert token is not None
    async with till.http.post(f"{url}/pay/stripe", data={"form": token[1]}, headers=headers) as answer:
        assert answer.status == 403
    assert (await press(till, url, "venmo", page))[0] == 404
    assert till.stripe.sessions == {}
    # Stripe is down: the page says so and stays usable.
    till.stripe.faults = [500]
    status, said = await press(till, url, "stripe", page)
    assert (status, "Stripe does not answer" in said, "Pay $15.00" in said) == (503, True, True)
    # A program that has the link needs no form.
    async with till.http.post(f"{url}/pay/stripe", allow_redirects=False) as answer:
        status, there = answer.status, answer.headers.get("Location", "")
    (session,) = [one for one in till.stripe.sessions.values() if one["status"] == "open"]
    assert (status, there) == (303, session["url"])
    assert session["success_url"] == f"{url}?returned=stripe"
    till.stripe.silent = True
    await till.stripe.pay(session)
    state = (await get(till, f"{url}/state"))[1]
    status, page, _headers = await get(till, f"{url}?returned=stripe")
    assert (status, "We are asking for your payment" in page, 'http-equiv="refresh"' in page) == (200, True, True)
    await till.settle()
    assert (await get(till, f"{url}/state"))[1] != state
    status, page, _headers = await get(till, url)
    assert (status, "Paid, thank you!" in page, "/pay/" in page) == (200, True, False)
    assert (await press(till, url, "stripe", page))[0] == 409
    till.stripe.silent = False
    await amounts_stand_in_lines_and_a_refund_is_said(till)
    await states_and_links_that_lead_nowhere(till)


async def amounts_stand_in_lines_and_a_refund_is_said(till: Till) -> None:
    order = await till.order("stripe")
    place = {"store": order.store, "order": order.id}
    for position, (phase, label, amount) in enumerate(
        (("discount", "SPRING <10%>", 200), ("tax", "Sales tax (OR)", 130), ("credit", "Store credit", 30)), 7
    ):
        await till.app.database.execute(
            "INSERT INTO order_adjustment (id, store, order_id, position, phase, plugin, code, label, amount, included)"
            " VALUES (:id, :store, :order, :position, :phase, 'discounts', :label, :label, :amount, FALSE)",
            **place, id=uuid4(), position=position, phase=phase, label=label, amount=amount,
        )  # fmt: skip
    await till.app.database.execute(
        "UPDATE orders SET discount = 200, tax = 130, credit = 30, total = 1430, due = 1400"
        " WHERE store = :store AND id = :order",
        **place,
    )
    _status, page, _headers = await get(till, till.link(order))
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for part in ("Subtotal $15.00", "SPRING &lt;10%&gt; −$2.00", "Sales tax (OR) $1.30", "Total $14.30", "Due $14.00"):
        assert part in shown, part
    assert "Pay $14.00 · Card or wallet (Stripe)" in shown
    url = till.link(order)
    await till.app.database.execute(
        "UPDATE orders SET status = 'REFUNDED', paid_at = updated, refunded = total, reserved_until = NULL"
        " WHERE store = :store AND id = :order",
        **place,
    )
    assert await _says(till, url, "This order was refunded") == 200
    assert await _says(till, url, "$14.30 went back") == 200


async def states_and_links_that_lead_nowhere(till: Till) -> None:
    order = await till.order("stripe")
    url = till.link(order)
    page = (await get(till, url))[1]
    await till.bench.orders.cancel(till.bench.boss, order.id)
    assert await _says(till, url, "This order is cancelled") == 200
    assert (await press(till, url, "stripe", page))[0] == 409
    other = await till.order("stripe")
    link = till.link(other)
    assert await _says(till, link[:-1] + ("0" if link[-1] != "0" else "1"), "No invoice here") == 404
    assert await _says(till, link.replace(other.id.hex, order.id.hex), "No invoice here") == 404
    assert await _says(till, link.replace("/invoice/1-", "/invoice/2-"), "No invoice here") == 404
    assert await _says(till, link.replace("/invoice/1-", "/invoice/Ä%00-"), "No invoice here") == 404
    await till.app.stores.change(till.bench.boss, "payments", {"methods": ["venmo"]})
    assert await _says(till, link, "takes no payments online") == 200
    await till.app.stores.change(till.bench.boss, "payments", {"methods": ["stripe"]})
    for table in ("order_history", "order_adjustment", "order_line", "orders"):
        column = "id" if table == "orders" else "order_id"
        await till.app.database.execute(
            f"DELETE FROM {table} WHERE store = :store AND {column} = :id", store=other.store, id=other.id
        )
    assert await _says(till, link, "No invoice here") == 404
    last = await till.order("stripe")
    link = till.link(last)
    await till.later(hours=48, seconds=1)
    assert await _says(till, link, "This link has expired") == 410
    assert (await get(till, f"{link}/state"))[0] == 410


async def _says(till: Till, url: str, sentence: str) -> int:
    status, page, _headers = await get(till, url)
    assert sentence in page
    return status


async def test_a_buyer_pays_in_a_browser(till: Till, chromium: Browser) -> None:
    shown, complaints = await _tab(chromium)
    order = await till.order("btcpay", name="A rather long name for a mug with a picture of a cat on it", price=123456)
    await shown.goto(till.link(order))
    assert await serious_findings(shown) == []
    await shown.get_by_role("button", name="Show a code to scan").click()
    await shown.wait_for_url("**#codes")
    assert await shown.locator(".qr svg").count() == 2
    assert await serious_findings(shown) == []
    (invoice,) = till.btcpay.invoices.values()
    # Paid from another device: the page shows it by itself.
    await till.btcpay.pay(invoice)
    await till.settle()
    await shown.get_by_role("heading", name="Paid, thank you!").wait_for()
    assert complaints == []
    # A phone at night, without scripts: Stripe's page, and back.
    phone, complaints = await _tab(chromium, width=390, dark=True, scripts=False)
    second = await till.order("stripe", name="A rather long name for a mug with a picture of a cat on it")
    await phone.goto(till.link(second))
    assert await phone.evaluate("document.documentElement.scrollWidth") <= 390
    await phone.get_by_role("button", name="Pay $15.00 · Card or wallet (Stripe)").click()
    await phone.wait_for_url("**/pay/cs_test_*")
    await phone.get_by_role("button", name="Pay 1500").click()
    await phone.wait_for_url("**?returned=stripe")
    await till.settle()
    await phone.reload()
    assert await phone.get_by_role("heading", name="Paid, thank you!").is_visible()
    assert await till.state(second.id) == ("PAID", ["CONFIRMED"], ["PAID"])
    # The double has no icon, and that is all there is to complain about.
    assert [text for text in complaints if "404" not in text] == []


async def _tab(
    chromium: Browser, *, width: int = 1280, dark: bool = False, scripts: bool = True
) -> tuple[Page, list[str]]:
    context = await chromium.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
        locale="en-US",
    )
    page, complaints = await context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return page, complaints
