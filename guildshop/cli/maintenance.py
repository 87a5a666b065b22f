"""`check`, `migrate`, `backup`, `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guildshop.app import App
from guildshop.cli.boundary import FAILED
from guildshop.cli.opening import out, run_async
from guildshop.config.settings import load_settings
from guildshop.database import Database
from guildshop.database.backup import back_up, restore_backup
from guildshop.database.errors import MigrationFailed
from guildshop.doctor import examine, opened_database
from guildshop.hookspecs import Severity
from guildshop.i18n import _, ngettext

_MARKS = {Severity.FINE: "ok", Severity.WARNING: "!!", Severity.BROKEN: "XX"}


def check() -> int:
    """Look for what is wrong with the setup: one line per finding, and what to do."""
    findings = run_async(examine(load_settings))
    for finding in findings:
        remedy = f" {finding.remedy}" if finding.remedy else ""
        out.print(f"{_MARKS[finding.severity]}  {finding.subject}: {finding.message}{remedy}")
    return FAILED if any(finding.severity is Severity.BROKEN for finding in findings) else 0


def migrate(
    check: Annotated[bool, typer.Option("--check", help="Only say what is to be done; exit 1 if anything is.")] = False,
) -> int:
    """Bring the database up to date."""

    async def work() -> int:
        settings = load_settings()
        app = App.registered(settings)
        while True:
            try:
                async with opened_database(settings, app, beside=check) as database:
                    code = await (_say_pending(database) if check else _apply(database))
                break
            except MigrationFailed as error:
                # As `run` does: a stranger's broken migration keeps nobody else's from being applied.
                app = App.registered(settings, app.plugins.without(app.blame(error)))
        for failure in app.plugins.failures:
            out.print(_("Left out: {reason}. {remedy}").format(reason=failure.reason, remedy=failure.remedy))
        return FAILED if app.plugins.failures else code

    return run_async(work())


async def _apply(database: Database) -> int:
    applied = await database.migrate()
    text = ngettext(
        "Applied {count} migration; the database is up to date.",
        "Applied {count} migrations; the database is up to date.",
        len(applied),
    )
    out.print(text.format(count=len(applied)))
    return 0


async def _say_pending(database: Database) -> int:
    pending = await database.pending_migrations()
    for migration in pending:
        out.print(migration)
    if pending:
        text = ngettext(
            "{count} migration is to be applied: run `migrate`.",
            "{count} migrations are to be applied: run `migrate`.",
            len(pending),
        )
        out.print(text.format(count=len(pending)))
        return FAILED
    out.print(_("The database is up to date."))
    return 0


def backup(file: Annotated[Path, typer.Argument(help="The copy; it must not exist yet.")]) -> None:
    """Copy the SQLite database consistently, also while Guildshop runs."""
    size = back_up(load_settings().database.url, file)
    out.print(_("Wrote {file} ({size} KiB).").format(file=file, size=size // 1024))


def restore(file: Annotated[Path, typer.Argument(help="A copy made by `backup`.")]) -> None:
    """Put a backup in the place of the SQLite database; what was there is kept beside it."""
    kept = restore_backup(load_settings().database.url, file)
    out.print(_("Restored {file}.").format(file=file))
    if kept is not None:
        out.print(_("What was there before is now {file}.").format(file=kept))
