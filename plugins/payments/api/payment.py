"""What a payment is. Money is in minor units of the payment's currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from guildshop.i18n import _, lazy

REPORT_ITEM = "payments.paid"
"""The custom-ID prefix of the I've paid button: `payments.paid:<store>:<order>`."""


class PaymentState(StrEnum):
    """Where a payment stands: it moves forward only.

    The last three are of money that a processor took and that does not fit its order: the staff are told. Overpaid
    orders are paid all the same; late is what came for an order that was cancelled or paid already. What was too little
    is `CONFIRMED` once the rest has come or staff accept it, what was late once staff use it for another order.
    """

    PENDING = "PENDING"
    REPORTED = "REPORTED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    UNDERPAID = "UNDERPAID"
    OVERPAID = "OVERPAID"
    LATE = "LATE"


TAKEN = frozenset({PaymentState.CONFIRMED, PaymentState.OVERPAID, PaymentState.UNDERPAID, PaymentState.LATE})
"""The states of money that is in the till."""

STATE_LABELS: Mapping[PaymentState, str] = MappingProxyType(
    {
        PaymentState.PENDING: lazy("Pending"),
        PaymentState.REPORTED: lazy("Reported by the customer"),
        PaymentState.CONFIRMED: lazy("Confirmed"),
        PaymentState.REJECTED: lazy("Rejected"),
        PaymentState.UNDERPAID: lazy("Too little"),
        PaymentState.OVERPAID: lazy("Too much"),
        PaymentState.LATE: lazy("Too late"),
    }
)


def state_label(state: PaymentState) -> str:
    """Return the state of a payment as staff know it."""
    return _(STATE_LABELS[state])


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of an order. `reference` is what the payer or the staff gave to recognise it by.

    `processor_id` is the processor's own ID of the money, empty for manual methods; `refunded` is what was given back
    of it or is about to be; `attempt` is the attempt by which it came.
    """

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
    order_number: str
    processor_id: str = ""
    attempt: UUID | None = None
    refunded: int = 0

    @property
    def refundable(self) -> int:
        """What can still be given back."""
        return self.amount - self.refunded if self.state in TAKEN else 0


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments to list: any of these states, of a method, made from and before (both UTC)."""

    states: frozenset[PaymentState] = frozenset()
    method: str = ""
    created_from: datetime | None = None
    created_before: datetime | None = None


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
    attempt: UUID | None = None


@dataclass(frozen=True, slots=True)
class InvoiceLink:
    """An address at which whoever has it can pay an order, and until when."""

    url: str
    expires: datetime
