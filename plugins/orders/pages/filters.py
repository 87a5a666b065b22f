"""The filters of the list of orders, as they are typed and as they are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guildshop.errors import Invalid, Refusal
from guildshop.i18n import _
from guildshop.money import parse_money
from guildshop.plugins.orders.api import OrderFilter, OrderStatus

if TYPE_CHECKING:
    from guildshop.stores import Store

TO_BE_FULFILLED = "TO_BE_FULFILLED"
"""What the filter of statuses calls those of `TO_FULFIL`."""
TO_FULFIL = frozenset({OrderStatus.PAID, OrderStatus.FULFILLING})
NAMES = ("text", "status", "payment_method", "customer", "created_from", "created_to", "minimum", "maximum")


@dataclass(frozen=True, slots=True)
class Filters:
    """What was typed into the filters, and what it means."""

    typed: Mapping[str, str]
    wanted: OrderFilter
    problem: str = ""

    @property
    def query(self) -> dict[str, str]:
        """Return what was typed, without the empty fields."""
        return {name: value for name, value in self.typed.items() if value}


def read_filters(query: Mapping[str, str], store: Store) -> Filters:
    """Return the filters of a query; what is wrong in one is said, and that one left out."""
    typed = {name: query.get(name, "").strip()[:100] for name in NAMES}
    problems: list[str] = []

    def value(name: str, read: Any) -> Any:
        if not typed[name]:
            return None
        try:
            return read(typed[name])
        except Refusal as refusal:
            problems.append(refusal.message)
        except (ValueError, OverflowError):
            problems.append(_("“{text}” cannot be used as a filter.").format(text=typed[name]))
        return None

    zone = ZoneInfo(store.time_zone)
    wanted = OrderFilter(
        statuses=value("status", _statuses) or frozenset(),
        payment_method=typed["payment_method"],
        customer=value("customer", UUID),
        text=typed["text"],
        created_from=value("created_from", lambda text: _day(text, zone)),
        created_before=value("created_to", lambda text: _day(text, zone) + timedelta(days=1)),
        minimum=value("minimum", lambda text: parse_money(text, store.currency)),
        maximum=value("maximum", lambda text: parse_money(text, store.currency)),
    )
    return Filters(typed, wanted, " ".join(problems))


def _statuses(text: str) -> frozenset[OrderStatus]:
    return TO_FULFIL if text == TO_BE_FULFILLED else frozenset({OrderStatus(text)})


def _day(text: str, zone: ZoneInfo) -> datetime:
    """Return the beginning of a day in the store's time zone."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(_("“{text}” is no date. Write it like 2026-01-31.").format(text=text)) from None
