"""Where a processor's books differ from ours. Money is in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class DifferenceKind(StrEnum):
    """What differs.

    `MISSING`: the processor says that it took less than we entered. `REFUNDED`: it gave back more than we know of.
    `UNKNOWN`: it took money for us that belongs to no attempt. `TEST_MODE`: it is play money. `DISPUTED`: the payer
    wants it back through their bank.
    """

    MISSING = "MISSING"
    REFUNDED = "REFUNDED"
    UNKNOWN = "UNKNOWN"
    TEST_MODE = "TEST_MODE"
    DISPUTED = "DISPUTED"


@dataclass(frozen=True, slots=True)
class Figures:
    """What differs, our figure and the processor's."""

    kind: DifferenceKind
    ours: int
    theirs: int
    currency: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference that was found and, with `settled_at`, is settled. `subject` is the processor's ID of the money."""

    id: UUID
    store: int
    kind: DifferenceKind
    processor: str
    subject: str
    order: UUID | None
    order_number: str
    ours: int
    theirs: int
    currency: str
    detail: str
    found: datetime
    seen: datetime
    settled_at: datetime | None
    settled_by: str
    note: str
