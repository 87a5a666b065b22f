"""What a refund does to an order. Amounts are minor units of the order's currency."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class RefundMode(StrEnum):
    """What a refund is measured by; it says what becomes of stock and entitlements."""

    FULL = "full"
    AMOUNT = "amount"
    ITEMS = "items"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class RefundedItem:
    """Pieces of one line that come back. `product` is None where the catalog does not have it."""

    line: UUID
    product: UUID | None
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderRefund:
    """One refund: its own ID, the money given back, and the pieces that come back with it."""

    id: UUID
    mode: RefundMode
    amount: int
    items: tuple[RefundedItem, ...] = ()
    reason: str = ""
    sent_back: bool = False
    """Whether the customer sent the pieces back, so that they are of those that left; else of those that did not."""
