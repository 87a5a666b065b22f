"""`plugins list`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from guildshop.cli.opening import opened, out, run_async, store_of
from guildshop.i18n import _

commands = typer.Typer(no_args_is_help=True, help="What this installation can do.")


@commands.callback()
def group() -> None:
    """Show the plugins."""


@commands.command("list")
def list_plugins(
    store: Annotated[int | None, typer.Option("--store", help="The Discord server's ID.", metavar="GUILD")] = None,
) -> None:
    """List the plugins of this process and, for a store, which are on."""

    async def work() -> None:
        async with opened() as app:
            shop = None if store is None else store_of(app, store)
            table = Table(box=None, pad_edge=False)
            for heading in (_("Plugin"), _("Needs"), _("What it adds")):
                table.add_column(heading)
            if shop is not None:
                table.add_column(_("In {store}").format(store=shop.name))
            for plugin in app.plugins:
                row = [plugin.name, ", ".join(plugin.requires) or "–", _(plugin.description)]
                if shop is not None:
                    row.append(_("on") if app.stores.enabled(shop.id, plugin.name) else _("off"))
                table.add_row(*row)
            out.print(table)

    run_async(work())
