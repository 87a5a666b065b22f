"""Passwords: what is computed for somebody whom nobody knows."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from guildshop.web.passwords import NOBODY, hash_password, needs_rehash, verify_password


async def test_an_unknown_user_costs_as_much_as_a_known_one() -> None:
    # A hash that cannot be read would be refused before anything is computed.
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(NOBODY, "a long password")
    assert not needs_rehash(NOBODY)
    assert len(NOBODY) == len(await hash_password("a long password"))
    assert not await verify_password(None, "a long password")
