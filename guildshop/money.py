"""Money: integer minor units and an ISO 4217 currency, never a float."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, get_currency_precision, list_currencies

from guildshop.errors import Invalid
from guildshop.i18n import _, babel_locale

MAXIMUM = 10**13
"""The largest amount accepted, in minor units: it fits a double, a BIGINT and every sum over a million orders."""
REMEMBERED = 4096
"""Amounts in words that are kept: a list has fifty of them, and most are 0."""
LARGEST_EXPONENT = len(str(MAXIMUM)) - 1


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units of a currency; two currencies never add up."""

    amount: int
    currency: str

    def __add__(self, other: Money) -> Money:
        """Return the sum; ValueError for another currency."""
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Return the difference; ValueError for another currency."""
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> Money:
        """Return the amount taken `quantity` times."""
        return Money(self.amount * quantity, self.currency)

    def __bool__(self) -> bool:
        """Tell whether it is more or less than nothing."""
        return self.amount != 0

    def __str__(self) -> str:
        """Return the amount as the current reader writes it."""
        return format_money(self.amount, self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            message = f"{self.currency} and {other.currency} do not add up"
            raise ValueError(message)
        return other.amount


def known_currency(code: str) -> str:
    """Return the currency's code in capitals; refuse what is no ISO 4217 currency."""
    upper = code.strip().upper()
    if upper not in list_currencies():
        raise Invalid.field(
            "currency",
            _("{code} is no ISO 4217 currency. Give a code of three letters such as USD, EUR or JPY.").format(
                code=code
            ),
        )
    return upper


def precision(currency: str) -> int:
    """Return how many decimals the currency's minor unit has: 2 for USD, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


def format_money(amount: int, currency: str, locale: str | None = None) -> str:
    """Write an amount of minor units as a reader of that locale (the current one by default) expects it."""
    return _written(amount, currency, babel_locale(locale))


@lru_cache(maxsize=REMEMBERED)
def _written(amount: int, currency: str, locale: Locale) -> str:
    return format_currency(to_decimal(amount, currency), currency, locale=locale, currency_digits=True)


def to_decimal(amount: int, currency: str) -> Decimal:
    """Return minor units as a decimal of major units: 1999 USD → 19.99."""
    return Decimal(amount).scaleb(-precision(currency))


def parse_money(text: str, currency: str, *, field: str = "amount") -> int:
    """Return the minor units of a plain decimal of major units such as `19.99`; refuse anything else."""
    digits = precision(currency)
    too_large = Invalid.field(field, _("“{text}” is too large an amount.").format(text=text))
    try:
        value = Decimal(text.strip())
        if not value.is_finite():
            raise InvalidOperation
        scaled = value.scaleb(digits)
        # Before it is written out: a million digits take minutes.
        if scaled.adjusted() > LARGEST_EXPONENT:
            raise too_large
        amount = int(scaled.to_integral_value(rounding=ROUND_HALF_EVEN))
    except (ArithmeticError, ValueError):
        raise Invalid.field(
            field,
            _("“{text}” is no amount. Write it like {example}.").format(text=text, example=to_decimal(1999, currency)),
        ) from None
    if scaled != amount:
        raise Invalid.field(
            field,
            _("“{text}” has more decimals than {currency} has ({digits}).").format(
                text=text, currency=currency, digits=digits
            ),
        )
    if abs(amount) > MAXIMUM:
        raise too_large
    return amount


def percent_of(amount: int, percent: int) -> int:
    """Return that percentage of an amount, half a minor unit rounded up."""
    return int((Decimal(amount) * percent / 100).to_integral_value(rounding=ROUND_HALF_UP))


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to the weights so that the parts add up to it, by largest remainder.

    Weights must not be negative; if all are 0 the parts are equal up to one unit. An empty sequence takes only 0.
    """
    if not weights:
        if amount:
            message = "an amount cannot be split among nobody"
            raise ValueError(message)
        return []
    if min(weights) < 0:
        message = "weights must not be negative"
        raise ValueError(message)
    total = sum(weights)
    shares = list(weights) if total else [1] * len(weights)
    total = total or len(weights)
    parts = [amount * share // total for share in shares]
    remainders = [amount * share % total for share in shares]
    left = amount - sum(parts)
    for index in sorted(range(len(parts)), key=lambda position: (-remainders[position], position))[:left]:
        parts[index] += 1
    return parts
