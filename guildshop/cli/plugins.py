"""`plugins list`."""

from __future__ import annotations

from typing import Annotated

import typer

from guildshop.cli.opening import opened, print_table, run_async, store_of
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
            headings = [_("Plugin"), _("Needs")]
            if shop is not None:
                headings.append(_("In {store}").format(store=shop.name))
            rows = []
            for plugin in app.plugins:
                row = [plugin.name, ", ".join(plugin.requires) or "–"]
                if shop is not None:
                    row.append(_("on") if app.stores.enabled(shop.id, plugin.name) else _("off"))
                rows.append([*row, _(plugin.description)])
            print_table([*headings, _("What it adds")], rows)

    run_async(work())
