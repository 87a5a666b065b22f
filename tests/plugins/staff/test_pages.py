"""The pages of settings, permissions, audit and events, by forms without scripts, on both databases."""

from __future__ import annotations

import re
from typing import Any

import pytest

from guildshop.app import App
from guildshop.database import new_id
from guildshop.database.tables import DeliveryRow, EventRow
from guildshop.permissions import Actor
from guildshop.plugins.catalog.settings import CatalogSettings
from guildshop.plugins.orders.api import OrdersSettings
from guildshop.stores import Store
from guildshop.testing import ActorFactory
from guildshop.web.testing import PASSWORD, NewVisitor, Visitor
from guildshop.web.users import UserService

ORDERS = {
    "version": "0",
    "open": "1",
    "closed_message": "Back on Monday",
    "expire_hours": "24",
    "return_days": "14",
    "max_unpaid_per_member": "3",
    "shipping_types.0.code": "standard",
    "shipping_types.0.label": "Standard",
    "shipping_types.0.cost": "4.99",
    "shipping_types.0.countries": "us\nde",
    "shipping_types.1.code": "express",
    "shipping_types.1.label": "Express",
    "shipping_types.1.cost": "12",
    "shipping_types.2.code": "",
}


async def test_a_section_is_changed_at_once(app: App, store: Store, owner: Visitor) -> None:
    shown = await (await owner.get("/admin/settings/section/orders")).text()
    assert "After how long an unpaid order is cancelled" in shown
    answer = await owner.post("/admin/settings/section/orders", ORDERS)
    assert answer.headers["Location"] == "/admin/settings/section/orders"
    settings = app.stores.settings(store.id, OrdersSettings)
    assert (settings.open, settings.closed_message, settings.expire_hours) == (True, "Back on Monday", 24)
    assert [(kind.code, kind.cost, kind.countries) for kind in settings.shipping_types] == [
        ("standard", 499, ("US", "DE")),
        ("express", 1200, ()),
    ]
    shown = await (await owner.get("/admin/settings/section/orders")).text()
    assert 'value="4.99"' in shown
    assert "Saved." in shown


async def test_amounts_of_a_row_are_in_the_currency_it_names(app: App, store: Store, owner: Visitor) -> None:
    form = {**ORDERS, "shipping_types.1.cost": "1200", "shipping_types.1.currency": "jpy"}
    await owner.post("/admin/settings/section/orders", form)
    settings = app.stores.settings(store.id, OrdersSettings)
    assert [(kind.cost, kind.currency) for kind in settings.shipping_types] == [(499, ""), (1200, "JPY")]
    shown = await (await owner.get("/admin/settings/section/orders")).text()
    assert 'value="1200"' in shown
    wrong = {**form, "version": "1", "shipping_types.1.currency": "XXQ"}
    answer = await owner.post("/admin/settings/section/orders", wrong)
    assert answer.status == 422
    assert "XXQ is no ISO 4217 currency" in await answer.text()
    assert app.stores.settings(store.id, OrdersSettings) == settings


async def test_an_unchecked_box_is_off(app: App, store: Store, owner: Visitor) -> None:
    await owner.post("/admin/settings/section/orders", {**ORDERS, "open": ""})
    assert not app.stores.settings(store.id, OrdersSettings).open


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("expire_hours", "soon", "Expire hours: This is text (&#34;soon&#34;), but must be a whole number."),
        ("expire_hours", "0", "Expire hours: This is a whole number (0), but must be greater than or equal to 1."),
        ("shipping_types.0.countries", "Germany", "is no ISO country code"),
        ("shipping_types.1.cost", "much", "“much”"),
    ],
)
async def test_a_wrong_value_is_told_at_its_field_and_changes_nothing(
    app: App, store: Store, owner: Visitor, field: str, typed: str, sentence: str
) -> None:
    answer = await owner.post("/admin/settings/section/orders", {**ORDERS, field: typed})
    page = await answer.text()
    assert answer.status == 422
    assert sentence in page
    assert "Back on Monday" in page  # what was typed stays
    assert app.stores.version_of(store.id, "orders") == 0


async def test_the_second_of_two_admins_is_told_and_sees_what_they_typed(
    app: App, store: Store, owner: Visitor, staff: ActorFactory
) -> None:
    await app.stores.change(staff(store), "orders", {"expire_hours": 12})
    answer = await owner.post("/admin/settings/section/orders", ORDERS)
    assert answer.status == 409
    page = await answer.text()
    assert "Somebody else changed these settings" in page
    assert "Back on Monday" in page
    assert app.stores.settings(store.id, OrdersSettings).expire_hours == 12


async def test_the_shop_is_set_up_by_selects(app: App, store: Store, owner: Visitor) -> None:
    page = await (await owner.get("/admin/settings")).text()
    assert '<option value="Europe/Berlin">' in page
    form = {"version": "0", "name": "Corner", "currency": "EUR", "language": "de", "time_zone": "Europe/Berlin"}
    await owner.post("/admin/settings/section/store", {**form, "auto_assign_on_join": "1"})
    changed = app.stores.get(store.id)
    assert (changed.name, changed.currency, changed.language, changed.time_zone) == (
        "Corner",
        "EUR",
        "de",
        "Europe/Berlin",
    )
    refused = await owner.post("/admin/settings/section/store", {**form, "version": "1", "currency": "XXL"})
    assert refused.status == 422
    assert app.stores.get(store.id).currency == "EUR"


