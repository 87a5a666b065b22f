"""All commands under their names."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer
from typer.core import TyperGroup
from typer.main import get_group

from guildshop.cli import accounts, events, maintenance, plugins, sheets, shops, start


def _show_version(value: bool) -> None:
    if value:
        typer.echo(version("guildshop"))
        raise typer.Exit


def command() -> TyperGroup:
    """Return the whole command line."""
    root = typer.Typer(
        no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )

    @root.callback()
    def guildshop(
        version: Annotated[
            bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
        ] = False,
        debug: Annotated[
            bool, typer.Option("--debug", help="Show tracebacks and debug lines; may stand anywhere.")
        ] = False,
    ) -> None:
        """A shop in a Discord server: the bot, its web admin, and what looks after them."""

    root.command("demo")(start.demo)
    root.command("run")(start.run)
    root.command("check")(maintenance.check)
    root.command("migrate")(maintenance.migrate)
    root.command("backup")(maintenance.backup)
    root.command("restore")(maintenance.restore)
    root.command("import")(sheets.import_file)
    root.command("export")(sheets.export_file)
    root.add_typer(shops.commands, name="store")
    root.add_typer(accounts.commands, name="user")
    root.add_typer(plugins.commands, name="plugins")
    root.add_typer(events.commands, name="events")
    return get_group(root)
