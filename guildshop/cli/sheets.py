"""`import KIND FILE`, `export KIND`: CSV, whatever kinds the plugins register."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from guildshop.app import App
from guildshop.cli.boundary import FAILED
from guildshop.cli.opening import GuildOption, opened, operator, out, run_async, store_of
from guildshop.errors import NotFound, Refusal
from guildshop.hookspecs import ImportKind
from guildshop.i18n import _, ngettext
from guildshop.importing import ImportResult, import_kind, import_sheet
from guildshop.spreadsheets import write_sheet
from guildshop.tenancy import scope


def import_file(
    kind: Annotated[str, typer.Argument(help="What the file holds, such as products or customers.")],
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8 whose first line names the columns.")],
    store: GuildOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and write nothing.")] = False,
) -> int:
    """Import a CSV file: every row is checked first, then all are written or none."""

    async def work() -> int:
        async with opened(beside=False) as app:
            shop = store_of(app, store)
            with _progress(kind) as progress:
                task = progress.add_task(kind, total=None)
                result = await import_sheet(
                    app,
                    operator(shop),
                    import_kind(app, kind),
                    file,
                    dry_run=dry_run,
                    progress=lambda done, total, _bad=0: progress.update(task, completed=done, total=total),
                )
            return _report(result, file, dry_run=dry_run)

    return run_async(work())


def export_file(
    kind: Annotated[str, typer.Argument(help="What to export, such as customers, orders or products.")],
    store: GuildOption,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; standard output by default.")] = None,
) -> None:
    """Export as CSV, with the columns that import takes."""

    async def work() -> None:
        async with opened() as app:
            shop = store_of(app, store)
            count = await _export(app, import_kind(app, kind), shop.id, output)
            if output is not None:
                out.print(_exported(count).format(count=count, file=output))

    run_async(work())


def _exported(count: int) -> str:
    return ngettext("Exported {count} row to {file}.", "Exported {count} rows to {file}.", count)


async def _export(app: App, kind: ImportKind, store: int, output: Path | None) -> int:
    if kind.export is None:
        names = ", ".join(sorted(name for name, other in _kinds(app).items() if other.export is not None))
        raise NotFound(_("{kind} cannot be exported. What can: {names}.").format(kind=kind.name, names=names))
    actor = operator(app.stores.get(store))
    with scope(store):
        if output is None:
            sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
            return await write_sheet(sys.stdout, list(kind.columns), kind.export(actor))
        try:
            with output.open("w", encoding="utf-8-sig", newline="") as target:
                return await write_sheet(target, list(kind.columns), kind.export(actor))
        except OSError as error:
            raise Refusal(_("{file} cannot be written: {reason}.").format(file=output, reason=error.strerror)) from None


def _kinds(app: App) -> dict[str, ImportKind]:
    return {kind.name: kind for _plugin, kinds in app.hooks("register_imports") for kind in kinds}


def _progress(kind: str) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn(_("Importing {kind}").format(kind=kind)),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _report(result: ImportResult, file: Path, *, dry_run: bool) -> int:
    if result.problems:
        for line, sentence in result.problems:
            out.print(_("{file}, line {line}: {sentence}").format(file=file, line=line, sentence=sentence))
        out.print(
            ngettext(
                "{bad} of {rows} row cannot be imported. Nothing was written.",
                "{bad} of {rows} rows cannot be imported. Nothing was written.",
                result.rows,
            ).format(bad=len(result.problems), rows=result.rows)
        )
        return FAILED
    if dry_run:
        text = ngettext(
            "{rows} row is fine. Nothing was written (--dry-run).",
            "All {rows} rows are fine. Nothing was written (--dry-run).",
            result.rows,
        )
        out.print(text.format(rows=result.rows))
    else:
        out.print(
            ngettext(
                "Imported {rows} row from {file}; new or changed: {written}.",
                "Imported {rows} rows from {file}; new or changed: {written}.",
                result.rows,
            ).format(rows=result.rows, file=file, written=result.written)
        )
    return 0
