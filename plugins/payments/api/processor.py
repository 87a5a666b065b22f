"""What a payment processor is to the payments plugin: a plugin returns one from the hook `register_processors`.

The plugin of a processor speaks its API and checks its signatures. Everything else is done here, once for all of them:
attempts with their idempotency keys, the invoice page, settling, polling and reconciliation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from guildshop.plugins.orders.api import Order
from guildshop.plugins.payments.api.payment import Payment


class AttemptState(StrEnum):
    """Where an attempt stands: `NEW` until the processor has answered; it never leaves `PAID`."""

    NEW = "NEW"
    OPEN = "OPEN"
    PAID = "PAID"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class PaymentCode:
    """What a payer can scan or copy instead of following a link, such as a Bitcoin address with its amount."""

    label: str
    uri: str
    text: str
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to pay an order through a processor. Its ID is the idempotency key and the processor's reference.

    `processor_id` and `url` are empty while it is `NEW`. An order has one attempt at a time that is `NEW` or `OPEN`.
    """

    id: UUID
    store: int
    order: UUID
    order_number: str
    method: str
    processor_id: str
    url: str
    amount: int
    currency: str
    state: AttemptState
    created: datetime
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Begun:
    """What a processor answered to an attempt: its own ID of it, the page where it is paid, and what can be scanned."""

    processor_id: str
    url: str
    expires: datetime | None = None
    codes: tuple[PaymentCode, ...] = ()


class StandingState(StrEnum):
    """Where a payment stands at its processor.

    `OPEN`: it can be paid. `PROCESSING`: the payer has paid and the money is on its way, so it cannot be ended.
    `PAID`: money was taken and no more is awaited. `ENDED`: it cannot be paid any more; money may have come.
    """

    OPEN = "OPEN"
    PROCESSING = "PROCESSING"
    PAID = "PAID"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a processor says of an attempt when it is asked.

    `taken` is all the money that it took for it so far, in minor units of `currency`, and `refunded` what it gave back;
    `money_id` is its own ID of that money, which refunds name. `live` is false for play money.
    """

    state: StandingState
    money_id: str = ""
    taken: int = 0
    currency: str = ""
    refunded: int = 0
    live: bool = True
    disputed: bool = False
    detail: str = ""


class RefundState(StrEnum):
    """Where a refund stands at its processor; `FAILED` is a definite no."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """What a processor says of a refund. `url` is where the payer claims it, for those that need that.

    `given` is what of it went back all the same where it `FAILED`, in minor units: less than was asked for.
    """

    state: RefundState
    reference: str = ""
    reason: str = ""
    url: str = ""
    given: int = 0


@dataclass(frozen=True, slots=True)
class Taking:
    """Money that a processor lists as taken; `attempt` is ours that it names, None where it names none."""

    money_id: str
    attempt: UUID | None
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class ProcessorProblem:
    """What is wrong with a store's account, for the doctor: a sentence, and what to do."""

    message: str
    remedy: str
    broken: bool = field(default=True)


class Processor(Protocol):
    """A payment processor. The store in scope is the one that is meant.

    Where it does not answer, answers nonsense or says 5xx, each method raises `Unavailable`, and is called again with
    the same key; where the account is not set up or refused, `NotConfigured`.
    """

    @property
    def code(self) -> str:
        """The code of the payment method, as it stands among `methods` of the payments' settings."""
        ...

    @property
    def label(self) -> str:
        """What payers read, in the current language."""
        ...

    @property
    def scannable(self) -> bool:
        """Whether an attempt has codes that payers scan, beside its page."""
        ...

    def ready(self, store: int) -> bool:
        """Tell whether the store's account is set up."""
        ...

    def payable(self, amount: int, currency: str) -> str:
        """Return an empty text, or the sentence why this amount cannot be paid through it."""
        ...

    async def begin(self, attempt: Attempt, order: Order, return_url: str) -> Begun:
        """Open the payment at the processor; the same attempt again returns the one opened before."""
        ...

    async def fetch(self, attempt: Attempt) -> Standing:
        """Ask how a begun attempt stands."""
        ...

    async def end(self, attempt: Attempt) -> Standing:
        """Make a begun attempt impossible to pay, unless it is too late for that; return how it stands then."""
        ...

    async def refund(self, payment: Payment, amount: int, key: UUID) -> RefundOutcome:
        """Give money of a payment back, or, when called with that key before, ask how that refund stands."""
        ...

    async def takings(self, since: datetime) -> Sequence[Taking]:
        """Return the money taken since then, for reconciliation."""
        ...

    async def examine(self, store: int) -> Sequence[ProcessorProblem]:
        """Say what is wrong with a store's account, asking the processor; nothing where none is meant to be."""
        ...
