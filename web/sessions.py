"""The sessions of browsers: opened by signing in, kept alive by requests, ended by their user or by time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, NotFound
from guildshop.i18n import _
from guildshop.permissions import ActorKind
from guildshop.web.members import LOOK_AGE, check_again
from guildshop.web.passwords import new_token, token_hash
from guildshop.web.tables import Session
from guildshop.web.users import SignedIn, User, UserService, kernel_work

if TYPE_CHECKING:
    from guildshop.app import App

SESSION_COOKIE = "guildshop_session"
SESSION_LIFETIME = timedelta(hours=12)
"""Without a request for so long, a session ends."""
PENDING_LIFETIME = timedelta(minutes=10)
SESSION_LONGEST = timedelta(days=30)
SESSION_TOUCH = timedelta(minutes=10)
"""How exactly `seen` and `expires` are kept, to spare a write on every request."""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A browser that is signed in, as its user sees it."""

    id: UUID
    user_agent: str
    address: str
    created: datetime
    seen: datetime
    expires: datetime


class SessionService:
    """Sessions of browsers; their tokens are kept as SHA-256."""

    def __init__(self, app: App) -> None:
        """Work in this application."""
        self._app = app
        self._users = UserService(app)

    async def open(
        self, user: User, *, user_agent: str = "", address: str = "", store: int | None = None, pending: bool = False
    ) -> str:
        """Return the token of a new session, which is shown to the browser only.

        It stands in `store` if that is one of theirs; a `pending` one is good for nothing but the second factor.
        """
        token = new_token()
        now = self._app.now()
        async with kernel_work(self._app) as work:
            work.delete(Session, where="expires < :now")
            work.insert(
                Session,
                id=new_id(),
                token_hash=token_hash(token),
                user_account=user.id,
                chosen_store=self._standing(user, store),
                user_agent=user_agent[:300],
                address=address[:64],
                created=now,
                seen=now,
                expires=now + (PENDING_LIFETIME if pending else SESSION_LIFETIME),
                pending=pending,
            )
        return token

    async def of_cookie(self, token: str, *, role_age: timedelta = LOOK_AGE) -> SignedIn | None:
        """Return who is signed in by this session token, and keep the session alive.

        The Discord roles of a member are asked for anew when they are older than `role_age`.
        """
        row = await self._app.database.fetch_one(
            "SELECT id, user_account, chosen_store, created, seen, expires, pending FROM session"
            " WHERE token_hash = :hash",
            hash=token_hash(token),
        )
        now = self._app.now()
        if row is None or row["expires"] <= now or row["pending"]:
            return None
        user = await self._users.active(row["user_account"])
        if user is None:
            return None
        if user.discord_id is not None:
            standing = (
                row["chosen_store"] if self._users.role(user, row["chosen_store"]) else self._users.first_store(user)
            )
            await check_again(self._app, user.id, user.discord_id, standing, role_age)
            user = await self._users.get(user.id)
        if now - row["seen"] >= SESSION_TOUCH:
            until = min(now + SESSION_LIFETIME, row["created"] + SESSION_LONGEST)
            async with kernel_work(self._app) as work:
                work.guard(
                    Session,
                    set="seen = :now, expires = :until",
                    where="id = :id",
                    refusal=Forbidden(_("You have been signed out. Sign in again.")),
                    until=until,
                    id=row["id"],
                )
        return SignedIn(user, row["id"], self._standing(user, row["chosen_store"]), ActorKind.USER)

    async def last_user(self, token: str) -> UUID | None:
        """Return whose session a token was, also when it has ended by time; None once it is forgotten."""
        row = await self._app.database.fetch_one(
            "SELECT user_account FROM session WHERE token_hash = :hash AND NOT pending", hash=token_hash(token)
        )
        return None if row is None else row["user_account"]

    async def choose_store(self, signed_in: SignedIn, store: int) -> None:
        """Move a session to another of the user's stores; NotFound for one that is not theirs."""
        if self._users.role(signed_in.user, store) is None:
            raise NotFound(_("You have no such store."))
        async with kernel_work(self._app) as work:
            work.update(Session, signed_in.id, chosen_store=store)

    async def of_user(self, user_id: UUID) -> Sequence[SessionInfo]:
        """Return the browsers in which a user is signed in, the latest first."""
        rows = await self._app.database.fetch(
            "SELECT id, user_agent, address, created, seen, expires FROM session"
            " WHERE user_account = :user AND expires > :now AND NOT pending ORDER BY seen DESC, id DESC",
            user=user_id,
            now=self._app.now(),
        )
        return [SessionInfo(**row) for row in rows]

    async def revoke(self, user_id: UUID, session_id: UUID) -> None:
        """End one session of a user; NotFound for somebody else's."""
        async with kernel_work(self._app) as work:
            work.delete(
                Session,
                where="id = :id AND user_account = :user",
                rows=1,
                refusal=NotFound(_("That session has ended already.")),
                id=session_id,
                user=user_id,
            )

    async def end(self, token: str) -> None:
        """Sign out: end the session of this token, if there is one."""
        async with kernel_work(self._app) as work:
            work.delete(Session, where="token_hash = :hash", hash=token_hash(token))

    def _standing(self, user: User, chosen: int | None) -> int | None:
        """Return the store that a session stands in: the chosen one while it is theirs."""
        return chosen if self._users.role(user, chosen) else self._users.first_store(user)
