"""Announcements, and messages that were sent, by the JSON API."""

from __future__ import annotations

from uuid import uuid4

from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from tests.plugins.orders.conftest import Bench, bench
from tests.plugins.robot import Robot, robot

__all__ = ["bench", "robot"]

SALE = {"title": "Sale", "text": "All mugs half price."}


async def test_a_program_looks_at_an_announcement_before_it_sends_it(bench: Bench, robot: Robot) -> None:
    customers = bench.app.get(CustomerService)
    for name, tags in (("Ada", ("vip",)), ("Bea", ()), ("Cyd", ("vip",))):
        given = CustomerInput(display_name=name, email=f"{name}@example.org".lower(), tags=tags)
        await customers.create(bench.boss, given)
    draft = await robot.post("/announcements", {**SALE, "audience": "TAG", "target": "VIP"})
    assert (draft["state"], draft["reach"], draft["done"], draft["startedAt"]) == ("DRAFT", 2, 0, None)
    here = f"/announcements/{draft['id']}"
    status, changed = await robot.call("PUT", here, {"title": "Sale!", "text": "All."})
    assert (status, changed["title"], changed["createdBy"]) == (200, "Sale!", "Robot")
    assert await robot.get("/announcements") == []
    begun = await robot.post(f"{here}/start", status=200)
    assert (begun["state"], begun["reach"], begun["receivers"]) == ("RUNNING", 2, {"WAITING": 2})
    other = await robot.post("/announcements", SALE)
    assert other["reach"] == 3
    await robot.refuses(
        409,
        ("POST", f"/announcements/{other['id']}/start", None),
        ("POST", f"/announcements/{other['id']}/stop", None),
        ("PUT", here, SALE),
        ("DELETE", here, None),
    )
    stopped = await robot.post(f"{here}/stop", status=200)
    assert (stopped["state"], stopped["told"], stopped["finishedAt"] is None) == ("STOPPED", 0, False)
    assert await robot.get("/announcements") == [stopped]
    assert await robot.get(here) == stopped
    assert await robot.call("DELETE", f"/announcements/{other['id']}") == (204, None)
    await robot.refuses(404, ("GET", f"/announcements/{other['id']}", None))
    await robot.refuses(
        422,
        *(
            ("POST", "/announcements", {**SALE, **wrong})
            for wrong in (
                {"title": " "},
                {"text": ""},
                {"text": "x" * 3001},
                {"audience": "TAG"},
                {"audience": "ROLE", "target": "members"},
                {"audience": "ROLE", "target": "9" * 30},
                {"target": "vip"},
                {"state": "RUNNING"},
            )
        ),
    )


async def test_messages_about_an_order_and_to_a_customer(bench: Bench, robot: Robot) -> None:
    order = await bench.order(bench.buyer(), (await bench.product(), 1))
    assert await robot.get(f"/orders/{order.number}/messages") == []
    await bench.app.database.execute(
        "INSERT INTO message_delivery (id, store, event, purpose, channel, order_id, customer, discord_id, state,"
        " problem, reason, remedy, created) VALUES (:id, :store, :id, 'order_received', 'DM', :order, :customer,"
        " 300000000000000001, 'UNDELIVERABLE', 'dms-closed', 'Closed.', 'Ask them.', :now) RETURNING id",
        id=uuid4(),
        store=bench.store.id,
        order=order.id,
        customer=order.customer,
        now=bench.app.now(),
    )
    (told,) = await robot.get(f"/orders/{order.number}/messages")
    assert (told["orderId"], told["purpose"], told["channel"]) == (str(order.id), "order_received", "DM")
    assert (told["discordId"], told["state"], told["reason"]) == ("300000000000000001", "UNDELIVERABLE", "Closed.")
    assert await robot.get(f"/customers/{order.customer}/messages") == [told]
    await robot.refuses(404, ("GET", "/orders/NOPE/messages", None), ("GET", f"/customers/{uuid4()}/messages", None))
