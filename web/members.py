"""Members of a Discord server on the web: they come by a one-time link, and may what their roles allow at the moment.

Each store's roles of a member are kept with the time at which Discord was asked; a session asks again when they are
older than half a minute, and before it changes anything when they are older than a few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.bot.reading import Access, read_access
from guildshop.database import new_id
from guildshop.errors import Unavailable
from guildshop.i18n import _
from guildshop.permissions import TEMPLATES, Actor, Origin
from guildshop.tenancy import every_store
from guildshop.web.tables import DiscordAccess, UserAccount

if TYPE_CHECKING:
    from guildshop.app import App

LOOK_AGE = timedelta(seconds=30)
"""How old roles may be for looking at pages."""
CHANGE_AGE = timedelta(seconds=3)
"""How old roles may be for changing anything."""
GRACE = timedelta(minutes=10)
"""How long known roles stay good while Discord does not answer."""
KERNEL = Actor.system(0, "members", origin=Origin.WEB)


async def remember_member(app: App, store_id: int, discord_id: int, name: str, access: Access) -> UUID:
    """Return the user of a Discord member, made by their first link, with the roles that they have now."""
    row = await app.database.fetch_one("SELECT id FROM user_account WHERE discord_id = :member", member=discord_id)
    user_id = row["id"] if row is not None else new_id()
    with every_store():
        async with app.work(KERNEL) as work:
            if row is None:
                # The mark in front cannot be typed, so that no name of a user can be the same; nor can a password fit.
                work.insert(
                    UserAccount,
                    id=user_id,
                    username=name[:100],
                    username_key=f"\x01discord:{discord_id}",
                    password="",
                    discord_id=discord_id,
                    active=True,
                    superuser=False,
                    created=work.now,
                    last_login=work.now,
                )
            else:
                work.update(UserAccount, user_id, username=name[:100], last_login=work.now)
            work.delete(DiscordAccess, where="store = :at AND user_account = :user", at=store_id, user=user_id)
            work.insert(
                DiscordAccess,
                id=new_id(),
                store=store_id,
                user_account=user_id,
                checked=work.now,
                **_columns(access),
            )
    return UUID(str(user_id))


async def templates_of_member(app: App, user_id: UUID) -> dict[int, frozenset[str]]:
    """Return the role templates of a member in each of their stores, by the settings of this moment."""
    known = {store.id for store in app.stores.all()}
    found = {row["store"]: _templates(app, row) for row in await _rows(app, user_id) if row["store"] in known}
    return {store: templates for store, templates in found.items() if templates}


async def check_again(app: App, user_id: UUID, discord_id: int, store_id: int | None, age: timedelta) -> None:
    """Ask Discord for a member's roles in a store where they are older than `age`, and keep what it says.

    Raises Unavailable when Discord has not answered for longer than `GRACE`.
    """
    row = next((row for row in await _rows(app, user_id) if row["store"] == store_id), None)
    now = app.now()
    if row is None or now - row["checked"] < age:
        return
    try:
        access = await read_access(app, app.stores.get(row["store"]), discord_id)
    except Unavailable as error:
        if now - row["checked"] < GRACE:
            return
        raise Unavailable(
            _("Discord does not answer, so your roles cannot be checked. Try again in a few minutes.")
        ) from error
    with every_store():
        async with app.work(KERNEL) as work:
            if access is None or not _templates(app, _as_row(row, access)):
                work.delete(DiscordAccess, where="id = :id", id=row["id"])
                return
            work.update(DiscordAccess, row["id"], **_columns(access), checked=now)


def highest(templates: frozenset[str]) -> str | None:
    """Return the template that allows most, which decides between `/admin` and `/staff`."""
    return next((template for template in TEMPLATES if template in templates), None)


async def _rows(app: App, user_id: UUID) -> Sequence[dict[str, Any]]:
    return await app.database.fetch(
        "SELECT id, store, roles, administrator, checked FROM discord_access WHERE user_account = :user ORDER BY store",
        user=user_id,
    )


def _templates(app: App, row: Mapping[str, Any]) -> frozenset[str]:
    roles = {int(role) for role in row["roles"].split(",") if role}
    return app.stores.templates_of(row["store"], roles, administrator=bool(row["administrator"]))


def _columns(access: Access) -> dict[str, Any]:
    return {
        "roles": ",".join(str(role) for role in sorted(access.roles)),
        "administrator": access.administrator,
    }


def _as_row(row: Mapping[str, Any], access: Access) -> dict[str, Any]:
    return {**row, **_columns(access)}
