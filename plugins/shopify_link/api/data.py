"""Links to Shopify as data. Amounts are minor units; Shopify's IDs are text, since they may exceed a BIGINT."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class LinkAction(StrEnum):
    """What was done to a link."""

    LINK = "link"
    UNLINK = "unlink"
    DATA_REQUEST = "data_request"
    """Shopify passed on that the customer wants to know what is kept of them."""


class LinkMethod(StrEnum):
    """How a link came to be."""

    STAFF = "STAFF"
    EMAIL = "EMAIL"
    IMPORT = "IMPORT"


class MetafieldState(StrEnum):
    """Whether Shopify's customer carries the Discord IDs."""

    PENDING = "PENDING"
    WRITTEN = "WRITTEN"
    FAILED = "FAILED"


class BulkState(StrEnum):
    """How a list of links stands."""

    RUNNING = "RUNNING"
    DONE = "DONE"


class RowState(StrEnum):
    """What became of one row of a list."""

    WAITING = "WAITING"
    FINE = "FINE"
    """A dry run found nothing against it."""
    LINKED = "LINKED"
    ALREADY = "ALREADY"
    BAD = "BAD"


class VerificationState(StrEnum):
    """How an emailed link stands."""

    OPEN = "OPEN"
    USED = "USED"
    REJECTED = "REJECTED"
    """Whoever has the mailbox said that it was not them."""
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class ShopifyCustomer:
    """A customer as Shopify tells of them. `email` is empty where there is none, or Shopify may not tell it."""

    id: str
    """The digits of gid://shopify/Customer/…."""
    name: str
    email: str
    orders: int
    spent: int
    currency: str


@dataclass(frozen=True, slots=True)
class Link:
    """A member and the Shopify customer that they are, with what Shopify last told of the customer."""

    id: UUID
    store: int
    discord_id: int
    username: str
    shopify_id: str
    name: str
    email: str
    orders: int
    spent: int
    currency: str
    method: LinkMethod
    linked_by: str
    created: datetime
    refreshed: datetime
    role_id: int | None
    """The client role that was given for this link."""
    role_problem: str
    role_remedy: str
    metafields: MetafieldState
    metafields_problem: str
    version: int


@dataclass(frozen=True, slots=True)
class Linked:
    """A link, and whether it was made just now."""

    link: Link
    fresh: bool


@dataclass(frozen=True, slots=True)
class LinkLogEntry:
    """One line of the log of links: who did what to whom. The email is empty once its customer was erased."""

    id: UUID
    action: LinkAction
    actor_kind: str
    actor_id: str
    actor_name: str
    discord_id: int
    shopify_id: str
    email: str
    note: str
    created: datetime
    type: str = "customer_link"


@dataclass(frozen=True, slots=True)
class Verification:
    """An emailed link as whoever opens it may see it."""

    id: UUID
    store: int
    discord_id: int
    username: str
    email: str
    locale: str
    created: datetime
    expires: datetime
    state: VerificationState


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to link: a member, with the names that Discord knows them by; empty where they are not known."""

    discord_id: int
    username: str = ""
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class BulkLink:
    """A list of members and emails that is linked, or only looked at; `counts` says how many rows stand how."""

    id: UUID
    store: int
    made_by: str
    dry_run: bool
    state: BulkState
    total: int
    created: datetime
    finished: datetime | None
    counts: dict[RowState, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """How many rows were looked at."""
        return self.total - self.counts.get(RowState.WAITING, 0)


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One row of a list, and what became of it."""

    number: int
    member: str
    email: str
    state: RowState
    message: str
