"""Template filters: amounts, numbers and times as the reader writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from markupsafe import Markup

from guildshop.i18n import babel_locale
from guildshop.money import format_money, to_decimal

NOTHING = "–"


def money(amount: int | None, currency: str) -> str:
    """Write an amount of minor units in its currency."""
    return NOTHING if amount is None else format_money(amount, currency)


def plain_amount(amount: int | None, currency: str) -> str:
    """Write an amount of minor units as an input field takes it: 1999 USD → 19.99."""
    return "" if amount is None else str(to_decimal(amount, currency))


def number(value: float | None) -> str:
    """Write a number with the reader's separators."""
    return NOTHING if value is None else format_decimal(value, locale=babel_locale())


@jinja2.pass_context
def moment(context: jinja2.runtime.Context, value: datetime | None, form: str = "medium") -> str | Markup:
    """Write a time in the store's time zone, with the exact one for machines and on hovering."""
    if value is None:
        return NOTHING
    local = value.astimezone(_zone(context))
    text = format_datetime(local, form, locale=babel_locale())
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        value.isoformat(), format_datetime(local, "full", locale=babel_locale()), text
    )


@jinja2.pass_context
def day(context: jinja2.runtime.Context, value: datetime | date | None, form: str = "medium") -> str | Markup:
    """Write the day of a time in the store's time zone, or a date as it is."""
    if value is None:
        return NOTHING
    local = value.astimezone(_zone(context)).date() if isinstance(value, datetime) else value
    return Markup('<time datetime="{}">{}</time>').format(
        value.isoformat(), format_date(local, form, locale=babel_locale())
    )


@jinja2.pass_context
def ago(context: jinja2.runtime.Context, value: datetime | None) -> str | Markup:
    """Write how long ago a time was, or how long it takes until then."""
    if value is None:
        return NOTHING
    distance = value - datetime.now(value.tzinfo)
    text = format_timedelta(distance, add_direction=True, locale=babel_locale())
    exact = format_datetime(value.astimezone(_zone(context)), "full", locale=babel_locale())
    return Markup('<time datetime="{}" title="{}">{}</time>').format(value.isoformat(), exact, text)


def _zone(context: jinja2.runtime.Context) -> ZoneInfo:
    store = context.get("store")
    return ZoneInfo(store.time_zone if store is not None else "UTC")


FILTERS: dict[str, Callable[..., Any]] = {
    "money": money,
    "plain_amount": plain_amount,
    "number": number,
    "datetime": moment,
    "date": day,
    "ago": ago,
}
