"""What a return is: goods that a customer wants to send back, and how far that has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

DECIDE = "order.update"
"""What staff need to approve, decline and receive a return."""


class ReturnStatus(StrEnum):
    """Where a return stands: requested, approved, received, refunded; or declined, with a reason."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    RECEIVED = "RECEIVED"
    REFUNDED = "REFUNDED"
    DECLINED = "DECLINED"


OPEN = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.RECEIVED})
"""The statuses in which something is still to happen."""


@dataclass(frozen=True, slots=True)
class ReturnItem:
    """Pieces of a line that are to come back."""

    line: UUID
    product: UUID | None
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Return:
    """One return. `decision` is what staff said when they declined it; `refund` the refund that it ended in."""

    id: UUID
    store: int
    order: UUID
    order_number: str
    customer: UUID
    status: ReturnStatus
    reason: str
    decision: str
    refund: UUID | None
    created: datetime
    updated: datetime
    version: int
    items: tuple[ReturnItem, ...] = ()
