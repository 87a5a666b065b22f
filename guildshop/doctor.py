"""The doctor: looks at the setup and says what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.database import Database, open_database
from guildshop.errors import ConfigurationError, DatabaseError, GuildshopError
from guildshop.hookspecs import Check, Finding, Severity
from guildshop.i18n import _
from guildshop.loading import load_plugins
from guildshop.logging import mask
from guildshop.tenancy import scope

TOKEN_SECONDS = 10.0
SHORTEST_SECRET_KEY = 32
UNAUTHORIZED = 401


async def examine(load: Callable[[], Settings]) -> list[Finding]:
    """Return what there is to say, worst things included: nothing is raised for a broken setup."""
    try:
        settings = load()
    except ConfigurationError as error:
        return [Finding(Severity.BROKEN, _("Configuration"), line) for line in str(error).splitlines()]
    findings = [Finding(Severity.FINE, _("Configuration"), _("{file} is in order.").format(file=settings.source))]
    findings.append(_secret_key(settings))
    findings.append(await _token(settings))
    findings += await _application(settings)
    return findings


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    """Open the configured database as it is, with the tables of the configured plugins."""
    apps = App(settings, load_plugins(settings.plugins.enabled)).piccolo_apps()
    database = await open_database(settings.database.url, apps=apps, migrate=False)
    try:
        yield database
    finally:
        await database.close()


def _secret_key(settings: Settings) -> Finding:
    subject = _("Secret key")
    if not all(key.is_set for key in settings.security.secret_keys):
        return Finding(
            Severity.BROKEN,
            subject,
            _("security.secret_key is not set."),
            _("Set {variable} to {count} random characters.").format(
                variable=settings.security.secret_keys[0].variable or "security.secret_key", count=SHORTEST_SECRET_KEY
            ),
        )
    if any(len(key.reveal()) < SHORTEST_SECRET_KEY for key in settings.security.secret_keys):
        return Finding(
            Severity.WARNING,
            subject,
            _("security.secret_key is short."),
            _("Use at least {count} random characters.").format(count=SHORTEST_SECRET_KEY),
        )
    return Finding(Severity.FINE, subject, _("It is set."))


async def _token(settings: Settings) -> Finding:
    subject = _("Discord token")
    token = settings.discord.token
    if not token.is_set:
        return Finding(
            Severity.BROKEN,
            subject,
            _("discord.token is not set."),
            _("Set {variable} to the bot's token from Discord's developer portal.").format(
                variable=token.variable or "discord.token"
            ),
        )
    url = f"{settings.discord.api_url}/users/@me"
    try:
        timeout = aiohttp.ClientTimeout(total=TOKEN_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, headers={"Authorization": f"Bot {token.reveal()}"}) as response,
        ):
            if response.status == UNAUTHORIZED:
                return Finding(
                    Severity.BROKEN,
                    subject,
                    _("Discord refuses it."),
                    _("Reset the token in Discord's developer portal and set the new one."),
                )
            response.raise_for_status()
            name = (await response.json())["username"]
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as error:
        return Finding(
            Severity.WARNING,
            subject,
            _("Discord did not answer at {url}: {reason}.").format(
                url=settings.discord.api_url, reason=mask(str(error) or type(error).__name__)
            ),
            _("Check the network and discord.api_url."),
        )
    return Finding(Severity.FINE, subject, _("It belongs to the bot {name}.").format(name=name))


async def _application(settings: Settings) -> list[Finding]:
    subject = _("Database")
    try:
        async with opened_database(settings) as database:
            pending, shown = await database.pending_migrations(), database.url.shown
        if pending:
            message = _("{count} migrations are not applied to {database}.")
            remedy = _("Run `migrate`; `run` does it too.")
            return [
                Finding(Severity.BROKEN, subject, message.format(count=len(pending), database=shown), remedy),
            ]
        app = await App.open(settings, migrate=False)
    except DatabaseError as error:
        return [Finding(Severity.BROKEN, subject, str(error))]
    except GuildshopError as error:
        return [Finding(Severity.BROKEN, _("Plugins"), line) for line in str(error).splitlines()]
    try:
        up_to_date = _("{database} is up to date.").format(database=shown)
        return [Finding(Severity.FINE, subject, up_to_date), *await _stores(app), *await _plugins(app)]
    finally:
        await app.close()


async def _stores(app: App) -> list[Finding]:
    findings: list[Finding] = []
    if not app.stores.all():
        findings.append(
            Finding(
                Severity.WARNING,
                _("Stores"),
                _("There is none."),
                _("Run `store create --guild ID --name NAME`, or put one into the configuration."),
            )
        )
    failed = await app.dispatcher.failed()
    if failed:
        findings.append(
            Finding(
                Severity.WARNING,
                _("Events"),
                _("{count} deliveries have failed for good.").format(count=len(failed)),
                _("See `events list --failed`, mend the cause, then `events retry ID`."),
            )
        )
    return findings


async def _plugins(app: App) -> list[Finding]:
    findings: list[Finding] = []
    for plugin, checks in app.hooks("register_checks"):
        for check in checks:
            for store in (store.id for store in app.stores.all()) if check.per_store else (None,):
                findings += await _run(plugin, check, store)
    return findings


async def _run(plugin: str, check: Check, store: int | None) -> Sequence[Finding]:
    try:
        if store is None:
            return await check.examine(None)
        with scope(store):
            return await check.examine(store)
    except Exception as error:
        message = _("The check {name} failed: {error}.").format(
            name=check.name, error=mask(f"{type(error).__name__}: {error}")
        )
        return [Finding(Severity.BROKEN, plugin, message)]
