"""What others may know of loyalty: the data, the settings and the refusals. Points are whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from guildshop.errors import Refusal, Stale
from guildshop.i18n import _, lazy
from guildshop.money import MAXIMUM

LOYALTY_READ = "loyalty.read"
LOYALTY_UPDATE = "loyalty.update"
REASON_LENGTH = 300
MOST_POINTS = 1_000_000_000
"""The most points that one change may have, and an account may hold."""


class Tier(BaseModel):
    """A tier: from `threshold` points ever earned on, what is earned is multiplied."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(title=lazy("Name"), min_length=1, max_length=40)
    threshold: int = Field(title=lazy("Threshold"), default=0, ge=0, le=MOST_POINTS)
    multiplier: str = Field(title=lazy("Multiplier"), default="1", max_length=7)

    @field_validator("multiplier", mode="before")
    @classmethod
    def _factor(cls, value: object) -> str:
        try:
            factor = Decimal(str(value).strip() or "1")
        except InvalidOperation:
            factor = Decimal(0)
        if not (factor.is_finite() and 1 <= factor <= 100 and factor == round(factor, 2)):
            message = _("“{value}” is no multiplier from 1 to 100 with up to 2 decimals, such as 1.5.")
            raise ValueError(message.format(value=value))
        return f"{factor:f}"


class LoyaltySettings(BaseModel):
    """The loyalty program of a store: `[stores."…".loyalty]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(
        title=lazy("Enabled"), default=False, description=lazy("Whether the loyalty program is active.")
    )
    points_per_unit: int = Field(
        title=lazy("Points per unit"),
        default=1,
        ge=1,
        le=1000,
        description=lazy("Points for each whole unit of currency that is paid for goods."),
    )
    point_value: int = Field(
        title=lazy("Point value"),
        default=1,
        ge=1,
        le=MAXIMUM,
        description=lazy("What a point takes off an order."),
        json_schema_extra={"unit": "money"},
    )
    minimum_redemption: int = Field(
        title=lazy("Minimum redemption"),
        default=100,
        ge=1,
        le=MOST_POINTS,
        description=lazy("The least points that are redeemed at once."),
    )
    maximum_share: int = Field(
        title=lazy("Maximum share"),
        default=100,
        ge=1,
        le=100,
        description=lazy("How much of an order's goods points may pay, in percent."),
    )
    daily_cap: int = Field(
        title=lazy("Daily cap"),
        default=0,
        ge=0,
        le=MOST_POINTS,
        description=lazy("The most points that a customer earns a day; 0: no limit."),
    )
    expire_days: int = Field(
        title=lazy("Expire days"),
        default=0,
        ge=0,
        le=3650,
        description=lazy("After how many days points expire, the oldest first; 0: never."),
    )
    tiers: tuple[Tier, ...] = Field(
        title=lazy("Tiers"), default=(), description=lazy("Tiers by the points ever earned.")
    )


class EntryKind(StrEnum):
    """Why a balance changed."""

    EARN = "EARN"
    REVERSE = "REVERSE"
    REDEEM = "REDEEM"
    RETURN = "RETURN"
    ADD = "ADD"
    DEDUCT = "DEDUCT"
    EXPIRE = "EXPIRE"


class PointsAction(StrEnum):
    """What staff can do to a customer's points."""

    ADD = "add"
    DEDUCT = "deduct"


@dataclass(frozen=True, slots=True)
class LoyaltyAccount:
    """A customer's points: `balance` is the sum of the entries, `lifetime` what orders earned and kept."""

    id: UUID
    store: int
    customer: UUID
    customer_name: str
    balance: int
    lifetime: int
    day: str
    day_earned: int
    created: datetime
    version: int


@dataclass(frozen=True, slots=True)
class LoyaltyEntry:
    """One change of a balance, kept for ever. `short` is what should have been taken back and was spent already."""

    id: UUID
    customer: UUID
    kind: EntryKind
    points: int
    short: int
    reason: str
    order_number: str
    expires: datetime | None
    made_by: str
    created: datetime


@dataclass(frozen=True, slots=True)
class OrderPoints:
    """What an order did to points: what it redeemed and gave back; `base` is what it earned at once, None until then.

    `earned` is what of that it still keeps, `value` what each redeemed point took off.
    """

    id: UUID
    account: UUID
    redeemed: int
    returned: int
    value: int
    base: int | None
    earned: int
    version: int


@dataclass(frozen=True, slots=True)
class PointsAdjusted:
    """What an adjustment came to."""

    action: PointsAction
    points: int
    balance: int


@dataclass(frozen=True, slots=True)
class PointsOwed:
    """All points that customers hold."""

    points: int
    customers: int


class ProgramOff(Refusal):
    """The store's loyalty program is not active."""

    code = "loyalty-off"


class NoLoyaltyAccount(Refusal):
    """The customer has no loyalty account."""

    code = "no-loyalty-account"

    @classmethod
    def of_customer(cls) -> NoLoyaltyAccount:
        """Return the refusal as it is always worded."""
        return cls(_("Customer does not have a loyalty account."))


class PointsShort(Refusal):
    """There are fewer points than should be taken away."""

    code = "points-short"


class PointsGone(Stale):
    """Since the summary was shown the points were used elsewhere, expired or deducted: the member is asked anew."""

    code = "points-gone"
