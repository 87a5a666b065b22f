"""The public face of entitlements: what a member got with an order, and the facts about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from babel.dates import format_date
from pydantic import BaseModel, ConfigDict, Field

from guildshop.events import Event
from guildshop.i18n import _, babel_locale, lazy


class EntitlementStatus(StrEnum):
    """Where an entitlement stands: `PENDING → GRANTED / FAILED → REVOKED`."""

    PENDING = "PENDING"
    GRANTED = "GRANTED"
    FAILED = "FAILED"
    REVOKED = "REVOKED"


class EntitlementKind(StrEnum):
    """What is given: a role, access to a channel, a licence key of the product's stock, or a file."""

    ROLE = "ROLE"
    CHANNEL = "CHANNEL"
    KEY = "KEY"
    FILE = "FILE"


GOODS = frozenset({EntitlementKind.KEY, EntitlementKind.FILE})
"""The kinds that are sent to the customer, and cannot be taken back once they were read."""

KEYS_OUT = "keys-out"
"""The problem of a key that could not be given since none was left."""

ENDING = "entitlement_ending"
"""The topic of reminders."""

LONGEST_KEY = 500
KEYS_AT_ONCE = 5_000
LARGEST_FILE = 8 * 1024 * 1024
"""Bytes; what fits into a message of any server."""
FILES_A_PRODUCT = 10
LONGEST_TERM = 3_650
"""Days."""


def kind_label(kind: EntitlementKind) -> str:
    """Return what a kind is called, in the current language."""
    return {
        EntitlementKind.ROLE: _("Role"),
        EntitlementKind.CHANNEL: _("Channel"),
        EntitlementKind.KEY: _("Licence key"),
        EntitlementKind.FILE: _("File"),
    }[kind]


class Ended(StrEnum):
    """Why an entitlement ended."""

    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    STAFF = "staff"


class EntitlementsSettings(BaseModel):
    """What a store's owner decides about what is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    remind_days: int = Field(
        title=lazy("Remind days"),
        default=3,
        ge=0,
        le=60,
        description=lazy("How many days before a timed role ends its member is reminded. 0: never."),
    )


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One thing that came with one product of one order.

    `target` is the Discord ID of a role or channel, and counts the keys and files from 1; `good` is the key or file.
    What is timed lasts `days` from the moment it was given, or from the end of what the member has already.
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
    good: UUID | None = None
    days: int = 0
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    ended: str = ""

    @property
    def failed(self) -> bool:
        """Whether it could not be given, or could not be taken back."""
        return self.status is EntitlementStatus.FAILED or (
            self.status is EntitlementStatus.REVOKED and bool(self.problem)
        )

    @property
    def subject(self) -> str:
        """Member and target, as the key of what is due."""
        return f"{self.discord_id}/{self.target}"


def day_text(moment: datetime | None) -> str:
    """Return the day of a moment (UTC) as the current reader writes it, nothing for none."""
    return "" if moment is None else str(format_date(moment.date(), "medium", locale=babel_locale()))


def state_label(entitlement: Entitlement) -> str:
    """Return where an entitlement stands, in the current language."""
    if entitlement.status is EntitlementStatus.GRANTED and entitlement.expires_at is not None:
        return _("Given, until {date}").format(date=day_text(entitlement.expires_at))
    if entitlement.status is EntitlementStatus.REVOKED:
        if entitlement.failed:
            return _("Could not be taken back")
        return _("Run out") if entitlement.ended == Ended.EXPIRED else _("Taken back")
    return {
        EntitlementStatus.PENDING: _("Waiting"),
        EntitlementStatus.GRANTED: _("Given"),
        EntitlementStatus.FAILED: _("Failed"),
    }[entitlement.status]


@dataclass(frozen=True, slots=True)
class GoodFile:
    """A file that comes with a product."""

    id: UUID
    name: str
    size: int
    """Bytes."""
    created: datetime


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A licence key that nobody has got yet, with all but its end hidden."""

    id: UUID
    hint: str
    created: datetime


@dataclass(frozen=True, slots=True)
class ProductGoods:
    """What a product gives besides itself."""

    product: UUID
    sku: str
    name: str
    roles: int
    channels: int
    days: int = 0
    gives_key: bool = False
    keys_left: int = 0
    keys_given: int = 0
    files: int = 0

    @property
    def keys_are_out(self) -> bool:
        """Whether the next buyer would get no key."""
        return self.gives_key and not self.keys_left


@dataclass(frozen=True, slots=True)
class OwnedGoods:
    """What a member got of one product of one order: keys as text, and files by entitlement."""

    order: UUID
    order_number: str
    product_name: str
    keys: tuple[str, ...]
    files: tuple[tuple[UUID, str], ...]


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
class EntitlementExpiryDue(Event):
    """The time of an entitlement may have run out; one that was moved meanwhile has an event of its own."""

    timed: ClassVar[bool] = True
    entitlement: UUID
    subject: str

    @property
    def key(self) -> str:
        """The member and the role or channel."""
        return self.subject


@dataclass(frozen=True, slots=True)
class EntitlementReminderDue(Event):
    """An entitlement ends soon, if it still ends at that time (UTC)."""

    timed: ClassVar[bool] = True
    entitlement: UUID
    expires_at: datetime

    @property
    def key(self) -> str:
        """The entitlement's ID."""
        return str(self.entitlement)


@dataclass(frozen=True, slots=True)
class GoodsDue(Event):
    """Keys and files of an order are to be sent to its customer."""

    order: UUID

    @property
    def key(self) -> str:
        """The order's ID."""
        return str(self.order)


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
    """The member has got it."""


@dataclass(frozen=True, slots=True)
class EntitlementFailed(EntitlementEvent):
    """It could not be given or taken back, and trying again will not help by itself."""


@dataclass(frozen=True, slots=True)
class EntitlementRevoked(EntitlementEvent):
    """The entitlement has ended; the role stays while another one of the member grants it."""
