"""Setting a forgotten password anew: a request by name or email, an emailed link, a new password.

Whether somebody exists is looked up by the delivery and not while the visitor waits, so the answer and its time tell
nothing. The link's token is made from `security.secret_key` and the row's ID: the database holds only its SHA-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from guildshop.credentials import CredentialBox
from guildshop.database import new_id
from guildshop.errors import ConfigurationError, NotConfigured, NotFound, Refusal
from guildshop.events import Delivery, Event
from guildshop.hookspecs import Listener
from guildshop.i18n import _, current_locale, use_locale
from guildshop.mail import Letter, link_tokens, token_hash, token_of
from guildshop.permissions import Actor, Origin
from guildshop.web.passwords import check_password_rules, hash_password
from guildshop.web.tables import PasswordReset, PasswordResetRequest, Session, UserAccount
from guildshop.web.throttle import Throttle
from guildshop.web.users import User, UserService, fold, kernel_work

if TYPE_CHECKING:
    from guildshop.app import App

log = structlog.get_logger(__name__)

LIFETIME = timedelta(hours=1)
MOST_AT_ONCE = 3
"""How many unused links a user can have, so that nobody's mailbox is filled by a stranger."""
LONGEST_NAME = 254
SEALED_AS = "password-reset"
SEND_PERMISSION = "customer.update"


@dataclass(frozen=True, slots=True)
class PasswordResetRequested(Event):
    """Somebody says that they forgot a password; what they typed lies sealed in a row until it was looked up."""

    request: UUID
    locale: str


@dataclass(frozen=True, slots=True)
class PasswordResetGranted(Event):
    """A link to a new password is to be emailed."""

    reset: UUID
    locale: str


class LinkGone(NotFound):
    """The link was used, has expired, or never was one."""

    code = "link-gone"


