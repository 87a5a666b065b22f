"""The second factor of users: time-based codes (RFC 6238), and recovery codes for the day the phone is lost."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from guildshop.config.secret import remember_secret
from guildshop.credentials import CredentialBox
from guildshop.database import new_id
from guildshop.errors import ConfigurationError, Invalid, NotConfigured, Refusal
from guildshop.i18n import _
from guildshop.permissions import Actor, Origin
from guildshop.tenancy import every_store
from guildshop.web.passwords import verify_password
from guildshop.web.tables import RecoveryCode, Session, UserAccount
from guildshop.web.throttle import Throttle

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work
    from guildshop.web.users import User

KEY_BYTES = 20
DIGITS = 6
STEP_SECONDS = 30
DRIFT = (-1, 0, 1)
"""How many steps a phone's clock may be away from ours."""
RECOVERY_CODES = 10
RECOVERY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
KERNEL = Actor.system(0, "mfa", origin=Origin.WEB)


class SecondFactor:
    """Sets up, asks for and takes away the second factor; its key is stored encrypted, recovery codes hashed."""

    def __init__(self, app: App) -> None:
        """Work in this application."""
        self._app = app
        self._throttle = Throttle(app)

    async def begin(self, user: User) -> None:
        """Draw a new key for a user who has no second factor yet; it counts only once `confirm` took a code."""
        if user.mfa:
            raise Refusal(_("The second factor is on already. Turn it off first to set up another phone."))
        key = base64.b32encode(os.urandom(KEY_BYTES)).decode()
        async with self._work() as work:
            work.update(UserAccount, user.id, mfa_secret=self._seal(user.id, key), mfa_step=0)

    async def key(self, user: User) -> str:
        """Return the key that an authenticator app is given, while it is being set up."""
        sealed = await self._sealed(user.id)
        if user.mfa or not sealed:
            raise Refusal(_("There is no second factor being set up. Begin on your account page."))
        return self._open(user.id, sealed)

    async def confirm(self, user: User, code: str) -> list[str]:
        """Turn the second factor on for a right code; return the recovery codes, which are shown once."""
        key = await self.key(user)
        await self._throttle.claim(f"mfa:{user.id}")
        step = _step_of(key, code, self._app.now().timestamp())
        if step is None:
            raise Invalid.field("code", _("This code is wrong. Look at the app again; it changes every 30 seconds."))
        await self._throttle.forgive(f"mfa:{user.id}")
        codes = [_recovery_code() for _number in range(RECOVERY_CODES)]
        async with self._work() as work:
            work.update(UserAccount, user.id, mfa_on=True, mfa_step=step)
            work.delete(RecoveryCode, where="user_account = :user", user=user.id)
            for recovery in codes:
                work.insert(RecoveryCode, id=new_id(), user_account=user.id, code_hash=_hash(recovery))
        return codes

    async def turn_off(self, user: User, password: str, code: str) -> None:
        """Take the second factor away, for whoever knows the password and has the factor itself."""
        row = await self._app.database.fetch_one("SELECT password FROM user_account WHERE id = :id", id=user.id)
        await self._throttle.claim(f"password:{user.id}")
        if row is None or not await verify_password(row["password"], password):
            raise Invalid.field("password", _("The password is wrong. Nothing was changed."))
        await self._throttle.forgive(f"password:{user.id}")
        await self.check(user, code)
        async with self._work() as work:
            work.update(UserAccount, user.id, mfa_on=False, mfa_secret="", mfa_step=0)
            work.delete(RecoveryCode, where="user_account = :user", user=user.id)

    async def check(self, user: User, code: str) -> None:
        """Take a code of the app, or a recovery code, each once; Invalid for any other."""
        await self._throttle.claim(f"mfa:{user.id}")
        wrong = Invalid.field("code", _("This code is wrong or was used already. Wait for the next one."))
        key = self._open(user.id, await self._sealed(user.id))
        step = _step_of(key, code, self._app.now().timestamp())
        async with self._work() as work:
            if step is not None:
                work.guard(
                    UserAccount,
                    set="mfa_step = :step",
                    where="id = :id AND mfa_step < :step",
                    refusal=wrong,
                    id=user.id,
                    step=step,
                )
            else:
                work.delete(
                    RecoveryCode,
                    where="user_account = :user AND code_hash = :hash",
                    rows=1,
                    refusal=wrong,
                    user=user.id,
                    hash=_hash(code),
                )
        await self._throttle.forgive(f"mfa:{user.id}")

    async def pending_user(self, token_hash: str) -> UUID | None:
        """Return whose password was right in the session of this token, while the code is still to come."""
        row = await self._app.database.fetch_one(
            "SELECT user_account FROM session WHERE token_hash = :hash AND pending AND expires > :now",
            hash=token_hash,
            now=self._app.now(),
        )
        return None if row is None else UUID(str(row["user_account"]))

    async def end_pending(self, token_hash: str) -> None:
        """Forget the session that waited for the code."""
        async with self._work() as work:
            work.delete(Session, where="token_hash = :hash AND pending", hash=token_hash)

    async def codes_left(self, user: User) -> int:
        """Return how many recovery codes are unused."""
        rows = await self._app.database.fetch("SELECT id FROM recovery_code WHERE user_account = :user", user=user.id)
        return len(rows)

    def _work(self) -> Work:
        with every_store():
            return self._app.work(KERNEL)

    async def _sealed(self, user_id: UUID) -> str:
        row = await self._app.database.fetch_one("SELECT mfa_secret FROM user_account WHERE id = :id", id=user_id)
        return str(row["mfa_secret"]) if row is not None else ""

    def _box(self) -> CredentialBox:
        try:
            return CredentialBox([key.reveal() for key in self._app.settings.security.secret_keys])
        except ConfigurationError as error:
            raise NotConfigured(
                _("A second factor needs security.secret_key, which is not set or too short. Ask the shop's operator.")
            ) from error

    def _seal(self, user_id: UUID, key: str) -> str:
        remember_secret(key)
        return self._box().seal(0, f"mfa:{user_id}", key).hex()

    def _open(self, user_id: UUID, sealed: str) -> str:
        return self._box().open(0, f"mfa:{user_id}", bytes.fromhex(sealed))


def uri(key: str, username: str) -> str:
    """Return the address that authenticator apps open."""
    totp = TOTP(base64.b32decode(key), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - what every app computes
    return totp.get_provisioning_uri(username, "Guildshop")


def code_at(key: str, seconds: float) -> str:
    """Return the code that an app shows at a time (UNIX seconds)."""
    totp = TOTP(base64.b32decode(key), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - what every app computes
    return totp.generate(int(seconds)).decode()


def _step_of(key: str, code: str, seconds: float) -> int | None:
    """Return the time step that a code belongs to, None for a wrong one."""
    given = "".join(code.split())
    for drift in DRIFT:
        moment = seconds + drift * STEP_SECONDS
        if secrets.compare_digest(code_at(key, moment).encode(), given.encode()):
            return int(moment) // STEP_SECONDS
    return None


def _recovery_code() -> str:
    letters = "".join(secrets.choice(RECOVERY_ALPHABET) for _number in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def _hash(code: str) -> str:
    plain = "".join(character for character in code.lower() if character.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
