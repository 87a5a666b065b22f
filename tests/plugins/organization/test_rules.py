"""What staff may write, and what a group's customers pay."""

from __future__ import annotations

from uuid import UUID

import pytest

from guildshop.errors import Invalid
from guildshop.plugins.customers.api import AccountFunction
from guildshop.plugins.organization.api import DiscountGroup, GroupInput
from guildshop.plugins.organization.rules import (
    blocks_text,
    check_group,
    check_name,
    group_of,
    price_for,
    read_blocks,
)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "tab\x00"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        check_name(name)


def test_names_are_tidied() -> None:
    assert check_name("  New   York ") == "New York"


@pytest.mark.parametrize(
    "given",
    [
        GroupInput(name="A", percent=0),
        GroupInput(name="A", percent=101),
        GroupInput(name="A", percent=-5),
        GroupInput(name="A", role=0),
        GroupInput(name="A", role=2**63),
        GroupInput(name="A", position=10**6),
        GroupInput(name="A", prices={UUID(int=1): -1}),
        GroupInput(name="A", prices={UUID(int=1): 10**19}),
        GroupInput(name="A", prices={UUID(int=number): 1 for number in range(1001)}),
    ],
)
def test_a_group_that_cannot_be_is_refused(given: GroupInput) -> None:
    with pytest.raises(Invalid):
        check_group(given)


@pytest.mark.parametrize(
    ("price", "percent", "own", "paid"),
    [
        (1000, None, None, 1000),
        (1000, 10, None, 900),
        (1005, 10, None, 904),  # 100.5 is rounded up to 101
        (1000, 100, None, 0),
        (1000, 10, 950, 950),
        (1000, None, 1200, 1000),
        (1000, 50, 0, 0),
    ],
)
def test_what_a_customer_pays(price: int, percent: int | None, own: int | None, paid: int) -> None:
    assert price_for(price, percent, own) == paid


def test_of_several_roles_the_group_that_stands_first_counts() -> None:
    groups = [
        DiscountGroup(UUID(int=number), 1, str(number), 10, role, 0, frozenset(), 1)
        for number, role in enumerate((None, 5, 6), 1)
    ]
    assert group_of({6, 5, 7}, groups) == groups[1]
    assert group_of({6}, groups) == groups[2]
    assert group_of({7}, groups) is None


def test_blocked_functions_are_kept_and_unknown_ones_left_out() -> None:
    assert read_blocks(blocks_text(AccountFunction)) == frozenset(AccountFunction)
    assert read_blocks("EMAIL,FLYING") == {AccountFunction.EMAIL}
    assert read_blocks("") == frozenset()
