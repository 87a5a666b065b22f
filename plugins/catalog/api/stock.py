"""The stock ledger, the waiting list, and what is told of either."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from guildshop.events import Event
from guildshop.i18n import _, lazy


class MovementKind(StrEnum):
    """Why stock changed."""

    ADJUSTMENT = "ADJUSTMENT"
    RESERVE = "RESERVE"
    RELEASE = "RELEASE"
    SALE = "SALE"
    RESTOCK = "RESTOCK"
    RETURN = "RETURN"


STOCK_AT_THE_START = lazy("Stock at the start")
HELD_FOR_THE_WAITING_LIST = lazy("Held for the waiting list")
HOLD_ENDED = lazy("Hold ended")
_OURS = frozenset({STOCK_AT_THE_START, HELD_FOR_THE_WAITING_LIST, HOLD_ENDED})
"""Reasons that nobody typed: kept as they stand here, and read by everybody in their language."""


def reason_text(reason: str) -> str:
    """Return why stock changed as the current reader reads it: one of our own reasons in their language."""
    return _(reason) if reason in _OURS else reason


@dataclass(frozen=True, slots=True)
class StockMovement:
    """One row of the ledger: by how much the two counters changed, who did it and why."""

    id: UUID
    product: UUID
    kind: MovementKind
    available_change: int
    reserved_change: int
    order: UUID | None
    actor: str
    reason: str
    created: datetime


class WaitingState(StrEnum):
    """Where somebody stands who asked to be told when a product is back."""

    WAITING = "WAITING"
    HELD = "HELD"
    USED = "USED"
    EXPIRED = "EXPIRED"
    LEFT = "LEFT"


WaitingCheck = Callable[[int], Awaitable[None]]
"""Refuses the member of that Discord ID who may not wait for products."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A member's place on a product's waiting list, or the hold that came of it."""

    id: UUID
    store: int
    product: UUID
    member: int
    state: WaitingState
    place: int
    locale: str
    created: datetime
    held_until: datetime | None
    ahead: int = 0
    """How many wait before them."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One piece that is set aside for a member until a time."""

    id: UUID
    product: UUID
    until: datetime
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class StockLow(Event):
    """The stock of a product fell to or below the figure at which staff want to know."""

    product: UUID
    available: int

    @property
    def key(self) -> str:
        """Order by product."""
        return str(self.product)


@dataclass(frozen=True, slots=True)
class BackInStock(Event):
    """A product that was out of stock can be had again."""

    product: UUID
    available: int

    @property
    def key(self) -> str:
        """Order by product."""
        return str(self.product)


@dataclass(frozen=True, slots=True)
class HoldGranted(Event):
    """A piece was set aside for the first on a product's waiting list."""

    waiting: UUID

    @property
    def key(self) -> str:
        """Order by the place on the list."""
        return str(self.waiting)


@dataclass(frozen=True, slots=True)
class HoldExpiryDue(Event):
    """A hold's time is over, unless it was used or given back before."""

    timed: ClassVar[bool] = True
    waiting: UUID

    @property
    def key(self) -> str:
        """Order by the place on the list."""
        return str(self.waiting)
