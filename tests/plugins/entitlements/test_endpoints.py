"""Digital goods by the JSON API."""

from __future__ import annotations

from uuid import uuid4

from guildshop.config.secret import Secret
from guildshop.plugins.entitlements.service import EntitlementService, GoodsService
from guildshop.plugins.payments.service import PaymentService
from tests.plugins.orders.conftest import Bench, bench
from tests.plugins.robot import Robot, robot

__all__ = ["bench", "robot"]

KEY = "AAAA-BBBB-CCCC"


async def test_a_program_sees_what_was_given_tries_it_again_and_takes_it_back(bench: Bench, robot: Robot) -> None:
    app = bench.app
    security = app.settings.security.model_copy(update={"secret_key": Secret("a secret key for tests, long enough")})
    app.settings = app.settings.model_copy(update={"security": security})
    game = await bench.product("GAME", granted_roles=(77,))
    mug = await bench.product("MUG", granted_roles=(78,))
    goods = app.get(GoodsService)
    await goods.set_terms(bench.boss, game.id, 30, gives_key=True)
    await goods.add_keys(bench.boss, game.id, KEY)
    order = await bench.order(bench.buyer(), (game, 1), (mug, 1))
    assert await robot.get(f"/orders/{order.number}/entitlements") == []
    await app.get(PaymentService).confirm(bench.boss, order.id, "seen")
    await app.dispatcher.drain()
    listed = await robot.get(f"/orders/{order.number}/entitlements")
    assert {(one["kind"], one["targetId"], one["status"], one["days"]) for one in listed} == {
        ("KEY", None, "PENDING", 0),
        ("ROLE", "77", "PENDING", 30),
        ("ROLE", "78", "PENDING", 0),
    }
    assert await robot.get(f"/customers/{order.customer}/entitlements") == listed
    assert await robot.get("/entitlements/failed") == []
    role = next(one for one in listed if one["targetId"] == "78")
    here = f"/entitlements/{role['id']}"
    assert await robot.get(here) == role
    await robot.refuses(409, ("POST", f"{here}/retry", None))
    await app.database.execute(
        "UPDATE entitlement SET status = 'FAILED', problem = 'role-too-high', reason = 'Too high.' WHERE target = 78"
        " RETURNING id"
    )
    (failed,) = await robot.get("/entitlements/failed")
    assert (failed["id"], failed["isFailed"], failed["reason"]) == (role["id"], True, "Too high.")
    assert (await robot.post(f"{here}/retry", status=200))["status"] == "PENDING"
    revoke = f"/orders/{order.number}/entitlements/revoke"
    await robot.refuses(422, ("POST", revoke, {"productIds": []}), ("POST", revoke, {"productIds": ["GAME"]}))
    assert await robot.post(revoke, {"productIds": [str(mug.id)]}, status=200) == {"ended": 1}
    assert await robot.post(revoke, {}, status=200) == {"ended": 2}
    assert {one["ended"] for one in await robot.get(f"/orders/{order.number}/entitlements")} == {"staff"}
    assert await robot.get(f"/customers/{order.customer}/entitlements") == []
    await robot.refuses(
        404,
        ("GET", f"/entitlements/{uuid4()}", None),
        ("POST", f"/entitlements/{uuid4()}/retry", None),
        ("GET", f"/orders/{uuid4()}/entitlements", None),
        ("POST", f"/orders/{uuid4()}/entitlements/revoke", {}),
        ("GET", f"/customers/{uuid4()}/entitlements", None),
    )


async def test_keys_are_never_told(bench: Bench, robot: Robot) -> None:
    app = bench.app
    security = app.settings.security.model_copy(update={"secret_key": Secret("a secret key for tests, long enough")})
    app.settings = app.settings.model_copy(update={"security": security})
    game = await bench.product("GAME")
    await app.get(GoodsService).set_terms(bench.boss, game.id, 0, gives_key=True)
    await app.get(GoodsService).add_keys(bench.boss, game.id, KEY)
    order = await bench.order(bench.buyer(), (game, 1))
    await app.get(PaymentService).confirm(bench.boss, order.id, "seen")
    await app.dispatcher.drain()
    (given,) = await app.get(EntitlementService).of_order(order.id)
    for path in (f"/entitlements/{given.id}", f"/orders/{order.number}", "/audit-entries", "/events", "/products"):
        assert KEY not in str(await robot.get(path)), path
