"""`run` and `demo`."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from guildshop.app import App
from guildshop.cli.opening import out, run_async
from guildshop.config.settings import load_settings
from guildshop.i18n import _, ngettext
from guildshop.logging import configure_logging
from guildshop.serving import Shards, serve

HOME_VARIABLE = "GUILDSHOP_HOME"


def run(
    shards: Annotated[str | None, typer.Option("--shards", help="Which shards, such as 0-3/16.")] = None,
    no_web: Annotated[bool, typer.Option("--no-web", help="Without the web pages.")] = False,
    no_discord: Annotated[bool, typer.Option("--no-discord", help="Without the bot.")] = False,
) -> None:
    """Run the bot, the web admin and the outbox until Ctrl-C or SIGTERM."""
    if no_web and no_discord:
        raise typer.BadParameter(_("--no-web and --no-discord together leave nothing to run."))
    try:
        chosen = None if shards is None else Shards.parse(shards)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    settings = load_settings()

    def ready(app: App) -> None:
        if app.web is not None:
            out.print(_("Web admin: {url}").format(url=f"{settings.web.public_url}/admin/"))
        if app.bot is not None:
            out.print(
                ngettext(
                    "Discord: signed in as {name}, {count} server",
                    "Discord: signed in as {name}, {count} servers",
                    len(app.bot.guilds),
                ).format(name=app.bot.user, count=len(app.bot.guilds))
            )
        out.print(_("Ctrl-C stops it."))

    run_async(serve(settings, web=not no_web, discord=not no_discord, shards=chosen, ready=ready))


def demo(
    web_port: Annotated[int, typer.Option("--web-port", help="Where the web admin listens.", min=1, max=65535)] = 8080,
    simulator_port: Annotated[
        int, typer.Option("--simulator-port", help="Where the simulated Discord listens.", min=1, max=65535)
    ] = 8090,
    database: Annotated[
        str | None, typer.Option("--database", help="A database URL in place of the demo's file.")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Start afresh: delete the demo's data first.")] = False,
) -> None:
    """Try the whole shop with a simulated Discord in the browser; no account or token is needed."""
    from guildshop.demo import Demo

    if not logging.getLogger().isEnabledFor(logging.DEBUG):  # what is printed below shall not drown
        configure_logging(level="WARNING")
    directory = Path(os.environ.get(HOME_VARIABLE) or ".") / "data" / "demo"
    run_async(
        Demo(
            directory,
            web_port=web_port,
            simulator_port=simulator_port,
            database_url=database,
            say=out.print,
        ).run(reset=reset)
    )
