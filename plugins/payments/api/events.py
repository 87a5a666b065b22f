"""The facts that the payments plugin records. Those that name an order have its ID as their key."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from guildshop.events import Event


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


@dataclass(frozen=True, slots=True)
class PaymentRefundChanged(Event):
    """A processor has something to say about a refund of a payment: ask it by the refund's `idempotency_key`."""

    order: UUID
    payment: UUID
    idempotency_key: UUID

    @property
    def key(self) -> str:
        """Return the order's ID."""
        return str(self.order)


@dataclass(frozen=True, slots=True)
class ProcessorTold(Event):
    """A processor had something to say about an attempt to pay, or should be asked how it stands."""

    attempt: UUID

    @property
    def key(self) -> str:
        """Return the attempt's ID."""
        return str(self.attempt)


@dataclass(frozen=True, slots=True)
class PaymentDiffers(Event):
    """A processor's books differ from ours: staff should look at it."""

    difference: UUID

    @property
    def key(self) -> str:
        """Return the difference's ID."""
        return str(self.difference)
