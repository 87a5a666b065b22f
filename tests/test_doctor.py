"""The doctor against broken setups, on the simulated Discord: each with the right finding and remedy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from guildshop.bot.testing import Shop, ShopFactory
from guildshop.config.secret import Secret
from guildshop.config.settings import Settings
from guildshop.database import new_id
from guildshop.database.tables import DeliveryRow, EventRow
from guildshop.doctor import examine, examine_store
from guildshop.hookspecs import Finding, Severity
from guildshop.permissions import Actor
from guildshop.simulator import permissions as bits

Break = Callable[[Shop], Awaitable[None] | None]


def _server_role(shop: Shop, key: str) -> dict[str, Any]:
    guild = shop.sim.state.guilds[str(shop.store.guild_id)]
    return guild.roles[shop.sim.state.keys[f"role:{key}"]]


def _set(shop: Shop, **changes: Any) -> None:
    """Change the settings of this process."""
    shop.app.settings = shop.app.settings.model_copy(update=changes)


def no_token(shop: Shop) -> None:
    discord = shop.app.settings.discord.model_copy(update={"token": Secret("", key="discord.token")})
    _set(shop, discord=discord)


def wrong_token(shop: Shop) -> None:
    discord = shop.app.settings.discord.model_copy(update={"token": Secret("not.the.token")})
    _set(shop, discord=discord)


def no_answer(shop: Shop) -> None:
    _set(shop, discord=shop.app.settings.discord.model_copy(update={"api_url": "http://127.0.0.1:9/api/v10"}))


def no_members_intent(shop: Shop) -> None:
    shop.sim.state.application["flags"] = 0


def no_secret_key(shop: Shop) -> None:
    security = shop.app.settings.security.model_copy(update={"secret_key": Secret("env:NO_SUCH_KEY", environ={})})
    _set(shop, security=security)


def short_secret_key(shop: Shop) -> None:
    _set(shop, security=shop.app.settings.security.model_copy(update={"secret_key": Secret("short")}))


def open_address(shop: Shop) -> None:
    _set(shop, web=shop.app.settings.web.model_copy(update={"public_url": "http://shop.example.org"}))


def bot_removed(shop: Shop) -> None:
    del shop.sim.state.guilds[str(shop.store.guild_id)].members[shop.sim.state.bot["id"]]


def client_role_above(shop: Shop) -> None:
    guild = shop.sim.state.guilds[str(shop.store.guild_id)]
    shop.sim.move_role(guild, shop.sim.state.keys["role:client"], 7)


def client_role_deleted(shop: Shop) -> None:
    guild = shop.sim.state.guilds[str(shop.store.guild_id)]
    shop.sim.delete_role(guild, shop.sim.state.keys["role:client"])


def staff_role_deleted(shop: Shop) -> None:
    guild = shop.sim.state.guilds[str(shop.store.guild_id)]
    shop.sim.delete_role(guild, shop.sim.state.keys["role:staff"])


def channel_deleted(shop: Shop) -> None:
    shop.sim.delete_channel("bot-log")


def channel_closed(shop: Shop) -> None:
    channel = shop.sim.state.channel(shop.sim.channel_id("orders"))
    channel["permission_overwrites"] = [
        {**entry, "allow": "0", "deny": str(bits.SEND_MESSAGES)} for entry in channel["permission_overwrites"]
    ]


def no_manage_roles(shop: Shop) -> None:
    _server_role(shop, "bot")["permissions"] = str(bits.EVERYONE)


def commands_lost(shop: Shop) -> None:
    shop.sim.state.commands[str(shop.store.guild_id)].clear()


async def failed_delivery(shop: Shop) -> None:
    await _delivery(shop, "orders.whatever", "FAILED")


async def orphaned_delivery(shop: Shop) -> None:
    await _delivery(shop, "reviews.ask", "PENDING")


async def store_asleep(shop: Shop) -> None:
    await shop.app.stores.set_active(shop.store.id, False)


async def _delivery(shop: Shop, listener: str, status: str) -> None:
    async with shop.app.work(Actor.system(shop.store.id, "test")) as work:
        event = new_id()
        work.insert(EventRow, id=event, name="OrderPaid", key="", payload="{}", occurred_at=work.now)
        work.insert(
            DeliveryRow,
            id=new_id(),
            event=event,
            listener=listener,
            key="",
            due=work.now,
            next_attempt=work.now,
            status=status,
            attempts=6,
        )


BROKEN, WARNING = Severity.BROKEN, Severity.WARNING
SETUPS: list[tuple[Break, Severity, str, str, str]] = [
    (no_token, BROKEN, "Discord token", "discord.token is not set", "Discord's developer portal"),
    (wrong_token, BROKEN, "Discord token", "Discord refuses it", "Reset the token"),
    (no_answer, WARNING, "Discord token", "Discord did not answer at http://127.0.0.1:9", "Check the network"),
    (no_members_intent, WARNING, "Intents", "Server Members Intent is off", "Switch it on"),
    (no_secret_key, BROKEN, "Secret key", "security.secret_key is not set", "Set NO_SUCH_KEY"),
    (short_secret_key, WARNING, "Secret key", "security.secret_key is short", "at least 32"),
    (open_address, WARNING, "Web address", "travel unencrypted", "proxy with HTTPS"),
    (bot_removed, BROKEN, "Discord server", "The bot is not in the server", "Invite it: https://discord.com/oauth2"),
    (client_role_above, BROKEN, "Role order", "The role Client stands above", "Drag the bot's role above Client"),
    (client_role_deleted, BROKEN, "Roles", "The client role", "in /settings, under Client role"),
    (staff_role_deleted, BROKEN, "Roles", "(Manager) was deleted", "in /settings, under Staff roles"),
    (channel_deleted, BROKEN, "Channels", "The channel “log”", "in /settings, under Channels"),
    (channel_closed, BROKEN, "Channels", "In #orders the bot lacks: Send Messages", "channel's settings"),
    (no_manage_roles, BROKEN, "Permissions", "lacks: Manage Roles", "server's settings under Roles"),
    (commands_lost, WARNING, "Commands", "out of date: +", "Restart the bot"),
    (failed_delivery, WARNING, "Events", "1 delivery has failed", "then retry"),
    (orphaned_delivery, WARNING, "Events", "not loaded: reviews.ask", "Install the plugin again"),
    (store_asleep, BROKEN, "Discord server", "The store sleeps", "store move"),
]


def _worst(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is not Severity.FINE]


@pytest.fixture
async def healthy(make_shop: ShopFactory, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop that is set up well."""
    monkeypatch.setenv("INVOICE_LINK_SIGNING_SECRET", "an invoice secret that is long enough")
    return await make_shop()


