"""The facts that the refunds plugin records; that money was given back is `OrderRefunded`, a fact of orders."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from guildshop.events import Event


@dataclass(frozen=True, slots=True)
class RefundDue(Event):
    """A refund is to be brought on: its processor asked, and what it answers written down."""

    refund: UUID


@dataclass(frozen=True, slots=True)
class RefundEvent(Event):
    """A fact about one refund of an order."""

    order: UUID
    refund: UUID

    @property
    def key(self) -> str:
        """Return the order's ID."""
        return str(self.order)


@dataclass(frozen=True, slots=True)
class RefundBegun(RefundEvent):
    """Money and pieces are set aside for a refund that waits for a processor or for the staff."""


@dataclass(frozen=True, slots=True)
class RefundFailed(RefundEvent):
    """A processor did not give the money back. `retried`: it is tried again; else it is the order's again.

    `reopened`: it had said that it did, so that the order stays refunded and staff have to pay it back themselves.
    """

    amount: int
    reason: str
    retried: bool = False
    reopened: bool = False


@dataclass(frozen=True, slots=True)
class RefundCollectable(RefundEvent):
    """A processor wants the customer to collect the money at an address, which they are told."""


@dataclass(frozen=True, slots=True)
class SurplusRefunded(RefundEvent):
    """Money that had come beyond what the order cost was given back; the order stays as it is."""


@dataclass(frozen=True, slots=True)
class ReturnChanged(Event):
    """A return was requested, or moved on: `before` is empty for a new one."""

    order: UUID
    request: UUID
    before: str
    after: str

    @property
    def key(self) -> str:
        """Return the order's ID."""
        return str(self.order)
