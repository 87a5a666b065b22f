"""`store create`, `store list`, `store move`."""

from __future__ import annotations

from typing import Annotated

import typer

from guildshop.cli.opening import opened, out, print_table, run_async
from guildshop.i18n import _, pgettext

commands = typer.Typer(no_args_is_help=True, help="The stores of this installation.")

Guild = Annotated[int, typer.Option("--guild", help="The ID of the Discord server.", metavar="ID")]


@commands.command("create")
def create(
    guild: Guild,
    name: Annotated[str, typer.Option("--name", help="What the shop is called.")],
    currency: Annotated[str, typer.Option("--currency", help="An ISO 4217 code.")] = "USD",
) -> None:
    """Create the store of a Discord server."""

    async def work() -> None:
        async with opened() as app:
            store = await app.stores.create(guild, name, currency)
            out.print(
                _("Created the store {name} ({currency}) of the Discord server {guild}.").format(
                    name=store.name, currency=store.currency, guild=store.guild_id
                )
            )

    run_async(work())


@commands.command("list")
def list_stores() -> None:
    """List the stores."""

    async def work() -> None:
        async with opened() as app:
            stores = app.stores.all()
            if not stores:
                out.print(_("There is no store yet. `store create --guild ID --name NAME` makes one."))
                return
            print_table(
                (_("Discord server"), _("Name"), _("Currency"), _("Language"), _("State")),
                [
                    (
                        store.guild_id or "–",
                        store.name,
                        store.currency,
                        store.language,
                        pgettext("store", "open") if store.active else _("asleep"),
                    )
                    for store in stores
                ],
            )

    run_async(work())


@commands.command("move")
def move(
    source: Annotated[int, typer.Option("--from", help="The Discord server it has.", metavar="ID")],
    target: Annotated[int, typer.Option("--to", help="The Discord server it shall have.", metavar="ID")],
) -> None:
    """Bind a store to another Discord server; its customers, orders and settings go along."""

    async def work() -> None:
        async with opened() as app:
            store = await app.stores.move(source, target)
            out.print(
                _("Moved the store {name} to the Discord server {guild}.").format(name=store.name, guild=store.guild_id)
            )

    run_async(work())
