"""The public face of the payments plugin: what a payment is, its settings, errors and events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guildshop.errors import Refusal
from guildshop.events import Event

REPORT_ITEM = "payments.paid"
"""The custom-ID prefix of the I've paid button: `payments.paid:<store>:<order>`."""


class PaymentState(StrEnum):
    """Where a payment stands: it moves forward only.

    The last three are of money that a processor took and that does not fit its order: the staff are told. Overpaid
    orders are paid all the same; late is what came for an order that was cancelled or paid already.
    """

    PENDING = "PENDING"
    REPORTED = "REPORTED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    UNDERPAID = "UNDERPAID"
    OVERPAID = "OVERPAID"
    LATE = "LATE"


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of an order, in minor units. `reference` is what the payer or the staff gave to recognise it by."""

    id: UUID
    store: int
    order: UUID
    method: str
    amount: int
    currency: str
    state: PaymentState
    reference: str
    note: str
    picture: str
    created: datetime
    reported_at: datetime | None
    settled_at: datetime | None
    settled_by: str
    version: int


@dataclass(frozen=True, slots=True)
class Received:
    """What a processor took for an order, as it says itself when asked: `PaymentService.receive` settles it.

    `processor_id` is the processor's own ID of the payment, by which the same money is recognised when it is
    reported twice; `amount` is in minor units of `currency`.
    """

    order: UUID
    method: str
    processor_id: str
    amount: int
    currency: str


class NothingToPay(Refusal):
    """The order does not wait for a payment."""

    code = "nothing-to-pay"


@dataclass(frozen=True, slots=True)
class PaymentReported(Event):
    """A customer says that they have paid."""

    order: UUID
    payment: UUID

    @property
    def key(self) -> str:
        """Return the order's ID."""
        return str(self.order)


@dataclass(frozen=True, slots=True)
class PaymentUnexpected(Event):
    """A processor took money that does not fit its order: too little, too much, or too late."""

    order: UUID
    payment: UUID

    @property
    def key(self) -> str:
        """Return the order's ID."""
        return str(self.order)


class ManualMethod(BaseModel):
    """A way to pay that a store defined or worded itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    label: str = Field(min_length=1, max_length=80)
    instructions: str = Field(default="", max_length=1000)


class PaymentsSettings(BaseModel):
    """What a store's owner decides about payments: `[stores."…".payments]`.

    `methods` are the codes offered, in this order; those of processors (`stripe`, `btcpay`) stand among them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    methods: tuple[str, ...] = Field(
        default=("venmo", "zelle", "cashapp", "cash"), description="Which methods are offered, in this order."
    )
    instructions: dict[str, str] = Field(
        default_factory=dict, description="What customers read about how to pay, by method."
    )
    custom: tuple[ManualMethod, ...] = Field(default=(), description="Manual methods of your own.")
