"""`user create`, `user password`, `user token`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from guildshop.cli.opening import opened, out, run_async, store_of
from guildshop.config.secret import remember_secret
from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.permissions import OWNER
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService

PASSWORD_VARIABLE = "GUILDSHOP_PASSWORD"  # noqa: S105 - a variable's name

commands = typer.Typer(no_args_is_help=True, help="Who signs in to the web admin.")

Username = Annotated[str, typer.Option("--username", help="The name to sign in with.", metavar="U")]


@commands.command("create")
def create(
    username: Username,
    superuser: Annotated[bool, typer.Option("--superuser", help="Owner of every store.")] = False,
    store: Annotated[int | None, typer.Option("--store", help="The Discord server's ID.", metavar="GUILD")] = None,
    role: Annotated[str, typer.Option("--role", help="Owner, Admin, Manager, Support, …")] = OWNER,
) -> None:
    """Create a user; the password comes from GUILDSHOP_PASSWORD or is asked for."""
    if store is None and not superuser:
        raise typer.BadParameter(_("Give --store GUILD (and --role), or --superuser."))
    password = _password()

    async def work() -> None:
        async with opened() as app:
            number = None if store is None else store_of(app, store).id
            user = await UserService(app).create_user(username, password, superuser=superuser, store=number, role=role)
            what = _("superuser") if superuser else role
            out.print(_("Created the user {name} ({role}).").format(name=user.username, role=what))

    run_async(work())


@commands.command("password")
def password(username: Username) -> None:
    """Set a user's new password, from GUILDSHOP_PASSWORD or asked for; every browser of theirs is signed out."""
    chosen = _password()

    async def work() -> None:
        async with opened() as app:
            users = UserService(app)
            user = await users.by_name(username)
            await users.set_password(user.id, chosen)
            out.print(_("Set a new password for {name}.").format(name=user.username))

    run_async(work())


@commands.command("token")
def token(
    username: Username,
    store: Annotated[int, typer.Option("--store", help="The Discord server's ID.", metavar="GUILD")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="A permission that it is limited to, such as order.read; may be given again.", metavar="NAME"
        ),
    ] = None,
) -> None:
    """Print a bearer token for the API, once; it is stored hashed."""

    async def work() -> None:
        async with opened() as app:
            out.print(await TokenService(app).create(username, store_of(app, store).id, scopes=scope or ()))

    run_async(work())


def _password() -> str:
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if not password:
        if not sys.stdin.isatty():
            raise Invalid(_("There is no terminal to ask for a password: set {name}.").format(name=PASSWORD_VARIABLE))
        password = str(typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True, err=True))
    remember_secret(password)
    return password
