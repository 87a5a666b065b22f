"""Cursors of lists: what comes back is what was given out, anything else is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from guildshop.errors import Invalid
from guildshop.paging import number_and_id, time_and_id, to_cursor

KEY = UUID(int=7)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_what_was_given_out_comes_back() -> None:
    assert time_and_id(to_cursor([NOON.isoformat(), str(KEY)])) == (NOON, KEY)
    assert time_and_id(to_cursor(["2026-11-22T12:00:00", str(KEY)])) == (NOON, KEY)
    for number in (0, -5, 2**63 - 1):
        assert number_and_id(to_cursor([str(number), str(KEY)])) == (number, KEY)


@pytest.mark.parametrize("values", [["", str(KEY)], ["x", str(KEY)], ["5"], ["5", "x"], ["5", str(KEY), ""]])
def test_anything_else_is_refused(values: list[str]) -> None:
    for read in (time_and_id, number_and_id):
        with pytest.raises(Invalid, match="belongs to no list"):
            read(to_cursor(values))


@pytest.mark.parametrize("number", [str(2**63), "9" * 5000, "1.5", "1e3"])
def test_a_number_that_no_column_holds_is_refused(number: str) -> None:
    with pytest.raises(Invalid, match="belongs to no list"):
        number_and_id(to_cursor([number, str(KEY)]))