async def test_switching_off_asks_about_those_that_need_it(app: App, store: Store, owner: Visitor) -> None:
    asked = await owner.post("/admin/settings/plugins", {"plugin": "catalog", "on": "0"})
    assert asked.headers["Location"] == "/admin/settings/plugins?off=catalog"
    page = await (await owner.get("/admin/settings/plugins?off=catalog")).text()
    assert "need Catalog and would be switched off too" in page
    assert app.stores.enabled(store.id, "catalog")
    await owner.post("/admin/settings/plugins", {"plugin": "catalog", "on": "0", "confirmed": "1"})
    assert app.stores.enabled_plugins(store.id) == ("customers", "staff", "shopify_link", "conversations")
    assert (await owner.get("/admin/order")).status == 404
    assert (await owner.get("/admin/settings")).status == 200
    await owner.post("/admin/settings/plugins", {"plugin": "notifications", "on": "1"})
    assert app.stores.enabled(store.id, "catalog")
    refused = await owner.post("/admin/settings/plugins", {"plugin": "staff", "on": "0"})
    assert refused.status == 409
    assert "cannot be switched off" in await refused.text()


async def test_roles_and_channels_are_typed_where_discord_is_away(app: App, store: Store, owner: Visitor) -> None:
    form = {"version": "0", "new_role": "77", "new_template": "Support", "channel.orders": "88", "client_role": "99"}
    await owner.post("/admin/settings/server", form)
    changed = app.stores.get(store.id)
    assert (dict(changed.staff_roles), dict(changed.channels), changed.client_role) == (
        {77: "Support"},
        {"orders": 88},
        99,
    )
    cleared = {"version": "1", "role.77": "", "channel.orders": "", "client_role": ""}
    await owner.post("/admin/settings/server", cleared)
    changed = app.stores.get(store.id)
    assert (changed.staff_roles, changed.channels, changed.client_role) == ({}, {}, None)
    refused = await owner.post("/admin/settings/server", {"version": "2", "client_role": "everyone"})
    assert refused.status == 422
    assert "“everyone” is no Discord ID" in await refused.text()


def _table(page: str) -> dict[str, str]:
    """Return the form of the permissions page as a browser would send it."""
    boxes = re.findall(
        r'<input type="checkbox" name="([^"]+)" value="1" aria-label="[^"]*"( checked)?( disabled)?>', page
    )
    return {name: "1" for name, checked, disabled in boxes if checked and not disabled}


async def test_a_template_is_changed_in_the_matrix(app: App, store: Store, owner: Visitor, support: Visitor) -> None:
    assert (await support.get("/staff/audit")).status == 403
    page = await (await owner.get("/admin/settings/roles")).text()
    form = {**_table(page), "version": "0", "Support/audit.read": "1"}
    del form["Support/payment.confirm"]
    await owner.post("/admin/settings/roles", form)
    held = app.stores.permissions_of(store.id, "Support")
    assert "audit.read" in held
    assert "payment.confirm" not in held
    assert app.stores.role_changes(store.id) == {"Support": {"audit.read": True, "payment.confirm": False}}
    assert (await support.get("/staff/audit")).status == 200
    stale = await owner.post("/admin/settings/roles", {**form, "Manager/order.delete": "1"})
    assert stale.status == 409
    assert "order.delete" not in app.stores.permissions_of(store.id, "Manager")


async def test_nobody_locks_themselves_or_the_owner_out(
    app: App, store: Store, users: UserService, visitors: NewVisitor, staff: ActorFactory
) -> None:
    await users.create_user("Adam", PASSWORD, store=store.id, role="Admin")
    admin = await visitors()
    await admin.sign_in("Adam")
    form = {**_table(await (await admin.get("/admin/settings/roles")).text()), "version": "0"}
    del form["Admin/settings.update"]
    refused = await admin.post("/admin/settings/roles", form)
    assert refused.status == 409
    assert "could not change the settings any more" in await refused.text()
    assert app.stores.role_changes(store.id) == {}
    everything = frozenset(app.permissions.permissions)
    with pytest.raises(Exception, match="Owner may always do everything"):
        await app.stores.change_roles(staff(store), {"Owner": {"settings.update": False}})
    assert app.stores.permissions_of(store.id, "Owner") == everything


async def test_the_owner_of_the_server_stays_owner_whatever_is_mapped(
    app: App, store: Store, owner: Visitor, staff: ActorFactory
) -> None:
    await app.stores.change(staff(store), "store", {"staff_roles": {"5": "Owner"}})
    for roles in ({"5": "Read only"}, {}):
        await app.stores.change(staff(store), "store", {"staff_roles": roles})
        assert app.stores.templates_of(store.id, {5}, administrator=True) == {"Owner"}
    # Piccolo Admin has no form of users or of their roles, so that nobody is locked out through it.
    tables = await (await owner.get("/admin/api/tables/")).json()
    assert not {"user_account", "membership", "store", "store_setting", "discord_access"} & set(tables)
    assert (await owner.send("DELETE", f"/admin/api/tables/membership/{store.id}/", {})).status == 404


