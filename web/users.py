"""Users of the web: creating them, checking their passwords, and what they may do in which store."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, Invalid, NotFound, Refusal
from guildshop.i18n import _
from guildshop.isolation import isolated
from guildshop.mail.addresses import mailbox
from guildshop.permissions import OWNER, TEMPLATES, Actor, ActorKind, Origin
from guildshop.tenancy import every_store
from guildshop.web.members import highest, templates_of_member
from guildshop.web.passwords import (
    check_password_rules,
    hash_password,
    needs_rehash,
    verify_password,
)
from guildshop.web.tables import Membership, PasswordReset, Session, UserAccount
from guildshop.web.throttle import Throttle

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

LONGEST_USERNAME = 100
KERNEL = Actor.system(0, "users", origin=Origin.WEB)
"""Who writes rows that belong to no store."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. `roles` maps the ID of each of their stores to the role template there."""

    id: UUID
    username: str
    email: str
    active: bool
    superuser: bool
    created: datetime
    roles: dict[int, str]
    templates: dict[int, frozenset[str]] = field(default_factory=dict)
    """Of a Discord member, all role templates that their roles stand for; `roles` has the highest."""
    discord_id: int | None = None
    mfa: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A valid session or token: whose, which one, and the store it stands in."""

    user: User
    id: UUID
    store: int | None
    kind: ActorKind
    scopes: frozenset[str] | None = None
    """The permissions that a token is limited to; None for all that the user has."""


class UserService:
    """Users and their roles in stores. Passwords are kept as argon2id."""

    def __init__(self, app: App) -> None:
        """Work in this application."""
        self._app = app
        self._throttle = Throttle(app)

    # Users

    async def create_user(
        self,
        username: str,
        password: str,
        *,
        superuser: bool = False,
        store: int | None = None,
        role: str = OWNER,
        email: str = "",
    ) -> User:
        """Create a user, with a role in a store if one is given; Invalid for a bad name, password or role."""
        name, key = _username(username)
        check_password_rules(password, name)
        if store is not None:
            self._app.stores.get(store)
            _check_role(role)
        user_id = new_id()
        taken = Invalid.field(
            "username", _("There is a user called {name} already. Choose another name.").format(name=name)
        )
        if await self._row(key) is not None:
            raise taken
        hashed = await hash_password(password)
        async with self._app.work(Actor.system(store or 0, "users", origin=Origin.CLI)) as work:
            work.insert(
                UserAccount,
                conflict=taken,
                id=user_id,
                username=name,
                username_key=key,
                password=hashed,
                email=email.strip(),
                active=True,
                superuser=superuser,
                created=work.now,
            )
            if store is not None:
                work.insert(Membership, id=new_id(), store=store, user_account=user_id, role=role, created=work.now)
                work.audit("user.create", subject="user", subject_id=user_id, after={"username": name, "role": role})
        return await self.get(user_id)

    async def get(self, user_id: UUID) -> User:
        """Return the user; NotFound when there is none."""
        row = await self._app.database.fetch_one("SELECT * FROM user_account WHERE id = :id", id=user_id)
        if row is None:
            raise NotFound(_("There is no such user."))
        return await self._user(row)

    async def active(self, user_id: UUID) -> User | None:
        """Return the user while they may sign in; None when they may not, or there is none."""
        row = await self._app.database.fetch_one("SELECT * FROM user_account WHERE id = :id", id=user_id)
        if row is None or not row["active"]:
            return None
        user = await self._user(row)
        try:
            await self._check(user)
        except Refusal:
            return None
        return user

    async def by_name(self, username: str) -> User:
        """Return the user of that name, in any case; NotFound when there is none."""
        row = await self._row(fold(username))
        if row is None:
            raise NotFound(
                _("There is no user called {name}. Create one with `user create`.").format(name=username.strip())
            )
        return await self._user(row)

    async def grant(self, username: str, store: int, role: str) -> User:
        """Give a user a role in a store, in place of the one they have there."""
        _check_role(role)
        self._app.stores.get(store)
        user = await self.by_name(username)
        async with self._app.work(Actor.system(store, "users", origin=Origin.CLI)) as work:
            if user.roles.get(store) == OWNER and role != OWNER:
                await self._keep_an_owner(work, user, store)
            work.delete(Membership, where="store = :at AND user_account = :user", at=store, user=user.id)
            work.insert(Membership, id=new_id(), store=store, user_account=user.id, role=role, created=work.now)
            work.audit(
                "user.grant",
                subject="user",
                subject_id=user.id,
                before={"role": user.roles.get(store)},
                after={"role": role},
            )
        return await self.get(user.id)

    async def set_password(self, user_id: UUID, password: str) -> None:
        """Set a new password and end all of the user's sessions."""
        user = await self.get(user_id)
        check_password_rules(password, user.username)
        hashed = await hash_password(password)
        async with kernel_work(self._app) as work:
            work.update(UserAccount, user_id, password=hashed)
            work.delete(PasswordReset, where="user_account = :user", user=user_id)
            work.delete(Session, where="user_account = :user", user=user_id)

    async def change_password(self, user_id: UUID, current: str, password: str) -> None:
        """Set a new password for somebody who knows the current one; ends all of their sessions."""
        await self._require_password(user_id, current, "current_password")
        await self.set_password(user_id, password)

    async def change_email(self, user_id: UUID, current: str, email: str) -> None:
        """Set the address at which a user can have a forgotten password reset; empty for none.

        Links that were sent to the former one end.
        """
        address = email.strip()
        if address:
            try:
                address = mailbox(address).address
            except ValueError:
                message = _("“{email}” is no email address. Write it like name@example.org.")
                raise Invalid.field("email", message.format(email=email[:80])) from None
        await self._require_password(user_id, current, "email_password")
        async with kernel_work(self._app) as work:
            work.update(UserAccount, user_id, email=address)
            work.delete(PasswordReset, where="user_account = :user", user=user_id)

    async def set_active(self, user_id: UUID, active: bool) -> None:
        """Let a user in again, or shut them out at once: sessions end and tokens stop working."""
        user = await self.get(user_id)
        losing = not active and user.discord_id is None
        owned = [store for store, role in user.roles.items() if role == OWNER and losing]
        async with kernel_work(self._app) as work:
            for store in owned:
                await self._keep_an_owner(work, user, store)
            work.update(UserAccount, user_id, active=active)
            if not active:
                work.delete(Session, where="user_account = :user", user=user_id)

    # Signing in

    async def authenticate(self, username: str, password: str, address: str = "") -> User:
        """Return the user whose name and password these are.

        Refused with the same sentence, after the same time, whatever is wrong; refused at once after too many
        failures for this name or from this address, whichever process counted them.
        """
        key = fold(username)[:LONGEST_USERNAME]
        await self._throttle.claim(f"address:{address}", f"user:{key}")
        row = await self._row(key)
        fits = await verify_password(row["password"] if row else None, password)
        if row is None or not fits or not row["active"]:
            raise Forbidden(_("Username and password do not match. Check both and try again."))
        await self._throttle.forgive(f"user:{key}")
        await self._throttle.give_back(f"address:{address}")
        user = await self._user(row)
        await self._check(user)
        changes: dict[str, Any] = {"last_login": self._app.now()}
        if needs_rehash(row["password"]):
            changes["password"] = await hash_password(password)
        async with kernel_work(self._app) as work:
            work.update(UserAccount, row["id"], **changes)
        return user

    # What they may do

    def role(self, user: User, store: int | None) -> str | None:
        """Return the user's role template in a store; a superuser is Owner everywhere."""
        if store is None or store not in {known.id for known in self._app.stores.all()}:
            return None
        return OWNER if user.superuser else user.roles.get(store)

    def stores_of(self, user: User) -> list[int]:
        """Return the IDs of the stores that the user may enter."""
        return [store.id for store in self._app.stores.all() if self.role(user, store.id)]

    def first_store(self, user: User) -> int | None:
        """Return the store in which a new session of the user stands."""
        return next(iter(self.stores_of(user)), None)

    def actor(self, signed_in: SignedIn, origin: Origin) -> Actor | None:
        """Return the actor that a session or token makes in its store; None while it stands in none."""
        role = self.role(signed_in.user, signed_in.store)
        if role is None or signed_in.store is None:
            return None
        templates = signed_in.user.templates.get(signed_in.store, frozenset({role}))
        permissions = self._app.stores.permissions_of(signed_in.store, *templates)
        return Actor(
            kind=signed_in.kind,
            id=str(signed_in.user.id),
            name=signed_in.user.username,
            store=signed_in.store,
            permissions=permissions if signed_in.scopes is None else permissions & signed_in.scopes,
            origin=origin,
            templates=templates,
            withheld=frozenset() if signed_in.scopes is None else permissions - signed_in.scopes,
        )

    # Within

    async def _check(self, user: User) -> None:
        """Refuse a user whom a plugin keeps out; whoever has a role in a store is let in and shut out there."""
        if user.roles or user.superuser:
            return
        for plugin, checks in self._app.hooks("register_sign_in_checks"):
            for check in checks:
                with isolated(plugin, "sign-in check"):
                    await check(user.id)

    async def _require_password(self, user_id: UUID, current: str, field: str) -> None:
        row = await self._app.database.fetch_one("SELECT password FROM user_account WHERE id = :id", id=user_id)
        await self._throttle.claim(f"password:{user_id}")
        if row is None or not await verify_password(row["password"], current):
            raise Invalid.field(field, _("The current password is wrong. Nothing was changed."))
        await self._throttle.forgive(f"password:{user_id}")

    async def _keep_an_owner(self, work: Work, user: User, store: int) -> None:
        """Refuse, in the Work that takes it from them, to leave a store without anybody who may sign in as owner."""
        superusers = await self._app.database.fetch_one(
            "SELECT COUNT(*) AS n FROM user_account WHERE superuser AND active AND id <> :user", user=user.id
        )
        if superusers is not None and superusers["n"]:
            return
        work.require(
            Membership,
            where="store = :at AND role = :owner AND user_account <> :user"
            " AND user_account IN (SELECT id FROM user_account WHERE active)",
            refusal=Refusal(
                _("{name} is the last owner of {store} who signs in here. Make somebody else owner first.").format(
                    name=user.username, store=self._app.stores.get(store).name
                )
            ),
            at=store,
            owner=OWNER,
            user=user.id,
        )

    async def _row(self, key: str) -> dict[str, Any] | None:
        return await self._app.database.fetch_one("SELECT * FROM user_account WHERE username_key = :key", key=key)

    async def _user(self, row: dict[str, Any]) -> User:
        templates = await templates_of_member(self._app, row["id"]) if row["discord_id"] is not None else {}
        roles = await self._app.database.fetch(
            "SELECT store, role FROM membership WHERE user_account = :user ORDER BY store", user=row["id"]
        )
        return User(
            id=row["id"],
            username=row["username"],
            email=row["email"],
            active=bool(row["active"]),
            superuser=bool(row["superuser"]),
            created=row["created"],
            roles={found["store"]: found["role"] for found in roles}
            | {store: role for store, held in templates.items() if (role := highest(held)) is not None},
            templates=templates,
            discord_id=row["discord_id"],
            mfa=bool(row["mfa_on"]),
        )


def kernel_work(app: App) -> Work:
    """Open a Work for rows that belong to no store."""
    with every_store():
        return app.work(KERNEL)


def fold(username: str) -> str:
    """Return what two spellings of one username or email have in common."""
    return unicodedata.normalize("NFKC", username.strip()).casefold()


def _username(username: str) -> tuple[str, str]:
    name = unicodedata.normalize("NFC", username.strip())
    if not name or len(name) > LONGEST_USERNAME or not name.isprintable():
        raise Invalid.field(
            "username",
            _("“{name}” cannot be a username. Give 1 to {most} printable characters.").format(
                name=name[:40], most=LONGEST_USERNAME
            ),
        )
    return name, fold(name)


def _check_role(role: str) -> None:
    if role not in TEMPLATES:
        raise Invalid.field(
            "role", _("There is no role {role}. Choose one of: {roles}.").format(role=role, roles=", ".join(TEMPLATES))
        )
