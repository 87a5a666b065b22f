"""What others may know of reports: periods, figures and links. Amounts are minor units of one currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from http import HTTPStatus
from uuid import UUID

from guildshop.errors import NotFound, Refusal

REPORT_READ = "report.read"
REPORT_UPDATE = "report.update"


class Preset(StrEnum):
    """The periods that are offered; all but the last end today."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    YEAR = "year"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the store's time zone, both included."""

    first: date
    last: date
    preset: Preset = Preset.CUSTOM

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in some days, in one currency.

    `placed` orders were placed, of which `converted` have been paid since; `paid` orders were paid, for `revenue`;
    `refunds` went back for `refunded` orders, whenever these were paid.
    """

    placed: int = 0
    converted: int = 0
    paid: int = 0
    revenue: int = 0
    refunds: int = 0
    refunded: int = 0

    @property
    def net(self) -> int:
        """Revenue less what went back."""
        return self.revenue - self.refunds

    @property
    def conversion(self) -> float | None:
        """The share of placed orders that were paid, None without any."""
        return self.converted / self.placed if self.placed else None

    @property
    def refund_rate(self) -> float | None:
        """What went back as a share of revenue, None without any."""
        return self.refunds / self.revenue if self.revenue else None

    def __add__(self, other: Figures) -> Figures:
        """Return both together; the caller sees to it that they are in one currency."""
        return Figures(
            self.placed + other.placed,
            self.converted + other.converted,
            self.paid + other.paid,
            self.revenue + other.revenue,
            self.refunds + other.refunds,
            self.refunded + other.refunded,
        )


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The figures of one day, and of the orders placed on it how many have which status."""

    day: date
    figures: Figures
    statuses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ProductFigures:
    """What was sold of a product: pieces that did not come back, at the prices on their lines."""

    sku: str
    name: str
    pieces: int
    amount: int


@dataclass(frozen=True, slots=True)
class BuyerFigures:
    """What a customer's orders of a period brought that was not given back."""

    customer: UUID
    name: str
    orders: int
    amount: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What the store owes its customers: credit by currency, points with what they are worth; None where it is off."""

    credit: Sequence[tuple[str, int, int]] | None
    """Currency, amount, customers."""
    points: int | None
    points_worth: int
    members: int


@dataclass(frozen=True, slots=True)
class Report:
    """A period in one currency; `uncounted` days are still being counted, so their figures may lack something."""

    period: Period
    currency: str
    currencies: Sequence[str]
    days: Sequence[DayFigures]
    products: Sequence[ProductFigures]
    uncounted: int = 0

    @property
    def total(self) -> Figures:
        """The figures of the whole period."""
        found = Figures()
        for day in self.days:
            found += day.figures
        return found

    @property
    def statuses(self) -> Mapping[str, int]:
        """How many of the orders placed in the period have which status."""
        found: dict[str, int] = {}
        for day in self.days:
            for status, count in day.statuses.items():
                found[status] = found.get(status, 0) + count
        return found

    @property
    def empty(self) -> bool:
        """Whether nothing at all happened."""
        return self.total == Figures()


@dataclass(frozen=True, slots=True)
class Share:
    """A report that whoever has the link may read until it expires; no customer is named in it."""

    id: UUID
    store: int
    period: Period
    currency: str
    made_by: str
    created: datetime
    expires: datetime
    revoked: bool


class ShareUnknown(NotFound):
    """The link was not made by us, or its store is gone: both look the same."""

    code = "report-link-unknown"


class ShareOver(Refusal):
    """The link was good once: it has expired, or was revoked."""

    code = "report-link-over"
    status = HTTPStatus.GONE
