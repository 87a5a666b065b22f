"""What commands share: an opened application, the store that was meant, and how to print."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.cells import cell_len
from rich.console import Console

from guildshop.app import App
from guildshop.config.settings import Settings, load_settings
from guildshop.errors import NotFound
from guildshop.i18n import _
from guildshop.permissions import Actor, Origin
from guildshop.stores import Store

Result = TypeVar("Result")

GuildOption = Annotated[int, typer.Option("--store", help="The ID of the store's Discord server.", metavar="GUILD")]

out = Console(soft_wrap=True, highlight=False, markup=False)


def run_async(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's coroutine to its end on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


@asynccontextmanager
async def opened(settings: Settings | None = None, *, migrate: bool = True, beside: bool = True) -> AsyncIterator[App]:
    """Open the configured application without bot, web and dispatcher, and close it again.

    Also beside a Guildshop that serves the shop, unless told otherwise: what writes for long would hold that up.
    """
    app = await App.open(settings or load_settings(), migrate=migrate, beside=beside)
    try:
        yield app
    finally:
        await app.close()


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows in columns, one line each, however wide the terminal is: so they can be searched and cut."""
    lines = [[str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        out.print("  ".join(cells).rstrip())


def store_of(app: App, guild: int) -> Store:
    """Return the store of a Discord server; NotFound says which there are."""
    store = app.stores.by_guild(guild)
    if store is None:
        known = ", ".join(f"{other.guild_id} ({other.name})" for other in app.stores.all() if other.guild_id)
        raise NotFound(
            _("The Discord server {guild} has no store. Stores: {known}.").format(
                guild=guild, known=known or _("none yet; `store create` makes one")
            )
        )
    return store


def operator(store: Store) -> Actor:
    """Return whoever sits at the command line, who may do everything in the store."""
    name = os.environ.get("USER") or os.environ.get("LOGNAME") or "operator"
    return Actor.system(store.id, f"cli:{name}", origin=Origin.CLI)
