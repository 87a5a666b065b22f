"""One-time links for emails: a token that is computed when the email is sent, of which the database keeps a SHA-256.

The row is written with `token_hash(tokens[0])`; the delivery computes the token again from the row's ID, so that
neither the row nor the event holds it, and a retry sends the same link.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.config.secret import remember_secret
from guildshop.errors import NotConfigured
from guildshop.i18n import _

if TYPE_CHECKING:
    from guildshop.config.settings import Settings


def link_tokens(settings: Settings, purpose: str, key: UUID) -> list[str]:
    """Return the token of a row's link by each secret key, the newest first; NotConfigured without a key."""
    keys = [secret.reveal() for secret in settings.security.secret_keys if secret.is_set]
    if not keys:
        raise NotConfigured(_("Links cannot be emailed: security.secret_key is not set. Ask the shop's operator."))
    tokens = [hmac.digest(secret.encode(), f"{purpose}:{key.hex}".encode(), "sha256").hex() for secret in keys]
    for token in tokens:
        remember_secret(token)
    return tokens


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_of(settings: Settings, purpose: str, key: UUID, hashed: str) -> str | None:
    """Return the token whose hash was stored, None when no secret key makes it any more."""
    return next((token for token in link_tokens(settings, purpose, key) if token_hash(token) == hashed), None)
