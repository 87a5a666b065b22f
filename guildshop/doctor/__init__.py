"""The doctor: looks at the setup and says what is wrong and what to do about it.

One source for `check` on the command line, `/doctor` in Discord and the page: the same examinations of the
installation, of each store's Discord server, and of the plugins.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from guildshop.app import App
from guildshop.bot.reading import Application
from guildshop.config.settings import Settings
from guildshop.database import Database, open_database
from guildshop.doctor import installation
from guildshop.doctor.server import examine_server
from guildshop.errors import ConfigurationError, DatabaseError, GuildshopError
from guildshop.hookspecs import Check, Finding, Severity
from guildshop.i18n import _, ngettext
from guildshop.loading_checks import plugin_findings
from guildshop.logging import mask
from guildshop.mail import examine_mail
from guildshop.stores import Store
from guildshop.tenancy import scope

__all__ = ["examine", "examine_store", "opened_database"]


async def examine(load: Callable[[], Settings]) -> list[Finding]:
    """Return what there is to say of the whole installation; nothing is raised for a broken setup."""
    try:
        settings = load()
    except ConfigurationError as error:
        return [Finding(Severity.BROKEN, _("Configuration"), line) for line in str(error).splitlines()]
    findings = [Finding(Severity.FINE, _("Configuration"), _("{file} is in order.").format(file=settings.source))]
    application, found = await _installation(settings)
    return [*findings, *found, *await _data(settings, application)]


async def examine_store(app: App, store_id: int) -> list[Finding]:
    """Return what there is to say to the owner of one store, while Guildshop runs."""
    application, findings = await _installation(app.settings)
    findings += await plugin_findings(app, store_id)
    findings += await installation.examine_outbox(app, store_id)
    findings += await _store(app, app.stores.get(store_id), application)
    return [*findings, *await _plugins(app, [store_id])]


@asynccontextmanager
async def opened_database(
    settings: Settings, app: App | None = None, *, beside: bool = True
) -> AsyncIterator[Database]:
    """Open the configured database as it is, with the tables of the configured plugins, or of those of `app`.

    Also beside a Guildshop that serves the shop, unless told otherwise.
    """
    apps = (app or App.registered(settings)).piccolo_apps()
    database = await open_database(settings.database.url, apps=apps, migrate=False, beside=beside)
    try:
        yield database
    finally:
        await database.close()


async def _installation(settings: Settings) -> tuple[Application | None, list[Finding]]:
    application, findings = await installation.examine_discord(settings)
    return application, [*installation.examine_settings(settings), *await examine_mail(settings), *findings]


async def _data(settings: Settings, application: Application | None) -> list[Finding]:
    """Examine the database, the plugins and the stores; what cannot be opened is a finding."""
    subject = _("Database")
    try:
        async with opened_database(settings) as database:
            pending, shown = await database.pending_migrations(), database.url.shown
        if pending:
            message = ngettext(
                "{count} migration is not applied to {database}.",
                "{count} migrations are not applied to {database}.",
                len(pending),
            )
            remedy = _("Run `migrate`; `run` does it too.")
            return [Finding(Severity.BROKEN, subject, message.format(count=len(pending), database=shown), remedy)]
        app = await App.open(settings, migrate=False, beside=True)
    except DatabaseError as error:
        return [Finding(Severity.BROKEN, subject, str(error))]
    except GuildshopError as error:
        remedy = _("Mend or remove it, or take it out of plugins.enabled.")
        return [Finding(Severity.BROKEN, _("Plugins"), line, remedy) for line in str(error).splitlines()]
    try:
        findings = [Finding(Severity.FINE, subject, _("{database} is up to date.").format(database=shown))]
        findings += await plugin_findings(app)
        findings += await installation.examine_outbox(app)
        stores = app.stores.all()
        if not stores:
            findings.append(installation.no_store())
        for store in stores:
            found = await _store(app, store, application)
            found += await _plugins(app, [store.id])
            findings += _named(store, found) if len(stores) > 1 else found
        return findings
    finally:
        await app.close()


async def _store(app: App, store: Store, application: Application | None) -> list[Finding]:
    try:
        return await examine_server(app, store, application)
    except GuildshopError as error:
        return [Finding(Severity.WARNING, _("Discord server"), str(error), _("Check the network and try again."))]


def _named(store: Store, findings: Sequence[Finding]) -> list[Finding]:
    return [replace(finding, subject=f"{store.name}: {finding.subject}") for finding in findings]


async def _plugins(app: App, store_ids: Sequence[int]) -> list[Finding]:
    findings: list[Finding] = []
    for plugin, checks in app.hooks("register_checks"):
        for check in checks:
            if not check.per_store:
                findings += await _run(plugin, check, None)
                continue
            for store_id in store_ids:
                if app.stores.enabled(store_id, plugin):
                    findings += await _run(plugin, check, store_id)
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
        remedy = _("Update or switch off the plugin {plugin}, and tell its author.").format(plugin=plugin)
        return [Finding(Severity.BROKEN, plugin, message, remedy)]
