"""Credentials of foreign services that an owner typed in: stored encrypted, per store, never shown again.

AES-256-GCM under a key derived by HKDF-SHA256 from `security.secret_key`; the store and the name are authenticated
with the value, so that a row copied to another store or name does not open. The first of several comma-separated
secret keys encrypts, all of them decrypt, so that the key can be rotated.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from guildshop.errors import ConfigurationError

NONCE_BYTES = 12
SHORTEST_KEY = 16


class CredentialBox:
    """Seals and opens secrets of stores."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        """Derive one cipher from each key, the newest first; ConfigurationError for none or a short one."""
        if not secret_keys:
            raise ConfigurationError("security.secret_key is not set. Set it to at least 32 random characters.")
        for key in secret_keys:
            if len(key) < SHORTEST_KEY:
                raise ConfigurationError(
                    f"security.secret_key has {len(key)} characters; it needs at least {SHORTEST_KEY}, better 32."
                )
        self._ciphers = [AESGCM(_derive(key)) for key in secret_keys]

    def seal(self, store: int, name: str, secret: str) -> bytes:
        """Return the secret encrypted for that store and name."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, secret.encode(), _bound_to(store, name))

    def open(self, store: int, name: str, sealed: bytes) -> str:
        """Return the secret; ConfigurationError when no key opens it for that store and name."""
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, ciphertext, _bound_to(store, name)).decode()
            except InvalidTag:
                continue
        raise ConfigurationError(
            f"The stored credential {name} cannot be opened with the present security.secret_key."
            " Put the former key behind the new one, separated by a comma, or enter the credential again."
        )


def _derive(key: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"guildshop credentials").derive(key.encode())


def _bound_to(store: int, name: str) -> bytes:
    return f"{store}\0{name}".encode()
