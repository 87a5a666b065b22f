"""Reports by the JSON API: the same figures as on the page."""

from __future__ import annotations

from uuid import uuid4

from guildshop.config.secret import Secret
from guildshop.plugins.payments.service import PaymentService
from guildshop.stores import Store
from guildshop.web.tokens import TokenService
from tests.plugins.orders.conftest import Bench, bench
from tests.plugins.robot import Robot, robot

__all__ = ["bench", "robot"]

NOTHING = {
    "placedOrders": 0, "convertedOrders": 0, "paidOrders": 0, "refundedOrders": 0, "revenueCents": 0,
    "refundsCents": 0, "netCents": 0,
}  # fmt: skip


async def test_the_figures_of_a_period(bench: Bench, robot: Robot) -> None:
    mug = await bench.product("MUG")
    sold, _waiting = [await bench.order(bench.buyer(number), (mug, number)) for number in (1, 2)]
    await bench.app.get(PaymentService).confirm(bench.boss, sold.id, "seen")
    await bench.app.dispatcher.drain()
    report = await robot.get("/reports/sales?first=2026-11-21&last=2026-11-22")
    assert report["period"] == {"preset": "custom", "first": "2026-11-21", "last": "2026-11-22"}
    today = {
        **NOTHING,
        "placedOrders": 2,
        "convertedOrders": 1,
        "paidOrders": 1,
        "revenueCents": 1500,
        "netCents": 1500,
    }
    statuses = {"PENDING_PAYMENT": 1, "COMPLETE": 1}
    assert report["total"] == {**today, "conversion": 0.5, "refundRate": 0.0}
    assert report["statuses"] == statuses
    assert report["days"] == [
        {**NOTHING, "day": "2026-11-21", "statuses": {}},
        {**today, "day": "2026-11-22", "statuses": statuses},
    ]
    assert report["products"] == [{"sku": "MUG", "name": "Mug", "pieces": 1, "amountCents": 1500}]
    (buyer,) = report["customers"]
    assert (buyer["customerId"], buyer["orders"], buyer["amountCents"]) == (str(sold.customer), 1, 1500)
    assert buyer["customerName"] != "Buyer1"
    await bench.app.stores.change(bench.boss, "store", {"show_pii": True})
    assert (await robot.get("/reports/sales"))["customers"][0]["customerName"] == "Buyer1"
    empty = await robot.get("/reports/sales?first=2026-01-01&last=2026-01-01")
    assert empty["total"] == {**NOTHING, "conversion": None, "refundRate": None}
    assert [(one["period"]["preset"], len(one["days"])) for one in [await robot.get("/reports/sales?period=7d")]] == [
        ("7d", 7)
    ]
    await robot.refuses(
        422,
        *(
            ("GET", f"/reports/sales?{query}", None)
            for query in (
                "period=decade",
                "period=custom",
                "first=2026-11-22&last=2026-11-21",
                "first=2026-11-22&last=2099-01-01",
                "first=1000-01-01&last=2026-11-22",
                "currency=XXX",
                "top=0",
            )
        ),
    )


async def test_what_a_program_may_not_see_is_null(bench: Bench, robot: Robot, store: Store) -> None:
    await bench.app.stores.change(bench.boss, "loyalty", {"enabled": True})
    assert await robot.get("/reports/owed") == {
        "credit": None,
        "points": {"points": 0, "worthCents": 0, "customers": 0},
    }
    robot.token = await TokenService(bench.app).create("Robot", store.id, scopes=["report.read"])
    assert await robot.get("/reports/owed") == {"credit": None, "points": None}
    assert (await robot.get("/reports/sales"))["customers"] is None


async def test_links_to_reports(bench: Bench, robot: Robot) -> None:
    shares = "/reports/shares"
    status, refused = await robot.call("POST", shares, {})
    assert (status, refused["status"]) == (503, 503)
    security = bench.app.settings.security
    key = Secret("a secret key for tests, long enough")
    bench.app.settings = bench.app.settings.model_copy(
        update={"security": security.model_copy(update={"secret_key": key})}
    )
    made = await robot.post(shares, {"period": "7d", "days": 30})
    (listed,) = await robot.get(shares)
    assert (listed["period"]["last"], listed["currency"], listed["madeBy"]) == ("2026-11-22", "USD", "Robot")
    assert {name: value for name, value in made.items() if name != "url"} == listed
    token = made["url"].rpartition("/")[2]
    async with robot.http.get(f"/reports/{token}") as page:
        assert page.status == 200
    assert await robot.call("DELETE", f"{shares}/{listed['id']}") == (204, None)
    assert await robot.get(shares) == []
    async with robot.http.get(f"/reports/{token}") as page:
        assert page.status == 410
    await robot.refuses(404, ("DELETE", f"{shares}/{listed['id']}", None), ("DELETE", f"{shares}/{uuid4()}", None))
    await robot.refuses(
        422, ("POST", shares, {"days": 8}), ("POST", shares, {"first": "2026-11-22"}), ("POST", shares, {"period": "x"})
    )
    assert await robot.post("/reports/recount", status=200) == {"days": 0}
