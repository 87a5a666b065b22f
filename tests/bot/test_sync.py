"""Commands per server: the enabled subset, one call, only when something changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from discord import app_commands

from guildshop import i18n
from guildshop.app import App
from guildshop.bot.staff import permission_of
from guildshop.config.settings import Settings
from guildshop.errors import LoadError
from guildshop.hookspecs import hookimpl
from guildshop.loading import Plugin, Plugins
from guildshop.simulator import DEMO_GUILD_ID, demo_world
from guildshop.simulator.driver import SimulatorError
from guildshop.testing import Shop, ShopFactory
from tests.bot.probe import Other, Probe

PUT = "PUT /applications/{application_id}/guilds/{guild_id}/commands"


def puts(shop: Shop) -> list[Any]:
    return [request for request in shop.sim.requests if request.method == "PUT" and request.path.endswith("/commands")]


def offered(shop: Shop) -> set[str]:
    return {command["name"] for command in puts(shop)[-1].body}


async def test_a_start_makes_one_call_and_the_next_none(probe: Shop) -> None:
    assert len(puts(probe)) == 1
    assert offered(probe) == {"panel", "whoami", "refuse", "crash", "slow", "manage", "pick", "elsewhere"}
    await probe.restart()
    assert len(puts(probe)) == 1
    assert probe.bot.command_mention(probe.store, "panel").startswith("</panel:1")


async def test_fields_for_global_commands_only_stay_out(probe: Shop) -> None:
    (request,) = puts(probe)
    for command in request.body:
        assert not command.keys() & {"contexts", "integration_types", "dm_permission"}
    staff = next(command for command in request.body if command["name"] == "manage")
    assert int(staff["default_member_permissions"]) == 1 << 13


async def test_switching_a_plugin_takes_its_commands_away_and_brings_them_back(probe: Shop) -> None:
    await probe.app.stores.switch(probe.actor(), "other", False)
    await probe.settle()
    assert len(puts(probe)) == 2
    assert "elsewhere" not in offered(probe)
    with pytest.raises(SimulatorError):
        await probe.buyer.slash("elsewhere")
    stale = await probe.buyer.slash("elsewhere", stale=True)
    assert stale.ephemeral
    assert "“Other” is switched off" in stale.text
    await probe.app.stores.switch(probe.actor(), "other", True)
    await probe.settle()
    assert (await probe.buyer.slash("elsewhere")).text == "here"


async def test_several_changes_become_one_call(probe: Shop) -> None:
    for state in (False, True, False):
        await probe.app.stores.switch(probe.actor(), "other", state)
    await probe.settle()
    assert len(puts(probe)) == 2
    assert "elsewhere" not in offered(probe)


async def test_a_change_while_the_bot_is_away_is_made_good_at_the_start(probe: Shop) -> None:
    await probe.app.stop_discord()
    await probe.app.stores.switch(probe.actor(), "other", False)
    await probe.restart()
    assert len(puts(probe)) == 2
    assert "elsewhere" not in offered(probe)


async def test_joining_a_server_offers_its_commands(make_shop: ShopFactory) -> None:
    shop = await make_shop(plugins=Plugins([Probe(), Other()]), world=demo_world(second_guild=True))
    second = shop.sim.guild_id("second")
    assert {request.path.split("/")[-2] for request in puts(shop)} == {DEMO_GUILD_ID}
    shop.sim.remove_bot(second)
    await shop.settle()
    await shop.app.stores.create(int(second), "Second")
    shop.sim.add_bot(second)
    await shop.settle()
    assert puts(shop)[-1].path.split("/")[-2] == second


async def test_discord_failing_is_tried_again_at_the_next_change(probe: Shop) -> None:
    from guildshop.simulator.faults import Failure

    probe.sim.faults.fail_next = Failure(503, 1, "*/commands")
    await probe.app.stores.switch(probe.actor(), "other", False)
    await probe.settle()
    probe.bot.sync.request(probe.store.id)
    await probe.settle()
    assert "elsewhere" not in offered(probe)


async def test_names_and_descriptions_are_sent_in_the_languages_there_are(
    make_shop: ShopFactory, tmp_path: Path
) -> None:
    folder = tmp_path / "it" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = Catalog(locale="it")
    catalogue.add("Say no", "Dire di no")
    catalogue.add("refuse", "rifiuta", context="command")
    with (folder / "guildshop.mo").open("wb") as file:
        write_mo(file, catalogue)
    i18n.add_catalogues(tmp_path)
    try:
        shop = await make_shop(plugins=Plugins([Probe()]))
    finally:
        i18n.remove_catalogues(tmp_path)
    sent = {command["name"]: command for command in puts(shop)[0].body}
    assert sent["refuse"]["description_localizations"] == {"it": "Dire di no"}
    assert sent["refuse"]["name_localizations"] == {"it": "rifiuta"}
    assert not sent["crash"].get("description_localizations")


async def test_staff_commands_are_hidden_from_members_by_default(shop: Shop) -> None:
    sent = {command["name"]: command.get("default_member_permissions") for command in puts(shop)[0].body}
    found = {name: permission_of(command) for (_kind, name), (_plugin, command) in shop.app.registry.commands.items()}
    assert found["payment-confirm"] == "payment.confirm"
    for_any_staff = {"dashboard"}
    wanted = {name for name, permission in found.items() if permission} | for_any_staff
    assert wanted == {name for name, bits in sent.items() if bits}


async def test_what_collides_is_refused_by_name(database_url: str) -> None:
    class Twin(Plugin):
        name = "twin"
        title = "Twin"

        @hookimpl
        def register_commands(self, app: App) -> list[Any]:
            @app_commands.command(name="panel", description="Another panel")
            async def panel(interaction: Any) -> None: ...

            return [panel]

    class Thief(Plugin):
        name = "thief"
        title = "Thief"

        @hookimpl
        def register_items(self, app: App) -> list[type[Any]]:
            return Probe().register_items(app)

    with pytest.raises(LoadError, match="probe and twin both have a command called panel"):
        await App.open(Settings(), plugins=Plugins([Probe(), Twin()]), database_url=database_url)
    with pytest.raises(LoadError, match=r"thief.*probe\.count.*must begin with thief\."):
        await App.open(Settings(), plugins=Plugins([Probe(), Thief()]), database_url=database_url)
