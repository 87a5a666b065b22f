"""Importing CSV files through the kinds that plugins register: every row checked first, all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from guildshop.errors import NotFound
from guildshop.hookspecs import ImportKind, ProgressCallback
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.spreadsheets import Sheet, read_sheet
from guildshop.tenancy import scope

if TYPE_CHECKING:
    from guildshop.app import App


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did: rows in the file, rows written, and each bad row's line in the file and its sentence."""

    rows: int
    written: int
    problems: Sequence[tuple[int, str]] = ()


def import_kind(app: App, name: str) -> ImportKind:
    """Return the kind of that name; NotFound says which there are."""
    kinds = {kind.name: kind for _plugin, found in app.hooks("register_imports") for kind in found}
    if name not in kinds:
        close = get_close_matches(name, list(kinds), n=1)
        text = _("There is nothing called {name} to import or export. What there is: {names}.")
        if close:
            text = _(
                "There is nothing called {name} to import or export. Did you mean {close}? What there is: {names}."
            )
        raise NotFound(text.format(name=name, close=close[0] if close else "", names=", ".join(sorted(kinds))))
    found: ImportKind = kinds[name]
    return found


async def import_sheet(
    app: App,
    actor: Actor,
    kind: ImportKind,
    file: Path,
    *,
    dry_run: bool = False,
    progress: ProgressCallback = lambda _done, _total, _bad=0: None,
) -> ImportResult:
    """Import a CSV file into the actor's store; with any bad row, nothing is written.

    Invalid says in one sentence why a file is none, such as a wrong encoding or header.
    """
    actor.require(kind.permission)
    sheet = await asyncio.to_thread(read_sheet, file, kind.columns, kind.required)
    return await import_rows(actor, kind, sheet, dry_run=dry_run, progress=progress)


async def import_rows(
    actor: Actor, kind: ImportKind, sheet: Sheet, *, dry_run: bool, progress: ProgressCallback
) -> ImportResult:
    """Import what a file holds, as `import_sheet` does."""
    actor.require(kind.permission)
    with scope(actor.store):
        report = await kind.run(actor, sheet.rows, dry_run or bool(sheet.problems), progress)
    problems = sorted([*sheet.problems, *((sheet.lines[row - 1], sentence) for row, sentence in report.problems)])
    return ImportResult(len(sheet.rows) + len(sheet.problems), 0 if problems else report.written, problems)
