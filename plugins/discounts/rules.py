"""Which discount an order gets, what it takes off, and what staff may enter: pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from guildshop.errors import FieldError, Invalid
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.money import MAXIMUM, allocate, known_currency, percent_of
from guildshop.plugins.discounts.api import (
    Assignment,
    AssignmentRule,
    Discount,
    DiscountInput,
    DiscountKind,
    DiscountScope,
)

NAME_LIMIT = 80
TARGET_LIMIT = 500
USES_LIMIT = 1_000_000_000

Wrong = Callable[[str, str], None]
"""Takes a field and what is wrong with it."""

_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}")
_ROLE = re.compile(r"[1-9][0-9]{0,18}")


def code_key(code: str) -> str:
    """Return a code as it is compared: without regard to case, full-width letters and outer spaces."""
    return unicodedata.normalize("NFKC", code).strip().upper()


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the order as a discount sees it: its product, the product's category, and what it costs.

    Of a variant, `parent` is the product that it is a variant of.
    """

    product: UUID
    category: UUID | None
    total: int
    parent: UUID | None = None


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who orders: folded tags, Discord roles, and how often they used each discount."""

    customer: UUID
    tags: frozenset[str] = frozenset()
    roles: frozenset[int] = frozenset()
    used: Mapping[UUID, int] | None = None
    group: UUID | None = None
    """Their discount group."""

    def uses(self, discount: UUID) -> int:
        """Return how often they used that discount."""
        return (self.used or {}).get(discount, 0)


@dataclass(frozen=True, slots=True)
class Offer:
    """A discount that the order may have: what it takes off each line, and the assignment that allows it, if any."""

    discount: Discount
    shares: tuple[int, ...]
    assignment: Assignment | None = None
    kept: bool = False
    """Whether the order has it already, and only changes its lines."""

    @property
    def amount(self) -> int:
        """What it takes off in all."""
        return sum(self.shares)


class Obstacle(StrEnum):
    """Why a discount cannot be had."""

    UNKNOWN = "unknown"
    """Switched off, not begun yet, or for other people: nobody is told that it exists."""
    ENDED = "ended"
    USED_UP = "used up"
    USED_BY_CUSTOMER = "used by customer"
    CURRENCY = "currency"
    MINIMUM = "minimum"
    NOTHING = "nothing"
    """None of the goods is among those that it is for."""


def shares(discount: Discount, items: Sequence[Item]) -> tuple[int, ...]:
    """Return what the discount takes off each line, in whole minor units that add up; never more than the line costs.

    A percentage is taken of everything it applies to at once, half a unit rounded up, then split by largest remainder.
    """
    weights = [item.total if applies_to(discount, item) else 0 for item in items]
    whole = sum(weights)
    if not whole:
        return (0,) * len(items)
    if discount.kind is DiscountKind.PERCENT:
        amount = percent_of(whole, discount.percent or 0)
    else:
        amount = min(discount.amount or 0, whole)
    return tuple(allocate(amount, weights))


def applies_to(discount: Discount, item: Item) -> bool:
    """Tell whether a line is among those that the discount is for."""
    if discount.scope is DiscountScope.PRODUCTS:
        return any(str(key) in discount.targets for key in (item.product, item.parent) if key is not None)
    if discount.scope is DiscountScope.CATEGORIES:
        return item.category is not None and str(item.category) in discount.targets
    return True


def is_for(discount: Discount, shopper: Shopper) -> bool:
    """Tell whether the customer is among those whom the discount is for."""
    if discount.scope is DiscountScope.ROLES:
        return any(str(role) in discount.targets for role in shopper.roles)
    if discount.scope is DiscountScope.TAGS:
        return any(fold(tag) in shopper.tags for tag in discount.targets)
    if discount.scope is DiscountScope.GROUPS:
        return str(shopper.group) in discount.targets
    if discount.scope is DiscountScope.CUSTOMERS:
        return str(shopper.customer) in discount.targets
    return True


def offer(
    discount: Discount,
    assignment: Assignment | None,
    shopper: Shopper,
    items: Sequence[Item],
    *,
    currency: str,
    typed: bool,
    now: datetime,
    kept: bool = False,
) -> Offer | Obstacle:
    """Return the discount as this order may have it, or what stands in its way.

    Whom it is for may use it, by its code if it has one, up to the limit per customer; whom it is assigned to may use
    it without a code, as often as the assignment says. An order that has it already keeps it while its goods allow
    that, by the assignment that gave it.
    """
    if kept:
        return _by_goods(discount, items, currency) or Offer(discount, shares(discount, items), assignment, kept=True)
    if not discount.active or discount.starts > now:
        return Obstacle.UNKNOWN
    limit = discount.limit_per_customer
    open_to = is_for(discount, shopper) and (typed or not discount.code)
    own = open_to and (limit is None or shopper.uses(discount.id) < limit)
    assigned = assignment is not None and assignment.open(now)
    if not own and not assigned:
        return Obstacle.USED_BY_CUSTOMER if open_to or assignment is not None else Obstacle.UNKNOWN
    if discount.ends is not None and discount.ends <= now:
        return Obstacle.ENDED
    if discount.limit_total is not None and discount.used >= discount.limit_total:
        return Obstacle.USED_UP
    return _by_goods(discount, items, currency) or Offer(discount, shares(discount, items), None if own else assignment)


def _by_goods(discount: Discount, items: Sequence[Item], currency: str) -> Obstacle | None:
    """Return what about the goods stands in the discount's way."""
    if discount.currency != currency and (discount.kind is DiscountKind.FIXED or discount.minimum):
        return Obstacle.CURRENCY
    if sum(item.total for item in items) < discount.minimum:
        return Obstacle.MINIMUM
    return None if sum(shares(discount, items)) else Obstacle.NOTHING


