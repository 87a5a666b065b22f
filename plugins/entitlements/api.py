"""The public face of entitlements: what a member got with an order, and the facts about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from guildshop.events import Event


class EntitlementStatus(StrEnum):
    """Where an entitlement stands: `PENDING → GRANTED / FAILED → REVOKED`."""

    PENDING = "PENDING"
    GRANTED = "GRANTED"
    FAILED = "FAILED"
    REVOKED = "REVOKED"


class EntitlementKind(StrEnum):
    """What is given: a role, or access to a channel."""

    ROLE = "ROLE"
    CHANNEL = "CHANNEL"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One role or channel of one product of one order: `target` is its Discord ID.

    `reason` and `remedy` are sentences for staff, empty when all is well.
    """

    id: UUID
    store: int
    order: UUID
    product: UUID
    product_name: str
    discord_id: int | None
    kind: EntitlementKind
    target: int
    status: EntitlementStatus
    problem: str
    reason: str
    remedy: str
    created: datetime
    granted_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class EntitlementDue(Event):
    """What Discord has is to be made what an entitlement's status says: given, or taken back."""

    entitlement: UUID
    subject: str
    """Member and target: one at a time for each pair, in order."""

    @property
    def key(self) -> str:
        """The member and the role or channel."""
        return self.subject


@dataclass(frozen=True, slots=True)
class EntitlementEvent(Event):
    """A fact about one entitlement of an order."""

    order: UUID
    entitlement: UUID

    @property
    def key(self) -> str:
        """The order's ID."""
        return str(self.order)


@dataclass(frozen=True, slots=True)
class EntitlementGranted(EntitlementEvent):
    """The member has got the role or the channel."""


@dataclass(frozen=True, slots=True)
class EntitlementFailed(EntitlementEvent):
    """The role or channel could not be given or taken back, and trying again will not help by itself."""


@dataclass(frozen=True, slots=True)
class EntitlementRevoked(EntitlementEvent):
    """The entitlement has ended; the role stays while another one of the member grants it."""
