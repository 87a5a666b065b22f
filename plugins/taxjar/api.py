"""What others may know of sales tax by TaxJar: settings, what TaxJar said, and the refusals.

Amounts are minor units of the order's currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from guildshop.config.secret import Secret
from guildshop.errors import NotFound, Refusal, Stale, Unavailable
from guildshop.i18n import lazy
from guildshop.plugins.orders.api import FORGET, PLACE_STEP, SHIPPING_STEP

PLUGIN = "taxjar"
TAX_READ = "tax.read"
TAX_UPDATE = "tax.update"


class TaxAddress(BaseModel):
    """An address of the shop, as TaxJar takes it; `state` is needed in the US and Canada."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    country: str = Field(title=lazy("Country"), min_length=2, max_length=2)
    state: str = Field(title=lazy("State"), default="", max_length=3)
    postal_code: str = Field(title=lazy("Postal code"), default="", max_length=20)
    city: str = Field(title=lazy("City"), default="", max_length=100)
    street: str = Field(title=lazy("Street"), default="", max_length=200)

    @field_validator("country", "state")
    @classmethod
    def _capitals(cls, value: str) -> str:
        return value.strip().upper()


class TaxJarSettings(BaseModel):
    """A store's account with TaxJar: `[stores."…".taxjar]`. It works the tax out once there is a key and an address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_key: Secret | None = Field(
        title=lazy("API key"), default=None, description=lazy("The key that TaxJar gave you.")
    )
    api_url: str = Field(
        title=lazy("API address"),
        default="https://api.taxjar.com",
        pattern=r"^https?://[^\s/]+[^\s]*$",
        description=lazy("The address of TaxJar's API."),
    )
    from_address: TaxAddress | None = Field(
        title=lazy("From address"), default=None, description=lazy("Where the shop sends from.")
    )
    nexus: tuple[TaxAddress, ...] = Field(
        title=lazy("Nexus"),
        default=(),
        description=lazy("Where the shop must collect tax; empty: as the account with TaxJar says."),
    )
    when_unavailable: Literal["block", "flag"] = Field(
        json_schema_extra={"choices": {"block": lazy("Block the checkout"), "flag": lazy("Flag the order")}},
        title=lazy("When unavailable"),
        default="block",
        description=lazy(
            "Without TaxJar's answer: block the checkout, or charge no tax and flag the order for review."
        ),
    )

    @field_validator("api_url")
    @classmethod
    def _bare(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def has_key(self) -> bool:
        """Whether there is a key."""
        return self.api_key is not None and self.api_key.is_set

    @property
    def wanted(self) -> bool:
        """Whether the store means TaxJar to work the tax out, even where its key cannot be read at the moment."""
        return self.api_key is not None and (self.api_key.variable is not None or self.api_key.is_set)

    @property
    def complete(self) -> bool:
        """Whether TaxJar can be asked."""
        return self.has_key and self.from_address is not None


class Exemption(StrEnum):
    """Why a customer pays no sales tax, in TaxJar's words."""

    WHOLESALE = "wholesale"
    GOVERNMENT = "government"
    OTHER = "other"


class TaxState(StrEnum):
    """How the tax of an order came about."""

    CALCULATED = "CALCULATED"
    FLAGGED = "FLAGGED"
    """TaxJar did not answer; no tax was charged, and somebody must look at it."""
    REVIEWED = "REVIEWED"


class ReportKind(StrEnum):
    """What is told to TaxJar."""

    ORDER = "ORDER"
    REFUND = "REFUND"


@dataclass(frozen=True, slots=True)
class TaxResult:
    """What TaxJar says is to be collected. `lines` are shares of the lines in their order; the rest is on shipping."""

    amount: int
    lines: tuple[int, ...]
    has_nexus: bool
    freight_taxable: bool
    rate: str


@dataclass(frozen=True, slots=True)
class TaxRecord:
    """The tax of an order: how it came about, and why it was flagged."""

    order: UUID
    order_number: str
    state: TaxState
    reason: str
    amount: int
    currency: str
    created: datetime
    reviewed_by: str
    reviewed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    """One transaction told to TaxJar; a refund's amounts are negative."""

    kind: ReportKind
    transaction_id: str
    amount: int
    """Goods and shipping, without the tax."""
    shipping: int
    sales_tax: int
    created: datetime


@dataclass(frozen=True, slots=True)
class ProductCode:
    """The product tax code of a product."""

    product: UUID
    sku: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class CustomerExemption:
    """A customer who pays no sales tax."""

    customer: UUID
    name: str
    exemption: Exemption


class TaxJarFailure(Exception):
    """TaxJar could not be asked, or gave no usable answer."""


class TaxJarUnauthorized(TaxJarFailure):
    """TaxJar refuses the API key: 401 or 403."""


class TaxJarRejected(TaxJarFailure):
    """TaxJar does not accept what it was asked: 400 and its like; the text is TaxJar's own."""


class TaxJarNoPlace(TaxJarRejected):
    """TaxJar knows no such place as the goods go to; the text is TaxJar's own."""


class TaxJarKnown(TaxJarFailure):
    """TaxJar has the transaction already."""


class TaxUnavailable(Unavailable):
    """The tax cannot be worked out now, and the store does not sell without it."""

    code = "tax-unavailable"


class PlaceRefused(Refusal):
    """There is no such place: the postal code belongs to another state, or something is missing. It is asked anew."""

    code = "place-refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, message: str) -> None:
        """Keep the sentence, and have the place asked for anew."""
        super().__init__(message, details={FORGET: (SHIPPING_STEP, PLACE_STEP)})


class TaxGone(Stale):
    """The tax of an order was entered twice at once."""

    code = "tax-gone"


class RecordUnknown(NotFound):
    """Nothing is known of the tax of that order."""

    code = "tax-record-unknown"


class NotFlagged(Refusal):
    """The tax of the order waits for no review."""

    code = "not-flagged"
