"""Payments by the JSON API."""

from __future__ import annotations

from uuid import UUID, uuid4

from guildshop.events import Delivery
from guildshop.plugins.orders.api import Order
from guildshop.plugins.payments.api import DifferenceKind, Figures, Received
from guildshop.plugins.payments.service import DifferenceService, PaymentService
from tests.plugins.orders.conftest import Bench, bench
from tests.plugins.robot import Robot, robot

__all__ = ["bench", "robot"]


async def receive(bench: Bench, order: Order, amount: int) -> UUID:
    """Settle what a processor took, in a delivery that the test does not need otherwise."""
    (row,) = [
        one
        for one in await bench.rows("delivery")
        if one["listener"] == "orders.expire" and one["key"] == str(order.id)
    ]
    delivery = Delivery(bench.app, row["id"], row["event"], bench.store.id, row["listener"], 1, bench.app.now())
    received = Received(order.id, "robot", f"of {order.number}", amount, order.currency)
    return (await bench.app.get(PaymentService).receive(received, delivery)).id


async def test_a_program_lists_payments_and_settles_those_that_do_not_fit(bench: Bench, robot: Robot) -> None:
    await bench.set(max_unpaid_per_member=10)
    mug = await bench.product(tracked=False, quantity=0)
    paid, short, late, other, waiting = [await bench.order(bench.buyer(), (mug, 1)) for _time in range(5)]
    await bench.app.get(PaymentService).confirm(bench.boss, paid.id, "TX-7")
    too_little = await receive(bench, short, 1000)
    await bench.orders.cancel(bench.boss, late.id, "gone")
    too_late = await receive(bench, late, 1500)
    (of_order,) = await robot.get(f"/orders/{paid.number}/payments")
    assert (of_order["state"], of_order["amountCents"], of_order["refundableCents"]) == ("CONFIRMED", 1500, 1500)
    assert (of_order["orderNumber"], of_order["reference"], of_order["processorId"]) == (paid.number, "TX-7", "")
    assert await robot.get(f"/payments/{of_order['id']}") == of_order
    first = await robot.get("/payments?limit=2")
    rest = await robot.get(f"/payments?limit=2&cursor={first['nextCursor']}")
    assert [one["id"] for one in first["items"] + rest["items"]] == [str(too_late), str(too_little), of_order["id"]]
    assert rest["nextCursor"] is None
    for query, numbers in (
        ("state=UNDERPAID&state=LATE", [late.number, short.number]),
        ("method=venmo", [paid.number]),
        ("method=robot&state=LATE", [late.number]),
        ("createdFrom=2099-01-01T00:00:00Z", []),
        ("createdBefore=2099-01-01T00:00:00%2B02:00&state=LATE", [late.number]),
    ):
        assert [one["orderNumber"] for one in (await robot.get(f"/payments?{query}"))["items"]] == numbers, query
    assert {one["id"] for one in await robot.get("/payments/unusual")} == {str(too_little), str(too_late)}
    assert (await robot.post(f"/payments/{too_little}/accept", status=200))["state"] == "CONFIRMED"
    assert (await bench.orders.get(short.id)).paid_at is not None
    used = await robot.post(f"/payments/{too_late}/use", {"order": other.number}, status=200)
    assert (used["orderNumber"], used["state"]) == (other.number, "CONFIRMED")
    assert await robot.get("/payments/unusual") == []
    reject = f"/orders/{waiting.number}/reject-payment"
    await robot.refuses(
        422, ("POST", reject, {"reason": ""}), ("POST", reject, {"reason": "   "}), ("POST", reject, {})
    )
    assert (await robot.post(reject, {"reason": "Never came."}, status=200))["status"] == "CANCELLED"
    await robot.refuses(
        409,
        ("POST", f"/payments/{too_little}/accept", None),
        ("POST", f"/payments/{too_late}/use", {"order": paid.number}),
        ("POST", reject, {"reason": "Again."}),
    )
    await robot.refuses(
        422,
        ("GET", "/payments?state=MAYBE", None),
        ("GET", "/payments?cursor=nonsense", None),
        ("GET", "/payments?createdFrom=2026-11-22", None),
        ("POST", f"/payments/{too_late}/use", {"order": ""}),
    )
    await robot.refuses(
        404,
        ("GET", f"/payments/{uuid4()}", None),
        ("POST", f"/payments/{uuid4()}/accept", None),
        ("POST", f"/payments/{uuid4()}/use", {"order": paid.number}),
        ("POST", f"/payments/{too_late}/use", {"order": "NOPE"}),
        ("GET", "/orders/NOPE/payments", None),
        ("POST", f"/payments/differences/{uuid4()}/settle", {"note": "Ours."}),
    )


async def test_differences_and_ways_to_pay(bench: Bench, robot: Robot) -> None:
    await bench.app.stores.change(bench.boss, "payments", {"methods": ["zelle", "venmo"]})
    methods = await robot.get("/payment-methods")
    assert [(one["code"], one["isManual"]) for one in methods if one["isEnabled"]] == [("zelle", True), ("venmo", True)]
    assert {"code": "cash", "label": "Cash", "isEnabled": False, "isManual": True} in methods
    await bench.app.get(DifferenceService).note_unknown("robot", "p9", Figures(DifferenceKind.UNKNOWN, 0, 700, "USD"))
    (found,) = await robot.get("/payments/differences")
    assert (found["kind"], found["oursCents"], found["theirsCents"], found["orderId"]) == ("UNKNOWN", 0, 700, None)
    settle = f"/payments/differences/{found['id']}/settle"
    await robot.refuses(422, ("POST", settle, {"note": " "}), ("POST", settle, {}))
    settled = await robot.post(settle, {"note": "It was a test."}, status=200)
    assert (settled["settledBy"], settled["note"]) == ("Robot", "It was a test.")
    await robot.refuses(404, ("POST", settle, {"note": "Again."}))
