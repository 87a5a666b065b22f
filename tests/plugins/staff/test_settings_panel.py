"""`/settings` over the wire: every kind of setting changed from Discord, and what must not be changed."""

from __future__ import annotations

import pytest

from guildshop.bot.testing import Shop
from guildshop.plugins.orders.api import OrdersSettings
from guildshop.simulator.driver import Reply


async def page(shop: Shop, title: str) -> Reply:
    """Open the panel as the owner and go to a page."""
    panel = await shop.owner.slash("settings")
    assert panel.ephemeral
    assert panel.failed is None
    return await panel.select(title)


async def test_the_panel_shows_the_store_privately_to_staff_only(shop: Shop) -> None:
    panel = await shop.owner.slash("settings")
    assert panel.ephemeral
    for text in ("Settings of Sample store", "USD", "Manager", "Orders"):
        assert text in panel.text
    refused = await shop.buyer.slash("settings", stale=True)
    assert refused.ephemeral
    assert "settings.read" in refused.text


async def test_whoever_may_only_read_sees_no_way_to_change(shop: Shop) -> None:
    panel = await shop.staff.slash("settings")
    shown = await panel.select("Orders")
    assert "After how long an unpaid order is cancelled" in shown.text
    assert shown.selects == []
    theirs = await page(shop, "Orders")
    pressed = await shop.staff.press_raw(
        theirs.id, f"staff.field:{shop.store.id}:orders:0", component_type=3, values=["open"]
    )
    assert "settings.update" in pressed.text
    assert shop.app.stores.settings(shop.store.id, OrdersSettings).open


async def test_a_toggle_switches_at_once(shop: Shop) -> None:
    orders = await page(shop, "Orders")
    closed = await orders.select("Open")
    assert "**Open**: Off" in closed.text
    assert not shop.app.stores.settings(shop.store.id, OrdersSettings).open
    await closed.select("Open")
    assert shop.app.stores.settings(shop.store.id, OrdersSettings).open


async def test_text_and_numbers_are_asked_for_by_a_form(shop: Shop) -> None:
    orders = await page(shop, "Orders")
    form = await orders.select("Closed message")
    changed = await form.submit(value="Back on Monday.")
    assert "Back on Monday" in changed.text
    form = await changed.select("Expire hours")
    await form.submit(value="24")
    settings = shop.app.stores.settings(shop.store.id, OrdersSettings)
    assert (settings.closed_message, settings.expire_hours) == ("Back on Monday.", 24)


@pytest.mark.parametrize(("typed", "sentence"), [("soon", "must be a whole number"), ("0", "greater than or equal")])
async def test_a_wrong_value_is_refused_by_name_and_changes_nothing(shop: Shop, typed: str, sentence: str) -> None:
    form = await (await page(shop, "Orders")).select("Expire hours")
    refused = await form.submit(value=typed)
    assert refused.ephemeral
    assert "Expire hours" in refused.text
    assert sentence in refused.text
    assert shop.app.stores.settings(shop.store.id, OrdersSettings).expire_hours == 48


async def test_the_second_of_two_admins_is_told(shop: Shop) -> None:
    first, second = await page(shop, "Orders"), await page(shop, "Orders")
    form = await first.select("Expire hours")
    late = await second.select("Expire hours")
    await form.submit(value="24")
    refused = await late.submit(value="12")
    assert "Somebody else changed these settings" in refused.text
    assert shop.app.stores.settings(shop.store.id, OrdersSettings).expire_hours == 24


async def test_the_shop_itself_is_set_up(shop: Shop) -> None:
    shown = await page(shop, "Shop")
    shown = await (await shown.select("Name")).submit(value="Corner shop")
    shown = await (await shown.select("Currency")).submit(value="EUR")
    shown = await (await shown.select("Time zone")).submit(value="Europe/Berlin")
    await shown.select("Show personal data (PII)")
    store = shop.store
    assert (store.name, store.currency, store.time_zone, store.show_pii) == (
        "Corner shop",
        "EUR",
        "Europe/Berlin",
        True,
    )
    shown = await page(shop, "Shop")
    refused = await (await shown.select("Time zone")).submit(value="Europe/Berlln")
    assert "“Europe/Berlln” is no time zone. Write one such as" in refused.text
    assert "Did you mean “Europe/Berlin”?" in refused.text
    assert shop.store.time_zone == "Europe/Berlin"


async def test_switching_off_names_who_needs_it_and_takes_them_along(shop: Shop) -> None:
    plugins = await page(shop, "Plugins")
    asked = await plugins.select("Switch off Payments")
    assert "Notifications need Payments and would be switched off too" in asked.text
    assert shop.app.stores.enabled(shop.store.id, "payments")
    kept = await asked.press("Leave on")
    asked = await kept.select("Switch off Payments")
    done = await asked.press("Switch off")
    assert "⚫ **Payments**" in done.text
    assert not shop.app.stores.enabled(shop.store.id, "payments")
    assert not shop.app.stores.enabled(shop.store.id, "notifications")
    await shop.settle()
    names = {command["name"] for command in shop.sim.state.commands[str(shop.store.guild_id)].values()}
    assert "payment-confirm" not in names
    assert "order" in names
    await done.select("Switch on Notifications")
    assert shop.app.stores.enabled(shop.store.id, "payments")


async def test_staff_itself_stays_on(shop: Shop) -> None:
    plugins = await page(shop, "Plugins")
    assert "Switch off Staff" not in plugins.options
    forged = await shop.owner.press_raw(
        plugins.id, f"staff.plugin:{shop.store.id}:0", component_type=3, values=["off staff"]
    )
    assert "cannot be switched off" in forged.text
    assert shop.app.stores.enabled(shop.store.id, "staff")


async def test_roles_and_channels_are_picked_from_the_server(shop: Shop) -> None:
    keys = shop.sim.state.keys
    roles = await (await page(shop, "Staff roles")).select("Support")
    changed = await roles.select("vip", "gold", placeholder="Choose roles")
    assert "**Support**" in changed.text
    assert shop.store.staff_roles == {
        int(keys["role:staff"]): "Manager",
        int(keys["role:vip"]): "Support",
        int(keys["role:gold"]): "Support",
    }
    channels = await (await page(shop, "Channels")).select("Announcements")
    await channels.select("announcements", placeholder="Choose a channel")
    assert shop.store.channels["announcements"] == int(keys["channel:announcements"])
    client = await page(shop, "Client role")
    await client.select("supporter", placeholder="Choose a role")
    assert shop.store.client_role == int(keys["role:supporter"])


async def test_a_new_staff_role_works_at_once_and_everything_after_a_restart(shop: Shop) -> None:
    roles = await (await page(shop, "Staff roles")).select("Support")
    await shop.restart()
    await roles.select("vip", placeholder="Choose roles")
    shop.buyer.set_roles("vip")
    assert (await shop.buyer.slash("payment-confirm", stale=True, order="NONE")).text != ""
    assert "payment.confirm" not in (await shop.buyer.slash("payment-confirm", stale=True, order="NONE")).text
    refused = await shop.buyer.slash("settings", stale=True)
    assert "settings.read" in refused.text
