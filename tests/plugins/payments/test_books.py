"""Our books and those of processors: compared, mended, or shown to staff, who settle what does not fit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from yarl import URL

from guildshop.errors import Forbidden, Refusal
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.payments.api import NothingToPay
from guildshop.plugins.payments.service import DifferenceService, PaymentService, Reconciliation
from guildshop.plugins.payments.service.personal import PersonalPayments
from guildshop.web.testing import PASSWORD, Visitor
from guildshop.web.users import UserService
from tests.plugins.payments.till import Till, open_till


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Till]:
    async with open_till(database_url, methods=("stripe", "btcpay", "venmo")) as opened:
        yield opened


def session(till: Till) -> dict[str, Any]:
    return list(till.stripe.sessions.values())[-1]


async def kinds(till: Till) -> list[str]:
    return [row["kind"] for row in await till.rows("payment_difference") if row["settled_at"] is None]


async def test_books_are_compared(till: Till) -> None:
    reconciliation, store = till.app.get(Reconciliation), till.bench.store.id
    till.stripe.silent = True
    # Money of an attempt that nobody asks about any more is entered.
    order = await till.order()
    await till.begin(order)
    await till.stripe.pay(session(till))
    await till.app.database.execute("UPDATE payment_attempt SET next_ask = NULL WHERE store = :store", store=store)
    await reconciliation.compare(store)
    await till.settle()
    assert (await till.state(order.id))[:2] == ("PAID", ["CONFIRMED"])
    # Money of no attempt is noted once, other shops' money is not looked at.
    guild = str(till.bench.store.guild_id)
    paid = {**session(till), "client_reference_id": None, "id": "cs_test_x", "payment_intent": "pi_x"}
    paid["metadata"] = {"guild": guild}  # it names its attempt, if any, in both places
    till.stripe.sessions["cs_test_x"] = paid
    till.stripe.sessions["cs_test_y"] = {**paid, "id": "cs_test_y", "metadata": {"guild": f"{guild}0"}}
    for _time in range(2):
        await reconciliation.compare(store)
    assert await kinds(till) == ["UNKNOWN"]
    del till.stripe.sessions["cs_test_x"], till.stripe.sessions["cs_test_y"]
    # The processor says less than we entered: nothing moves back, people look at it, and it goes by itself.
    session(till)["payment_status"] = "unpaid"
    await till.later(hours=24)
    assert await kinds(till) == ["UNKNOWN", "MISSING"]
    assert (await till.state(order.id))[0] == "PAID"
    findings = [finding.message for finding in await reconciliation.examine(store)]
    assert any("differ from ours in 2 places" in message for message in findings)
    session(till)["payment_status"] = "paid"
    await till.later(days=2)
    assert await kinds(till) == ["UNKNOWN"]
    differences = till.app.get(DifferenceService)
    (left,) = await differences.open()
    reader = Actor(ActorKind.MEMBER, "1", "Rea", store, frozenset({"order.read"}))
    with pytest.raises(Forbidden):
        await differences.settle(reader, left.id, "gone")
    await differences.settle(till.bench.boss, left.id, "It was a test of ours.")
    with pytest.raises(Refusal, match="settled it already"):
        await differences.settle(till.bench.boss, left.id, "Again")
    await reconciliation.compare(store)
    assert await kinds(till) == []
    # One that is down leaves the other alone, and is named.
    till.btcpay.faults = [500]
    with pytest.raises(Refusal, match=r"Bitcoin.*does not answer"):
        await reconciliation.compare(store)


async def test_staff_settle_what_does_not_fit(till: Till) -> None:
    payments, boss = till.app.get(PaymentService), till.bench.boss
    assert till.app.web is not None
    await UserService(till.app).create_user("Olga", PASSWORD, store=till.bench.store.id, role="Owner")
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(URL(till.app.web.url), cookie_jar=jar, headers={"Accept": "text/html"}) as http:
        browser = Visitor(http)
        await browser.sign_in("Olga")
        assert "fits its order" in await (await browser.get("/admin/payment")).text()
        part, late = await till.order(), await till.order()
        await till.begin(part)
        await till.stripe.pay(session(till), amount=1400)
        await till.begin(late)
        till.stripe.silent = True
        await till.bench.orders.cancel(boss, late.id)
        await till.stripe.pay(session(till))
        till.stripe.silent = False
        await till.settle()
        (short,), (after,) = await payments.taken(part.id), await payments.taken(late.id)
        page = await (await browser.get("/admin/payment")).text()
        assert ("$14.00" in page, "Accept as it is" in page, "Use it for this order" in page) == (True, True, True)
        # Late money is used for a repeat of the order, and for nobody else's.
        again, others = await till.order("venmo"), await till.order("venmo", number=2)
        for wrong in (others.number, late.number, part.number + "X"):
            answer = await browser.post(f"/admin/payment/{after.id}/use", {"order": wrong})
            assert answer.status in {404, 409}
        assert (await till.state(late.id))[:2] == ("CANCELLED", ["LATE"])
        assert (await browser.post(f"/admin/payment/{short.id}/use", {"order": again.number})).status == 409
        assert (await browser.post(f"/admin/payment/{after.id}/accept")).status == 409
        assert (await browser.post(f"/admin/payment/{after.id}/use", {"order": again.number})).status == 303
        assert (await till.state(again.id))[:2] == ("PAID", ["CONFIRMED"])
        assert (await till.state(late.id))[:2] == ("CANCELLED", [])
        # What is too little is accepted, once.
        assert (await browser.post(f"/admin/payment/{short.id}/accept")).status == 303
        assert (await till.state(part.id))[:2] == ("PAID", ["CONFIRMED"])
        assert (await payments.get(short.id)).amount == 1400
        with pytest.raises(NothingToPay):
            await payments.accept(boss, short.id)
        assert "fits its order" in await (await browser.get("/admin/payment")).text()
    await what_a_customer_said_is_given_out_and_erased(till)


async def what_a_customer_said_is_given_out_and_erased(till: Till) -> None:
    buyer = till.bench.buyer(3)
    order = await till.order("venmo", number=3)
    await till.payments.report(buyer, order.id, "Bea Buyer 4711", "by phone", "https://cdn.example.org/pic.png")
    customer = await till.app.get(CustomerService).get(order.customer)
    personal = PersonalPayments(till.app)
    (said,) = list(await personal.export(customer))  # type: ignore[call-overload]
    assert (said["reference"], said["note"], said["amount"]) == ("Bea Buyer 4711", "by phone", 1500)
    erase = await personal.erase(customer)
    async with till.app.work(till.bench.boss) as work:
        erase(work)
    (payment,) = await till.payments.of_order(order.id)
    assert (payment.reference, payment.note, payment.picture, payment.amount) == ("", "", "", 1500)
    others = [row["reference"] for row in await till.rows("payment") if row["processor_id"]]
    assert all(others)
