"""One-time links that sign a member of the Discord server in to the web."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from guildshop.bot.reading import Access, read_access
from guildshop.config.secret import remember_secret
from guildshop.database import new_id
from guildshop.errors import Forbidden, NotFound
from guildshop.i18n import _
from guildshop.permissions import Actor, Origin
from guildshop.plugins.staff import tables
from guildshop.plugins.staff.api import LinkUsed, SignInLink
from guildshop.tenancy import every_store, scope

if TYPE_CHECKING:
    from guildshop.app import App

LIFETIME = timedelta(minutes=5)
TOKEN_BYTES = 32
LONGEST_TOKEN = 100


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A link that was just used, and what its holder's Discord roles are at this moment."""

    link: SignInLink
    access: Access


class SignInService:
    """Makes and redeems one-time links; the token itself is never stored."""

    def __init__(self, app: App) -> None:
        """Work in this application."""
        self.app = app

    async def create(self, actor: Actor) -> str:
        """Return the token of a new link for the member who asks; Forbidden for members without a staff role."""
        if actor.discord_id is None or not actor.is_staff:
            raise Forbidden(_("This is for staff. Ask the shop's owner for a staff role."))
        token = secrets.token_urlsafe(TOKEN_BYTES)
        remember_secret(token)
        link_id = new_id()
        async with self.app.work(actor) as work:
            work.delete(tables.SignInLink, where="expires < :now AND discord_id = :member", member=actor.discord_id)
            work.insert(
                tables.SignInLink,
                id=link_id,
                discord_id=actor.discord_id,
                name=actor.name[:100],
                token_hash=_hash(token),
                created=work.now,
                expires=work.now + LIFETIME,
            )
            work.audit("signin.link", subject="sign_in_link", subject_id=link_id)
        return token

    async def look(self, token: str) -> SignInLink:
        """Return the link of a token without using it; refused, saying why, when it cannot be used any more."""
        row = None
        if 0 < len(token) <= LONGEST_TOKEN:
            with every_store():
                row = await self.app.database.fetch_one(
                    "SELECT id, store, discord_id, name, expires, used_at FROM sign_in_link WHERE token_hash = :hash",
                    hash=_hash(token),
                )
        if row is None:
            raise NotFound(_("This link is unknown. Use /dashboard in Discord to get a new one."))
        link = SignInLink(**row)
        if link.used_at is not None:
            raise LinkUsed(_("This link was used already. Use /dashboard in Discord to get a new one."))
        if link.expires <= self.app.now():
            raise LinkUsed(_("This link is too old: it works for 5 minutes. Use /dashboard in Discord for a new one."))
        return link

    async def redeem(self, token: str) -> Redeemed:
        """Use a link, once: its holder's Discord roles are asked for anew and must still make them staff."""
        link = await self.look(token)
        store = self.app.stores.get(link.store)
        access = await read_access(self.app, store, link.discord_id)
        templates = self.app.stores.templates_of(
            store.id, access.roles if access else (), administrator=access is not None and access.administrator
        )
        if access is None or not self.app.stores.permissions_of(store.id, *templates):
            raise Forbidden(
                _("Your Discord roles do not let you into {store} any more. Ask its owner for a staff role.").format(
                    store=store.name
                )
            )
        actor = Actor.system(store.id, "signin", origin=Origin.WEB)
        with scope(store.id):
            async with self.app.work(actor) as work:
                work.guard(
                    tables.SignInLink,
                    set="used_at = :now",
                    where="id = :id AND used_at IS NULL",
                    refusal=LinkUsed(_("This link was used already. Use /dashboard in Discord to get a new one.")),
                    id=link.id,
                )
                work.audit(
                    "signin.use", subject="member", subject_id=str(link.discord_id), after={"roles": sorted(templates)}
                )
        return Redeemed(link, access)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