async def test_a_good_setup_has_nothing_wrong(healthy: Shop) -> None:
    findings = await examine_store(healthy.app, healthy.store.id)
    assert _worst(findings) == []
    assert {finding.subject for finding in findings} >= {
        "Secret key",
        "Web address",
        "Discord token",
        "Intents",
        "Events",
        "Discord server",
        "Invoice links",
    }


@pytest.mark.parametrize(
    ("damage", "severity", "subject", "message", "remedy"), SETUPS, ids=[setup[0].__name__ for setup in SETUPS]
)
async def test_a_broken_setup_is_found_with_its_remedy(
    healthy: Shop, damage: Break, severity: Severity, subject: str, message: str, remedy: str
) -> None:
    waiting = damage(healthy)
    if waiting is not None:
        await waiting
    found = [
        finding
        for finding in await examine_store(healthy.app, healthy.store.id)
        if finding.subject == subject and finding.severity is severity and message in finding.message
    ]
    assert len(found) == 1
    assert remedy in found[0].remedy


async def test_the_missing_signing_secret_is_a_warning(healthy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INVOICE_LINK_SIGNING_SECRET")
    (found,) = _worst(await examine_store(healthy.app, healthy.store.id))
    assert (found.severity, found.subject) == (Severity.WARNING, "Invoice links")
    assert "INVOICE_LINK_SIGNING_SECRET" in found.remedy


async def test_the_command_line_finds_the_same(healthy: Shop) -> None:
    client_role_above(healthy)
    shown = await examine_store(healthy.app, healthy.store.id)
    settings, url = healthy.app.settings, healthy.database_url
    await healthy.stop()
    database = settings.database.model_copy(update={"url": url})
    told = await examine(lambda: settings.model_copy(update={"database": database}))
    assert _worst(told) == _worst(shown)
    assert any(finding.subject == "Database" and "up to date" in finding.message for finding in told)


async def test_a_database_behind_is_found(tmp_path: Path) -> None:
    settings = Settings.model_validate({"database": {"url": f"sqlite:///{tmp_path}/shop.sqlite"}})
    (found,) = [finding for finding in await examine(lambda: settings) if finding.subject == "Database"]
    assert found.severity is Severity.BROKEN
    assert "migrations are not applied" in found.message
    assert "Run `migrate`" in found.remedy


async def test_the_command_shows_it_to_staff_only(healthy: Shop) -> None:
    client_role_above(healthy)
    reply = await healthy.owner.slash("doctor")
    assert reply.ephemeral
    assert "Drag the bot's role above Client" in reply.text
    refused = await healthy.buyer.slash("doctor", stale=True)
    assert "settings.read" in refused.text
