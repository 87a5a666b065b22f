"""The audit log, settings, plugins and failed deliveries by the JSON API."""

from __future__ import annotations

from uuid import uuid4

from guildshop.app import App
from guildshop.stores import Store
from guildshop.testing import ActorFactory
from tests.plugins.robot import Robot, robot

__all__ = ["robot"]

SECRET = "sk_test_not_to_be_told"


async def test_settings_are_read_and_changed_and_secrets_kept(
    robot: Robot, app: App, store: Store, staff: ActorFactory
) -> None:
    await app.stores.change(staff(store), "stripe", {"secret_key": SECRET, "webhook_secret": [SECRET]})
    sections = await robot.get("/settings")
    assert sections[0] == {"name": "store", "title": "Shop", "plugin": "", "isEnabled": True, "version": 0}
    assert {"orders", "stripe", "loyalty"} <= {one["name"] for one in sections}
    stripe = await robot.get("/settings/stripe")
    secret = next(one for one in stripe["settings"] if one["name"] == "secret_key")
    assert (secret["kind"], secret["value"], secret["isSet"], secret["isEditable"]) == ("SECRET", None, True, False)
    shop = {one["name"]: one for one in (await robot.get("/settings/store"))["settings"]}
    assert (shop["currency"]["value"], shop["show_pii"]["value"]) == ("USD", False)
    assert "EUR" in shop["currency"]["choices"]
    change = {"values": {"currency": "EUR", "name": "Ada's"}, "version": 0}
    status, changed = await robot.call("PATCH", "/settings/store", change)
    assert (status, changed["version"]) == (200, 1)
    assert (app.stores.get(store.id).currency, app.stores.get(store.id).name) == ("EUR", "Ada's")
    await robot.refuses(409, ("PATCH", "/settings/store", change))
    types = [{"code": "fast", "label": "Fast", "cost": 499, "days": 1}]
    status, changed = await robot.call("PATCH", "/settings/orders", {"values": {"shipping_types": types}})
    kept = next(one["value"] for one in changed["settings"] if one["name"] == "shipping_types")
    assert [(one["code"], one["cost"]) for one in kept] == [("fast", 499)]
    await robot.refuses(
        422,
        *(
            ("PATCH", f"/settings/{section}", {"values": values})
            for section, values in (
                ("store", {}),
                ("store", {"currency": "QQQ"}),
                ("store", {"show_pii": "perhaps"}),
                ("store", {"name": "x\u0000y"}),
                ("store", {"staff_roles": {"1": "Owner"}}),
                ("store", {"channels": []}),
                ("stripe", {"secret_key": "sk_test_mine"}),
                ("orders", {"shipping_types": [{"code": []}]}),
                ("orders", {"max_unpaid_per_member": 10**40}),
                ("orders", {"surprise": 1}),
            )
        ),
    )
    await robot.refuses(404, ("GET", "/settings/nothing", None), ("PATCH", "/settings/nothing", {"values": {"a": 1}}))
    for path in ("/settings", "/settings/stripe", "/events"):
        assert SECRET not in str(await robot.get(path)), path


async def test_plugins_are_switched(robot: Robot, app: App, store: Store) -> None:
    known = {one["name"]: one for one in await robot.get("/plugins")}
    assert (known["staff"]["isEssential"], known["taxjar"]["isEnabled"]) == (True, True)
    assert (known["taxjar"]["needs"], known["taxjar"]["neededBy"]) == (["orders", "catalog", "customers"], [])
    await robot.refuses(
        409, ("PATCH", "/plugins/staff", {"isEnabled": False}), ("PATCH", "/plugins/catalog", {"isEnabled": False})
    )
    await robot.refuses(404, ("PATCH", "/plugins/nothing", {"isEnabled": False}))
    await robot.refuses(422, ("PATCH", "/plugins/taxjar", {}))
    status, plugins = await robot.call("PATCH", "/plugins/conversations", {"isEnabled": False})
    assert (status, app.stores.enabled(store.id, "conversations")) == (200, False)
    assert {one["name"]: one["isEnabled"] for one in plugins}["conversations"] is False
    await robot.refuses(404, ("GET", "/conversations", None))


async def test_the_audit_log_is_searched(robot: Robot, app: App, store: Store, staff: ActorFactory) -> None:
    for name in ("One", "Two", "Three"):
        await app.stores.change(staff(store, name="Sam"), "store", {"name": name})
    await robot.call("PATCH", "/settings/store", {"values": {"name": "Four"}})
    first = await robot.get("/audit-entries?action=settings&limit=3")
    assert [one["after"]["name"] for one in first["items"]] == ["Four", "Three", "Two"]
    latest = first["items"][0]
    assert (latest["actorName"], latest["origin"], latest["before"]) == ("Robot", "api", {"name": "Three"})
    rest = await robot.get(f"/audit-entries?action=settings&limit=3&cursor={first['nextCursor']}")
    assert ([one["after"]["name"] for one in rest["items"]], rest["nextCursor"]) == (["One"], None)
    for query, count in (
        ("actor=robot&subject=store", 1),
        ("actor=sam&subject=store", 3),
        ("subject=%25", 0),
        ("action=settings&createdFrom=2099-01-01T00:00:00Z", 0),
        ("action=settings&createdBefore=2099-01-01T00:00:00Z", 4),
    ):
        assert len((await robot.get(f"/audit-entries?{query}"))["items"]) == count, query
    await robot.refuses(
        422,
        ("GET", "/audit-entries?cursor=nonsense", None),
        ("GET", "/audit-entries?createdFrom=yesterday", None),
        ("GET", f"/audit-entries?actor={'x' * 101}", None),
    )


async def test_failed_deliveries_are_tried_again(robot: Robot, app: App, store: Store) -> None:
    assert await robot.get("/deliveries/failed") == []
    await app.dispatcher.ensure_timers()
    rows = await app.database.execute(
        "UPDATE delivery SET status = 'FAILED', attempts = 6, last_error = 'OSError: no way' WHERE store = :store"
        " AND listener = 'reports.count' RETURNING id",
        store=store.id,
    )
    (failed,) = await robot.get("/deliveries/failed")
    assert failed["id"] == str(rows[0]["id"])
    assert (failed["event"], failed["listener"], failed["attempts"]) == ("TimerDue", "reports.count", 6)
    assert failed["error"] == "OSError: no way"
    here = f"/deliveries/{failed['id']}/retry"
    await robot.post(here, status=204)
    assert await robot.get("/deliveries/failed") == []
    await robot.refuses(404, ("POST", here, None), ("POST", f"/deliveries/{uuid4()}/retry", None))
