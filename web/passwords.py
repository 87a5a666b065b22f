"""Passwords and tokens: argon2id for what people choose, SHA-256 for what we draw ourselves."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from guildshop.errors import Invalid
from guildshop.i18n import _, ngettext

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
TOKEN_BYTES = 32
API_TOKEN_PREFIX = "gs_"  # noqa: S105 - a public mark by which secret scanners find leaked tokens

_hasher = PasswordHasher()
NOBODY = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${'A' * -(-_hasher.salt_len * 4 // 3)}${'A' * -(-_hasher.hash_len * 4 // 3)}"
)
"""Verified for unknown users, so that they take as long as known ones. Nobody knows a password that has this hash."""


def check_password_rules(password: str, username: str = "") -> None:
    """Refuse a password that is too short, too long or the username itself."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid.field(
            "password",
            ngettext(
                "The password has {n} character. Choose one with at least {least}.",
                "The password has {n} characters. Choose one with at least {least}.",
                len(password),
            ).format(n=len(password), least=SHORTEST_PASSWORD),
        )
    if len(password) > LONGEST_PASSWORD:
        raise Invalid.field(
            "password",
            _("The password has {n} characters. Choose one with at most {most}.").format(
                n=len(password), most=LONGEST_PASSWORD
            ),
        )
    if username and password.casefold() == username.casefold():
        raise Invalid.field("password", _("The password is the username itself. Choose another one."))


async def hash_password(password: str) -> str:
    """Return the argon2id hash, computed beside the event loop."""
    return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(hashed: str | None, password: str) -> bool:
    """Tell whether the password fits; without a hash it takes as long and says no."""
    return await asyncio.to_thread(_verify, hashed or NOBODY, password) and hashed is not None


def needs_rehash(hashed: str) -> bool:
    """Tell whether the hash was made with weaker parameters than those of today."""
    return _hasher.check_needs_rehash(hashed)


def new_token() -> str:
    """Draw a token of 256 bits that fits into a URL, a cookie and a header."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def derive(token: str, purpose: str) -> str:
    """Return a value that only the holder of the token and we can compute, for one purpose."""
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