async def test_nobody_gives_what_they_do_not_have(app: App, store: Store, staff: ActorFactory) -> None:
    limited = staff(store, "settings.read", "settings.update")
    with pytest.raises(Exception, match="You cannot give what you may not do yourself"):
        await app.stores.change_roles(limited, {"Support": {"order.delete": True}})
    with pytest.raises(Exception, match="You cannot give what you may not do yourself"):
        await app.stores.change(limited, "store", {"staff_roles": {"5": "Owner"}})
    assert app.stores.role_changes(store.id) == {}
    assert app.stores.get(store.id).staff_roles == {}


async def test_who_may_only_read_sees_no_save(app: App, store: Store, support: Visitor, staff: ActorFactory) -> None:
    assert (await support.get("/staff/settings")).status == 403
    await app.stores.change_roles(staff(store), {"Support": {"settings.read": True}})
    page = await (await support.get("/staff/settings/section/catalog")).text()
    assert ">Save<" not in page
    refused = await support.post("/staff/settings/section/catalog", {"version": "0", "page_size": "2"})
    assert refused.status == 403
    assert app.stores.settings(store.id, CatalogSettings) == CatalogSettings()


async def test_the_audit_log_is_searched_and_shows_before_and_after(
    app: App, store: Store, other_store: Store, owner: Visitor, staff: ActorFactory
) -> None:
    await app.stores.change(staff(store, name="Mona <b>"), "orders", {"expire_hours": 12})
    await app.stores.change(staff(store, name="Mona <b>"), "orders", {"expire_hours": 24})
    await app.stores.change(staff(other_store, name="Otto Other"), "orders", {"expire_hours": 99})
    page = await (await owner.get("/admin/audit")).text()
    assert "Mona &lt;b&gt;" in page
    assert "<del>48</del> → <ins>12</ins>" in page
    assert "<del>12</del> → <ins>24</ins>" in page
    assert "Otto Other" not in page
    for query, found in (
        ("actor=mona", True),
        ("actor=200000000000000001", True),
        ("actor=m%25a", False),
        ("action=settings", True),
        ("action=order.cancel", False),
        ("subject=orders", True),
        ("since=2026-11-22&until=2026-11-22", True),
        ("since=2026-11-23", False),
        ("until=2026-11-21", False),
    ):
        page = await (await owner.get(f"/admin/audit?{query}")).text()
        assert ("Mona &lt;b&gt;" in page) is found, query
    assert "Write dates as" in await (await owner.get("/admin/audit?since=yesterday")).text()
    assert (await owner.get("/admin/audit?cursor=nonsense")).status == 422


async def test_the_audit_log_is_paged_by_keyset(app: App, store: Store, owner: Visitor, staff: ActorFactory) -> None:
    for hours in range(1, 61):
        await app.stores.change(staff(store), "orders", {"expire_hours": hours})
    seen, path = [], "/admin/audit?action=settings.update"
    while path:
        page = await (await owner.get(path)).text()
        seen += re.findall(r"<ins>(\d+)</ins>", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert [int(hours) for hours in seen] == list(range(60, 0, -1))


async def _failed(app: App, store: Store) -> str:
    async with app.work(Actor.system(store.id, "test")) as work:
        event, delivery = new_id(), new_id()
        work.insert(EventRow, id=event, name="OrderPaid", key="", payload="{}", occurred_at=work.now)
        row: dict[str, Any] = {"event": event, "listener": "orders.gone", "key": "", "status": "FAILED", "attempts": 6}
        work.insert(DeliveryRow, id=delivery, due=work.now, next_attempt=work.now, last_error="It broke <here>", **row)
    return str(delivery)


async def test_failed_deliveries_are_shown_and_retried(
    app: App, store: Store, other_store: Store, owner: Visitor, support: Visitor
) -> None:
    mine, theirs = await _failed(app, store), await _failed(app, other_store)
    page = await (await owner.get("/admin/events")).text()
    assert "It broke &lt;here&gt;" in page
    assert theirs not in page
    assert (await support.post(f"/staff/events/{mine}/retry")).status == 403
    assert (await owner.post(f"/admin/events/{theirs}/retry")).status == 404
    assert [failed.id for failed in await app.dispatcher.failed(other_store.id)] != []
    assert (await owner.post(f"/admin/events/{mine}/retry")).status == 303
    assert await app.dispatcher.failed(store.id) == []
    assert (await owner.post(f"/admin/events/{mine}/retry")).status == 404
    await _failed(app, store)
    await owner.post("/admin/events/retry-all")
    assert await app.dispatcher.failed(store.id) == []
    assert len(await app.dispatcher.failed(other_store.id)) == 1


async def test_the_doctor_has_a_page(owner: Visitor) -> None:
    page = await (await owner.get("/admin/doctor")).text()
    assert "discord.token is not set" in page
    assert "developer portal" in page
