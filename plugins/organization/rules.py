"""What staff may write of branches, departments and groups, and what a group's customers pay: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from guildshop.errors import Invalid
from guildshop.i18n import _, lazy
from guildshop.money import MAXIMUM, percent_of
from guildshop.plugins.customers.api import AccountFunction
from guildshop.plugins.organization.api import DiscountGroup, GroupInput, UnitKind

NAME_LIMIT = 80
PRICES_LIMIT = 1000
GREATEST_POSITION = 9999
_GREATEST_ID = 2**63 - 1

KIND_LABELS: Mapping[UnitKind, str] = {UnitKind.BRANCH: lazy("Branch"), UnitKind.DEPARTMENT: lazy("Department")}
FUNCTION_LABELS: Mapping[AccountFunction, str] = {
    AccountFunction.ADDRESSES: lazy("Changing addresses"),
    AccountFunction.EMAIL: lazy("Giving another email address"),
}


def check_name(name: str) -> str:
    """Return a name tidied; refuse an empty, overlong or unprintable one."""
    text = " ".join(name.split())
    if not text or len(text) > NAME_LIMIT or not text.isprintable():
        raise Invalid.field("name", _("Give a name of at most {limit} characters.").format(limit=NAME_LIMIT))
    return text


def check_position(position: int) -> int:
    """Refuse a position far outside."""
    if not -GREATEST_POSITION <= position <= GREATEST_POSITION:
        raise Invalid.field(
            "position",
            _("The position {position} is not possible. Give one from {least} to {most}.").format(
                position=position, least=-GREATEST_POSITION, most=GREATEST_POSITION
            ),
        )
    return position


def check_group(given: GroupInput) -> GroupInput:
    """Return a group tidied; refuse what cannot be, naming the field."""
    name = check_name(given.name)
    if given.percent is not None and not 1 <= given.percent <= 100:
        raise Invalid.field(
            "percent",
            _("{percent} percent is not possible. Give a whole number from 1 to 100, or none.").format(
                percent=given.percent
            ),
        )
    if given.role is not None and not 0 < given.role <= _GREATEST_ID:
        raise Invalid.field("role", _("“{role}” is no Discord role. Choose one of the list.").format(role=given.role))
    if len(given.prices) > PRICES_LIMIT:
        raise Invalid.field(
            "prices",
            _("{count} prices are too many for one group; at most {limit}.").format(
                count=len(given.prices), limit=PRICES_LIMIT
            ),
        )
    wrong = next((price for price in given.prices.values() if not 0 <= price <= MAXIMUM), None)
    if wrong is not None:
        raise Invalid.field("prices", _("A price of {price} is not possible. Give 0 or more.").format(price=wrong))
    return replace(given, name=name, position=check_position(given.position))


def price_for(price: int, percent: int | None, own: int | None) -> int:
    """Return what a group's customer pays for a piece: the group's own price, else less by its percentage.

    Never more than others pay. The reduction is rounded half up.
    """
    if own is not None:
        return min(own, price)
    return price - percent_of(price, percent) if percent else price


def group_of(roles: Collection[int], groups: Iterable[DiscountGroup]) -> DiscountGroup | None:
    """Return the group that a member's roles lead to: of several, the one that stands first."""
    return next((group for group in groups if group.role is not None and group.role in roles), None)


def blocks_text(blocks: Iterable[AccountFunction]) -> str:
    """Return blocked functions as they are stored."""
    return ",".join(sorted(one.value for one in blocks))


def read_blocks(text: str) -> frozenset[AccountFunction]:
    """Return stored blocked functions; those of a later version are left out."""
    known = AccountFunction.__members__
    return frozenset(known[name] for name in text.split(",") if name in known)
