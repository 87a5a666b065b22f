"""What a refund is. Amounts are minor units of the order's currency."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from guildshop.plugins.orders.api import Order, OrderStatus, RefundedItem, RefundMode
from guildshop.plugins.payments.api import Payment

CREATE = "refund.create"
READ = "refund.read"
REASON_LENGTH = 500
NOTE_LENGTH = 200


class RefundState(StrEnum):
    """Where a refund stands: until it is `PENDING` no longer, its money and pieces are set aside."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class PartKind(StrEnum):
    """How a part of a refund gets back: through its processor, by the staff's own hands, or as store credit."""

    PROCESSOR = "PROCESSOR"
    MANUAL = "MANUAL"
    CREDIT = "CREDIT"


@dataclass(frozen=True, slots=True)
class ItemRequest:
    """Pieces of a product, named by its SKU or ID."""

    product: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What somebody asks for: `full` takes neither amount nor items, `amount` and `items` one of them, `both` both.

    `to_credit` gives all of it as store credit instead of the way it was paid.
    """

    mode: RefundMode
    amount: int | None = None
    items: tuple[ItemRequest, ...] = ()
    reason: str = ""
    to_credit: bool = False


@dataclass(frozen=True, slots=True)
class Funds:
    """Money that came for an order and can go back the same way: `left` is what of it was not given back yet."""

    kind: PartKind
    method: str
    left: int
    payment: UUID | None = None
    label: str = ""
    """What the method is called, in the current language."""


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """Pieces of a line that come back. `amount` is what they count for, `net` what was really paid for them.

    That is net of discounts, and with tax.
    """

    line: UUID
    product: UUID | None
    sku: str
    name: str
    quantity: int
    unit_price: int
    amount: int
    net: int

    @property
    def returned(self) -> RefundedItem:
        """Return it as the order counts it."""
        return RefundedItem(self.line, self.product, self.quantity)


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """How much goes back which way."""

    kind: PartKind
    method: str
    amount: int
    payment: UUID | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """Exactly what a refund will do. `net` is what was really paid for the items, for comparison."""

    order: UUID
    order_number: str
    currency: str
    mode: RefundMode
    amount: int
    items: tuple[PlannedItem, ...]
    parts: tuple[PlannedPart, ...]
    reason: str
    status: OrderStatus
    left: int
    net: int

    @property
    def credit(self) -> int:
        """What of it becomes store credit."""
        return sum(part.amount for part in self.parts if part.kind is PartKind.CREDIT)

    @property
    def manual(self) -> int:
        """What of it the staff pay back themselves."""
        return sum(part.amount for part in self.parts if part.kind is PartKind.MANUAL)

    @property
    def processed(self) -> int:
        """What of it goes back through a processor."""
        return sum(part.amount for part in self.parts if part.kind is PartKind.PROCESSOR)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan that was shown and waits for a confirmation; it is kept, so that a restart does not lose it."""

    id: UUID
    request: RefundRequest
    plan: RefundPlan
    credit_possible: bool
    endings: tuple[str, ...] = ()
    """What else ends with it, as sentences: the roles and channels that are taken."""


@dataclass(frozen=True, slots=True)
class RefundItem:
    """Pieces of a line that a refund took back, and what they counted for."""

    line: UUID
    product: UUID | None
    sku: str
    name: str
    quantity: int
    unit_price: int
    amount: int


@dataclass(frozen=True, slots=True)
class RefundPart:
    """One way on which money goes back.

    `key` goes with every attempt at the processor. `refused` says that the processor said no, definitely. `url` is
    where the customer collects the money, where the processor wants that.
    """

    id: UUID
    kind: PartKind
    method: str
    amount: int
    payment: UUID | None
    state: RefundState
    key: UUID
    reference: str
    problem: str
    refused: bool
    url: str
    attempts: int
    next_attempt: datetime | None
    asked_until: datetime | None = None
    """Until when a process has its processor to itself, which it asks at this moment."""
    label: str = ""
    """What the method is called, in the current language."""

    @property
    def waits_for_staff(self) -> bool:
        """Whether staff pay it back themselves and have not said yet that they did."""
        return self.state is RefundState.PENDING and self.kind is PartKind.MANUAL


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund. `amount` is what is being given back: less than `asked` when one of its parts failed.

    `request` is the return that it ends. A `surplus` came beyond the order, which giving it back does not change.
    """

    id: UUID
    store: int
    order: UUID
    order_number: str
    mode: RefundMode
    amount: int
    asked: int
    currency: str
    state: RefundState
    reason: str
    note: str
    by: str
    request: UUID | None
    surplus: bool
    created: datetime
    settled_at: datetime | None
    version: int
    items: tuple[RefundItem, ...] = ()
    parts: tuple[RefundPart, ...] = ()

    @property
    def problem(self) -> str:
        """Why it is not done, or not wholly: a sentence for staff, empty when all is well."""
        return " ".join(dict.fromkeys(part.problem for part in self.parts if part.problem))

    @property
    def reopened(self) -> bool:
        """Whether its processor took back that it was done; the order is refunded all the same."""
        return self.state is RefundState.PENDING and self.settled_at is not None

    @property
    def by_hand(self) -> int:
        """What staff have to pay back themselves and then say so."""
        return sum(part.amount for part in self.parts if part.waits_for_staff)

    @property
    def url(self) -> str:
        """Return where the customer collects the money; empty where it comes by itself."""
        return next((part.url for part in self.parts if part.url), "")


@dataclass(frozen=True, slots=True)
class RefundFilter:
    """What a list of refunds is narrowed to."""

    state: RefundState | None = None
    order: UUID | None = None


@dataclass(frozen=True, slots=True)
class Surplus:
    """What of a payment belongs to no order: it came too late, or was too little or too much.

    `order` is None where it was deleted.
    """

    payment: Payment
    order: Order | None
    amount: int
    label: str = ""
    """What the payment's method is called, in the current language."""


@dataclass(frozen=True, slots=True)
class RefundSource:
    """Somewhere that money can go instead of back the way it came, as store credit is.

    `available(store)` says whether the store has it now. Who offers it hears `OrderRefunded` and credits its `credit`.
    """

    code: str
    label: str
    available: Callable[[int], bool]


RefundEffects = Callable[[RefundPlan], Awaitable[Sequence[str]]]
"""Says what else a refund will do, a sentence each, in the current language."""