def best(offers: Iterable[Offer], typed: UUID | None = None) -> Offer | None:
    """Return the offer that takes most off; of equals the one typed, then the one that costs no assignment.

    Then the one that ends first, then the oldest: the same order gets the same discount every time.
    """

    def rank(one: Offer) -> tuple[object, ...]:
        ends = one.discount.ends
        return (
            -one.amount,
            one.discount.id != typed,
            one.assignment is not None,
            (ends is None, 0.0 if ends is None else ends.timestamp()),
            one.discount.created,
            one.discount.id,
        )

    return min(offers, key=rank, default=None)


# What staff enter


def check(given: DiscountInput, currency: str, now: datetime) -> DiscountInput:
    """Return the discount with everything in its place; refuse it with a sentence for each field that is wrong."""
    errors: list[FieldError] = []

    def wrong(field: str, message: str) -> None:
        errors.append(FieldError(field, message))

    name = " ".join(given.name.split())
    if not name or len(name) > NAME_LIMIT:
        wrong("name", _("Give the discount a name of at most {limit} characters.").format(limit=NAME_LIMIT))
    code = code_key(given.code)
    if code and not _CODE.fullmatch(code):
        wrong(
            "code",
            _("“{code}” is no code. Use 3 to 40 letters A to Z, digits, dashes and underscores.").format(
                code=code[:40]
            ),
        )
    percent, amount = _check_value(given, wrong)
    try:
        money = known_currency(given.currency or currency)
    except Invalid as refusal:
        money = currency
        wrong("currency", refusal.message)
    starts = given.starts or now
    if given.ends is not None and given.ends <= starts:
        wrong("ends", _("The discount ends before it starts. Set an end after {start}.").format(start=_time(starts)))
    for field, limit in (("limit_total", given.limit_total), ("limit_per_customer", given.limit_per_customer)):
        if limit is not None and not 1 <= limit <= USES_LIMIT:
            wrong(field, _("A limit of {limit} uses is not possible. Give at least 1, or none.").format(limit=limit))
    if not 0 <= given.minimum <= MAXIMUM:
        wrong("minimum", _("The minimum purchase cannot be {amount}. Give 0 or more.").format(amount=given.minimum))
    targets = _check_targets(given, wrong)
    if errors:
        raise Invalid(" ".join(error.message for error in errors), errors=errors)
    return replace(
        given,
        name=name,
        code=code,
        percent=percent,
        amount=amount,
        currency=money,
        starts=starts,
        targets=targets,
    )


def _check_value(given: DiscountInput, wrong: Wrong) -> tuple[int | None, int | None]:
    if given.kind is DiscountKind.PERCENT:
        if given.percent is None or not 1 <= given.percent <= 100:
            shown = "–" if given.percent is None else given.percent
            wrong(
                "percent",
                _("{percent} percent is not possible. Give a whole number from 1 to 100.").format(percent=shown),
            )
        return given.percent, None
    if given.amount is None or not 1 <= given.amount <= MAXIMUM:
        wrong("amount", _("Give the amount to take off: more than 0."))
    return None, given.amount


def _check_targets(given: DiscountInput, wrong: Wrong) -> tuple[str, ...]:
    if given.scope is DiscountScope.ALL:
        return ()
    found = tuple(dict.fromkeys(text.strip() for text in given.targets if text.strip()))
    if not found and given.scope is not DiscountScope.CUSTOMERS:
        wrong("targets", _("Say what the discount is for: choose at least one."))
    if len(found) > TARGET_LIMIT:
        wrong(
            "targets", _("{count} are too many. Choose at most {limit}.").format(count=len(found), limit=TARGET_LIMIT)
        )
    if given.scope is DiscountScope.ROLES:
        bad = [text for text in found if not _ROLE.fullmatch(text)]
    elif given.scope is DiscountScope.TAGS:
        bad = [text for text in found if len(text) > NAME_LIMIT]
    else:
        bad = [text for text in found if not _is_key(text)]
        found = tuple(str(UUID(text)) for text in found if _is_key(text))
    for text in bad[:3]:
        wrong("targets", _("“{text}” is nothing that the discount can be for.").format(text=text[:40]))
    return found


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def check_assignment(
    rule: AssignmentRule | None, total_allowed: int | None, expires: datetime | None, now: datetime
) -> tuple[AssignmentRule, int | None]:
    """Return rule and number of uses; refuse what does not go together. Without a rule the number says which."""
    if rule is None:
        rule = (
            AssignmentRule.FOREVER
            if total_allowed is None
            else AssignmentRule.ONE_TIME
            if total_allowed == 1
            else AssignmentRule.NEXT_N
        )
    if rule is AssignmentRule.FOREVER and total_allowed is not None:
        raise Invalid.field(
            "total_allowed", _("The rule forever has no number of uses. Leave total_allowed out, or choose next_n.")
        )
    if rule is not AssignmentRule.FOREVER:
        if total_allowed is None:
            raise Invalid.field(
                "total_allowed",
                _("The rule {rule} needs total_allowed: how often the discount may be used.").format(rule=rule.value),
            )
        if not 1 <= total_allowed <= USES_LIMIT:
            raise Invalid.field(
                "total_allowed",
                _("{total} uses are not possible. Give a whole number from 1.").format(total=total_allowed),
            )
    if rule is AssignmentRule.ONE_TIME and total_allowed != 1:
        raise Invalid.field(
            "total_allowed",
            _("The rule one_time allows 1 use, not {total}. Choose next_n for more.").format(total=total_allowed),
        )
    if expires is not None and expires <= now:
        raise Invalid.field(
            "expires", _("{time} is over already. Give a time in the future, or none.").format(time=_time(expires))
        )
    return rule, total_allowed


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
