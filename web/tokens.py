"""The bearer tokens of the API: each speaks for a user in one store."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.config.secret import remember_secret
from guildshop.database import new_id
from guildshop.errors import Forbidden, Invalid, NotFound, Refusal
from guildshop.i18n import _
from guildshop.permissions import Actor, ActorKind, Origin
from guildshop.web.passwords import API_TOKEN_PREFIX, new_token, token_hash
from guildshop.web.tables import ApiToken
from guildshop.web.users import SignedIn, UserService, kernel_work

if TYPE_CHECKING:
    from guildshop.app import App

TOKEN_TOUCH = timedelta(minutes=1)
"""How exactly `last_used` is kept, to spare a write on every request."""


class TokenService:
    """Bearer tokens; they are kept as SHA-256."""

    def __init__(self, app: App) -> None:
        """Work in this application."""
        self._app = app
        self._users = UserService(app)

    async def create(self, username: str, store: int, name: str = "", scopes: Collection[str] = ()) -> str:
        """Return a new bearer token of a user for a store; it is shown once and stored hashed.

        `scopes` are permissions: with any, the token is good for those alone, as far as its user has them.
        """
        for scope in sorted(scopes):
            if scope not in self._app.permissions.permissions:
                raise Invalid.field("scope", _("There is no permission called {name}.").format(name=scope))
        user = await self._users.by_name(username)
        if self._users.role(user, store) is None:
            raise Refusal(
                _("{name} has no role in the store {store}. Give one with `user create --store … --role …`.").format(
                    name=user.username, store=self._app.stores.get(store).name
                )
            )
        token = API_TOKEN_PREFIX + new_token()
        remember_secret(token)
        token_id = new_id()
        async with self._app.work(Actor.system(store, "users", origin=Origin.CLI)) as work:
            work.insert(
                ApiToken,
                id=token_id,
                store=store,
                user_account=user.id,
                name=name.strip()[:100] or _("Token of {name}").format(name=user.username),
                token_hash=token_hash(token),
                scopes=",".join(sorted(set(scopes))),
                created=work.now,
            )
            after = {"user": user.username, "scopes": sorted(set(scopes))}
            work.audit("token.create", subject="token", subject_id=token_id, after=after)
        return token

    async def of_bearer(self, token: str) -> SignedIn | None:
        """Return whom this bearer token speaks for."""
        row = await self._app.database.fetch_one(
            "SELECT id, store, user_account, scopes, last_used FROM api_token WHERE token_hash = :hash",
            hash=token_hash(token),
        )
        user = await self._users.active(row["user_account"]) if row else None
        if row is None or user is None or self._users.role(user, row["store"]) is None:
            return None
        now = self._app.now()
        if row["last_used"] is None or now - row["last_used"] >= TOKEN_TOUCH:
            async with kernel_work(self._app) as work:
                work.guard(
                    ApiToken,
                    set="last_used = :now",
                    where="id = :id",
                    refusal=Forbidden(_("This token has been revoked.")),
                    id=row["id"],
                )
        scopes = frozenset(row["scopes"].split(",")) if row["scopes"] else None
        return SignedIn(user, row["id"], row["store"], ActorKind.TOKEN, scopes)

    async def revoke(self, actor: Actor, token_id: UUID) -> None:
        """Revoke a token of the actor's store."""
        actor.require("settings.update")
        async with self._app.work(actor) as work:
            work.delete(
                ApiToken,
                where="store = :at AND id = :id",
                rows=1,
                refusal=NotFound(_("There is no such token.")),
                at=actor.store,
                id=token_id,
            )
            work.audit("token.revoke", subject="token", subject_id=token_id)
