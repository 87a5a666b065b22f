"""Where a processor's books differ from ours. Money is in minor units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from guildshop.i18n import _, lazy


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


LABELS: Mapping[DifferenceKind, str] = MappingProxyType(
    {
        DifferenceKind.MISSING: lazy("The processor says that it took less than we entered"),
        DifferenceKind.REFUNDED: lazy("Refunded at the processor, not here"),
        DifferenceKind.UNKNOWN: lazy("Taken for us, but of no order that we know"),
        DifferenceKind.TEST_MODE: lazy("Play money of the processor's test mode"),
        DifferenceKind.DISPUTED: lazy("Disputed: the payer wants it back through their bank"),
    }
)


def difference_label(kind: DifferenceKind) -> str:
    """Return what a kind of difference is called."""
    return _(LABELS[kind])


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
