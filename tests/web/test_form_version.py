"""The version that a form was made from: what cannot be one is out of date, and never an accident."""

from __future__ import annotations

import pytest

from guildshop.errors import Invalid
from guildshop.plugins.staff.pages.forms import version_of
from guildshop.web.pages import form_version


@pytest.mark.parametrize(
    ("typed", "version"),
    [
        ("7", 7),
        ("999999999", 999_999_999),
        ("", None),
        ("0", 0),
        ("-1", 0),
        ("9" * 10, 0),
        ("9" * 5_000, 0),
        ("٣", 0),
        ("1.0", 0),
        ("soon", 0),
    ],
)
def test_a_version_is_read_no_further_than_it_can_go(typed: str, version: int | None) -> None:
    assert form_version({"version": typed}) == version
    assert form_version({}) is None
    if version is not None:
        assert version_of({"version": typed}) == version


def test_a_form_of_the_settings_needs_its_version() -> None:
    with pytest.raises(Invalid, match="incomplete"):
        version_of({})
