"""What others may know of discounts: the data and the refusals. Amounts are minor units of the discount's currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from uuid import UUID

from guildshop.errors import Invalid, NotFound, Refusal, Stale

DISCOUNT_READ = "discount.read"
DISCOUNT_CREATE = "discount.create"
DISCOUNT_UPDATE = "discount.update"


class DiscountKind(StrEnum):
    """How much is taken off: a share of what it applies to, or an amount."""

    PERCENT = "PERCENT"
    FIXED = "FIXED"


class DiscountScope(StrEnum):
    """What or whom it is for. Products and categories say which lines, the others which customers."""

    ALL = "ALL"
    PRODUCTS = "PRODUCTS"
    CATEGORIES = "CATEGORIES"
    ROLES = "ROLES"
    TAGS = "TAGS"
    GROUPS = "GROUPS"
    """Discount groups of the plugin `organization`."""
    CUSTOMERS = "CUSTOMERS"


class AssignmentRule(StrEnum):
    """How often a member may use a discount assigned to them."""

    ONE_TIME = "one_time"
    NEXT_N = "next_n"
    FOREVER = "forever"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountInput:
    """A discount as staff enter one. Without a code it applies by itself.

    `targets` are what the scope names: product, category or customer IDs, Discord role IDs, or tags. No customers: only
    those whom it is assigned to. `starts` is now when left out; `currency` the store's own.
    """

    name: str
    kind: DiscountKind = DiscountKind.PERCENT
    percent: int | None = None
    amount: int | None = None
    currency: str = ""
    code: str = ""
    scope: DiscountScope = DiscountScope.ALL
    targets: tuple[str, ...] = ()
    starts: datetime | None = None
    ends: datetime | None = None
    limit_total: int | None = None
    limit_per_customer: int | None = None
    minimum: int = 0
    """The least that the goods of an order must cost."""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount of a store. `used` counts the uses that were not given back."""

    id: UUID
    store: int
    name: str
    kind: DiscountKind
    percent: int | None
    amount: int | None
    currency: str
    code: str
    scope: DiscountScope
    targets: tuple[str, ...]
    starts: datetime
    ends: datetime | None
    limit_total: int | None
    limit_per_customer: int | None
    minimum: int
    active: bool
    used: int
    created: datetime
    version: int

    @property
    def as_input(self) -> DiscountInput:
        """The discount as it would be entered again."""
        return DiscountInput(**{name: getattr(self, name) for name in DiscountInput.__slots__})

    def state(self, now: datetime) -> DiscountState:
        """Return what a list says of it."""
        if not self.active:
            return DiscountState.INACTIVE
        if self.ends is not None and self.ends <= now:
            return DiscountState.ENDED
        if self.limit_total is not None and self.used >= self.limit_total:
            return DiscountState.USED_UP
        return DiscountState.PLANNED if self.starts > now else DiscountState.RUNNING


class DiscountState(StrEnum):
    """Where a discount stands."""

    RUNNING = "RUNNING"
    PLANNED = "PLANNED"
    ENDED = "ENDED"
    USED_UP = "USED_UP"
    INACTIVE = "INACTIVE"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A discount that a customer may use whomever it is for; `total_allowed` is None for `forever`."""

    id: UUID
    store: int
    discount: UUID
    customer: UUID
    rule: AssignmentRule
    total_allowed: int | None
    used: int
    expires: datetime | None
    active: bool
    created: datetime
    version: int

    @property
    def left(self) -> int | None:
        """How often it may still be used; None: without limit."""
        return None if self.total_allowed is None else max(self.total_allowed - self.used, 0)

    def open(self, now: datetime) -> bool:
        """Tell whether it may be used now."""
        return self.active and self.left != 0 and (self.expires is None or self.expires > now)


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """An assignment as lists show it."""

    assignment: Assignment
    discount: Discount
    customer_name: str


@dataclass(frozen=True, slots=True)
class DiscountUse:
    """One order that a discount was taken off; `given_back` once the order was cancelled unpaid or refunded in full."""

    id: UUID
    discount: UUID
    order: UUID
    customer: UUID
    customer_name: str
    order_number: str
    amount: int
    currency: str
    created: datetime
    given_back: datetime | None


class DiscountUnknown(NotFound):
    """There is no such discount in this store."""

    code = "discount-unknown"


class AssignmentUnknown(NotFound):
    """There is no such assignment in this store."""

    code = "assignment-unknown"


class CodeTaken(Refusal):
    """Another discount of the store has this code."""

    code = "code-taken"


class CodeRefused(Invalid):
    """The code that was typed does not exist, or cannot be used for this order."""

    code = "code-refused"


class TooManyCodes(Refusal):
    """Too many codes that do not exist were tried: HTTP 429."""

    code = "too-many-codes"
    status = HTTPStatus.TOO_MANY_REQUESTS


class DiscountGone(Stale):
    """Since the summary was shown somebody took the last use, or staff changed it: the member is asked anew."""

    code = "discount-gone"