class PasswordResets:
    """The use cases around a forgotten password."""

    def __init__(self, app: App) -> None:
        """Work in this application."""
        self._app = app
        self._users = UserService(app)

    @property
    def problem(self) -> str:
        """Why passwords are not reset by email here, as a sentence; empty when they are."""
        if not self._app.mail.enabled:
            return self._app.mail.problem
        if not any(key.is_set for key in self._app.settings.security.secret_keys):
            return _("security.secret_key is not set.")
        return ""

    async def request(self, typed: str, address: str) -> None:
        """Take a request by username or email; it is looked up later. Refused only after too many of them."""
        text = fold(typed)
        await Throttle(self._app).claim(f"address:reset:{address}", f"reset:{text[:LONGEST_NAME]}")
        stores = self._app.stores.all()
        if self.problem or not stores or not text or len(text) > LONGEST_NAME:
            return
        request = new_id()
        sealed = self._box().seal(0, SEALED_AS, text).hex()
        async with self._app.work(Actor.system(stores[0].id, "password-reset", origin=Origin.WEB)) as work:
            work.insert(PasswordResetRequest, id=request, sealed=sealed, created=work.now)
            work.record(PasswordResetRequested(request, current_locale()))

    async def send(self, actor: Actor, user_id: UUID) -> User:
        """Email a user of the actor's store a link to a new password; nobody else ever sees it."""
        actor.require(SEND_PERMISSION)
        if self.problem:
            raise NotConfigured(
                _("No email can be sent: {problem} Have the operator run `user password`.").format(problem=self.problem)
            )
        user = await self._users.get(user_id)
        if actor.store not in self._users.stores_of(user):
            raise NotFound(_("There is no such user."))
        if not _can_reset(user):
            raise Refusal(_("{name} has no email address on file, or signs in by Discord.").format(name=user.username))
        async with self._app.work(actor) as work:
            reset, columns = self._new(user.id)
            work.insert(PasswordReset, **columns, created=work.now, expires=work.now + LIFETIME)
            work.record(PasswordResetGranted(reset, self._app.stores.get(actor.store).language))
            work.audit("user.password_reset_email", subject="user", subject_id=user.id)
        return user

    async def user_of(self, token: str) -> User:
        """Return whose link this is; LinkGone when it is good for nothing any more."""
        return await self._users.get((await self._row(token))["user_account"])

    async def set_password(self, token: str, password: str) -> None:
        """Set the password, once; all links end with it, and all sessions. A second factor stays."""
        row = await self._row(token)
        user = await self._users.get(row["user_account"])
        check_password_rules(password, user.username)
        hashed = await hash_password(password)
        async with kernel_work(self._app) as work:
            work.delete(
                PasswordReset,
                where="id = :id AND expires > :now",
                rows=1,
                refusal=_gone(),
                id=row["id"],
            )
            work.update(UserAccount, user.id, password=hashed)
            work.delete(PasswordReset, where="user_account = :user", user=user.id)
            work.delete(Session, where="user_account = :user", user=user.id)

    # Listeners

    def listeners(self) -> list[Listener]:
        """Return who hears the events of this room."""
        return [
            Listener(PasswordResetRequested, "web.password_reset_requested", self.look_up),
            Listener(PasswordResetGranted, "web.password_reset_granted", self.email),
        ]

    async def look_up(self, event: PasswordResetRequested, delivery: Delivery) -> None:
        """Grant links to those whose name or email was typed, and forget what was typed."""
        row = await self._app.database.fetch_one(
            "SELECT sealed FROM password_reset_request WHERE id = :id", id=event.request
        )
        text = "" if row is None else self._box().open(0, SEALED_AS, bytes.fromhex(row["sealed"]))
        found = [user for user in await self._named(text) if await self._has_room(user)] if text else []
        async with delivery.work() as work:
            work.delete(
                PasswordResetRequest, where="id = :id OR created < :old", id=event.request, old=work.now - LIFETIME
            )
            work.delete(PasswordReset, where="expires < :now")
            for user in found:
                reset, columns = self._new(user.id)
                work.insert(PasswordReset, **columns, created=work.now, expires=work.now + LIFETIME)
                work.record(PasswordResetGranted(reset, event.locale))

    async def email(self, event: PasswordResetGranted, delivery: Delivery) -> None:
        """Send the link, unless it has ended meanwhile."""
        row = await self._app.database.fetch_one(
            "SELECT user_account, token_hash, expires FROM password_reset WHERE id = :id", id=event.reset
        )
        if row is None or row["expires"] <= self._app.now():
            return
        user = await self._users.get(row["user_account"])
        token = token_of(self._app.settings, SEALED_AS, event.reset, row["token_hash"])
        if token is None or not _can_reset(user):
            return
        store = self._app.stores.get(delivery.store)
        with use_locale(event.locale):
            letter = Letter(
                _("Set a new password"),
                [
                    _("Somebody, hopefully you, asked for a new password of the user {name}.").format(
                        name=user.username
                    ),
                    _("The link works once, for one hour. If it was not you, do nothing: your password stays."),
                ],
                button=_("Set a new password"),
                link=f"{self._app.settings.web.public_url}/password-reset/{token}",
            )
            content = self._app.mail.letter(store, letter)
        outcome = await self._app.mail.send(store, user.email, content, key=delivery.id)
        if not outcome.delivered:
            log.warning("password_reset.undelivered", user=user.username, reason=outcome.reason)

    # Within

    async def _named(self, text: str) -> list[User]:
        rows = await self._app.database.fetch(
            "SELECT id FROM user_account WHERE active AND discord_id IS NULL AND email <> ''"
            " AND (username_key = :text OR LOWER(email) = :text) ORDER BY id LIMIT 5",
            text=text,
        )
        return [await self._users.get(row["id"]) for row in rows]

    async def _has_room(self, user: User) -> bool:
        row = await self._app.database.fetch_one(
            "SELECT COUNT(*) AS n FROM password_reset WHERE user_account = :user AND expires > :now",
            user=user.id,
            now=self._app.now(),
        )
        return row is None or row["n"] < MOST_AT_ONCE

    async def _row(self, token: str) -> dict[str, Any]:
        row = await self._app.database.fetch_one(
            "SELECT r.id, r.user_account, r.expires FROM password_reset r JOIN user_account u ON u.id = r.user_account"
            " WHERE r.token_hash = :hash AND u.active",
            hash=token_hash(token),
        )
        if row is None or row["expires"] <= self._app.now():
            raise _gone()
        return row

    def _new(self, user_id: UUID) -> tuple[UUID, dict[str, Any]]:
        reset = new_id()
        hashed = token_hash(link_tokens(self._app.settings, SEALED_AS, reset)[0])
        return reset, {"id": reset, "user_account": user_id, "token_hash": hashed}

    def _box(self) -> CredentialBox:
        try:
            return CredentialBox([key.reveal() for key in self._app.settings.security.secret_keys])
        except ConfigurationError as error:
            raise NotConfigured(_("Passwords are not reset by email here: {reason}").format(reason=error)) from error


def _can_reset(user: User) -> bool:
    return user.active and user.discord_id is None and bool(user.email)


def _gone() -> LinkGone:
    return LinkGone(_("This link was used already or has expired. Ask for a new one."))
