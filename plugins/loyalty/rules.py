"""What points come to: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from guildshop.errors import FieldError, Invalid
from guildshop.i18n import _, grouped
from guildshop.money import to_decimal
from guildshop.plugins.loyalty.api import MOST_POINTS, REASON_LENGTH, Tier


def tier_of(tiers: Sequence[Tier], lifetime: int) -> Tier | None:
    """Return the highest tier that these points ever earned have reached."""
    reached = [tier for tier in tiers if tier.threshold <= lifetime]
    return max(reached, key=lambda tier: tier.threshold, default=None)


def next_tier(tiers: Sequence[Tier], lifetime: int) -> Tier | None:
    """Return the tier that comes next."""
    return min((tier for tier in tiers if tier.threshold > lifetime), key=lambda tier: tier.threshold, default=None)


def earned_for(goods: int, currency: str, per_unit: int, tier: Tier | None) -> int:
    """Return the points for goods that cost this many minor units net of reductions; parts of a point are dropped."""
    factor = Decimal(1) if tier is None else Decimal(tier.multiplier)
    exact = to_decimal(goods, currency) * per_unit * factor
    return min(int(exact.to_integral_value(rounding=ROUND_FLOOR)), MOST_POINTS)


def capped(points: int, cap: int, earned_today: int) -> int:
    """Return how many of the points the daily cap lets through; a cap of 0 is none."""
    return points if not cap else max(min(points, cap - earned_today), 0)


def redeemable(balance: int, goods: int, value: int, share: int, minimum: int) -> int:
    """Return the most points that may pay for goods at `value` each, 0 where that is less than the minimum."""
    most = min(balance, goods * share // 100 // value)
    return most if most >= minimum else 0


def kept(points: int, total: int, refunded: int, *, over: bool) -> int:
    """Return what of an order's points stands, given what of its total was refunded; parts of a point are dropped.

    Of an order that cost nothing it is all, until the order is `over`.
    """
    if total <= 0:
        return 0 if over else points
    return points * (total - min(refunded, total)) // total


def returned(points: int, total: int, refunded: int, *, over: bool) -> int:
    """Return how many redeemed points come back for what was refunded; all of them once everything is."""
    if total <= 0:
        return points if over else 0
    return points * min(refunded, total) // total


def expiring(lapsed: int, spent: int) -> int:
    """Return how many points expire: those of lots that lapsed, less all that was ever spent.

    What is spent comes out of the lots that lapse first, so `spent` (negative) is held against them.
    """
    return max(lapsed + spent, 0)


def lots(entries: Iterable[tuple[int, datetime | None, bool]], balance: int) -> list[tuple[int, datetime | None]]:
    """Return of which lots a balance consists, those that expire last first, given (points, expiry, given back).

    What is spent comes out of the lots that expire first, so that what is left is of those that expire last.
    """
    came: dict[datetime | None, int] = {}
    for points, expires, given_back in entries:
        if points > 0 and not given_back:
            came[expires] = came.get(expires, 0) + points
    found = []
    for when in sorted(came, key=lambda when: (when is not None, -when.timestamp() if when else 0.0)):
        part = min(came[when], balance)
        if part:
            found.append((part, when))
            balance -= part
    return found


def parse_points(text: str) -> int:
    """Return the number of points that somebody typed; refuse anything but a positive whole number."""
    typed = text.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= len(str(MOST_POINTS))):
        raise _no_points()
    return check_points(int(typed))


def check_points(points: int) -> int:
    """Return the points; refuse what is not positive or too many."""
    if not 0 < points <= MOST_POINTS:
        raise _no_points()
    return points


def check_reason(text: str) -> str:
    """Return the reason in one line; refuse none, and one that is too long."""
    reason = " ".join(text.split())
    if not reason:
        raise Invalid.field("reason", _("A reason is required: it is kept with the change."))
    if len(reason) > REASON_LENGTH:
        raise Invalid.field(
            "reason",
            _("The reason has {count} characters; it may have {limit}.").format(count=len(reason), limit=REASON_LENGTH),
        )
    return reason


def _no_points() -> Invalid:
    message = _("Number of Points must be a positive whole number of at most {most}, such as 100.").format(
        most=grouped(MOST_POINTS)
    )
    return Invalid(message, errors=[FieldError("points", message)])
