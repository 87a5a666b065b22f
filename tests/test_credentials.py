"""Credentials open for their own store and name only, and survive a rotation of the key."""

import pytest

from guildshop.credentials import CredentialBox
from guildshop.errors import ConfigurationError

OLD = "an old secret key of some length"
NEW = "a new secret key of some length"


def test_a_secret_comes_back() -> None:
    box = CredentialBox([NEW])
    sealed = box.seal(1, "stripe.secret_key", "sk_test_ü")
    assert b"sk_test" not in sealed
    assert box.open(1, "stripe.secret_key", sealed) == "sk_test_ü"


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    box = CredentialBox([NEW])
    assert box.seal(1, "a", "x") != box.seal(1, "a", "x")


@pytest.mark.parametrize(("store", "name"), [(2, "a"), (1, "b")])
def test_a_row_copied_elsewhere_does_not_open(store: int, name: str) -> None:
    box = CredentialBox([NEW])
    sealed = box.seal(1, "a", "x")
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        box.open(store, name, sealed)


def test_a_changed_byte_does_not_open() -> None:
    box = CredentialBox([NEW])
    sealed = bytearray(box.seal(1, "a", "x"))
    sealed[-1] ^= 1
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        box.open(1, "a", bytes(sealed))


def test_rotation_opens_what_the_old_key_sealed_and_seals_with_the_new() -> None:
    sealed = CredentialBox([OLD]).seal(1, "a", "x")
    both = CredentialBox([NEW, OLD])
    assert both.open(1, "a", sealed) == "x"
    assert CredentialBox([NEW]).open(1, "a", both.seal(1, "a", "y")) == "y"


@pytest.mark.parametrize("keys", [[], [""], ["short"], [NEW, "short"]])
def test_a_missing_or_short_key_is_refused(keys: list[str]) -> None:
    with pytest.raises(ConfigurationError, match=r"security\.secret_key"):
        CredentialBox(keys)
