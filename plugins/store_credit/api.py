"""What others may know of store credit: the data, the settings and the refusals. Amounts are minor units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guildshop.errors import Refusal, Stale
from guildshop.i18n import lazy

CREDIT_READ = "credit.read"
CREDIT_UPDATE = "credit.update"
REASON_LENGTH = 300


class StoreCreditSettings(BaseModel):
    """What a store's owner decides about credit: `[stores."…".store_credit]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(
        title=lazy("Enabled"),
        default=False,
        description=lazy("Whether the shop gives credit and takes it at the checkout."),
    )


class EntryKind(StrEnum):
    """Why a balance changed. Orders use credit; what an order comes to without them is given back."""

    TOP_UP = "TOP_UP"
    REDUCE = "REDUCE"
    ORDER = "ORDER"
    RETURN = "RETURN"
    REFUND = "REFUND"


class CreditAction(StrEnum):
    """What staff can do to a customer's credit."""

    TOP_UP = "top_up"
    REDUCE = "reduce"


@dataclass(frozen=True, slots=True)
class CreditAccount:
    """What the store owes a customer in one currency: the sum of the account's entries, never below zero."""

    id: UUID
    store: int
    customer: UUID
    customer_name: str
    currency: str
    balance: int
    created: datetime
    version: int


@dataclass(frozen=True, slots=True)
class CreditEntry:
    """One change of a balance, kept for ever."""

    id: UUID
    customer: UUID
    kind: EntryKind
    amount: int
    currency: str
    reason: str
    order: UUID | None
    order_number: str
    made_by: str
    created: datetime


@dataclass(frozen=True, slots=True)
class CreditOwed:
    """What the store owes all its customers in one currency."""

    currency: str
    amount: int
    customers: int


class CreditOff(Refusal):
    """The store gives no credit at the moment."""

    code = "credit-off"


class CreditShort(Refusal):
    """There is less credit than should be taken away."""

    code = "credit-short"


class CreditGone(Stale):
    """Since the summary was shown the credit was used elsewhere, or taken away: the member is asked anew."""

    code = "credit-gone"
