"""The checkout, open to plugins: a draft becomes a quote by its steps, a confirmed quote becomes an order.

A plugin adds a step by the hook `register_checkout_steps`. Discounts, shipping, taxes and credit are all such steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from guildshop.permissions import Actor

if TYPE_CHECKING:
    from guildshop.database import Work


class Phase(StrEnum):
    """When a step has its turn, in this order, and what its adjustments do to the amounts.

    `SHIPPING` takes all that is charged for packing and sending, such as a gift wrap; each has a line of its own.
    """

    DISCOUNT = "discount"
    LOYALTY = "loyalty"
    SHIPPING = "shipping"
    TAX = "tax"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One amount added by a step, kept as a row of the order, so that it still adds up after the plugin is gone.

    `amount` is never negative: the phase says whether it lowers (discount, loyalty), raises (shipping, tax) or pays
    (credit). An `included` amount (tax that prices contain already) is shown and changes no sum.
    """

    phase: Phase
    plugin: str
    code: str
    label: str
    amount: int
    included: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """The amounts of an order: lines → discount → loyalty → shipping → tax → total → credit → due."""

    currency: str
    subtotal: int = 0
    discount: int = 0
    loyalty: int = 0
    shipping: int = 0
    tax: int = 0
    total: int = 0
    credit: int = 0
    due: int = 0


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A product and quantity that the member chose, with the price and name last shown."""

    product: UUID
    sku: str
    name: str
    ships: bool
    quantity: int
    unit_price: int


@dataclass(frozen=True, slots=True)
class Draft:
    """An order in the making: one a member and store. `answers` holds what each step asked, by the step's name."""

    id: UUID
    store: int
    member: int
    customer: UUID
    currency: str
    lines: tuple[DraftLine, ...]
    answers: Mapping[str, Mapping[str, str]]
    payment_method: str
    recipient: int | None
    items_done: bool
    updated: datetime
    expires: datetime
    version: int

    @property
    def ships(self) -> bool:
        """Whether anything of it must be shipped."""
        return any(line.ships for line in self.lines)

    def answer(self, step: str) -> Mapping[str, str]:
        """Return what the member answered to that step so far."""
        return self.answers.get(step, {})


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer."""

    value: str
    label: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    """One text to fill in, or, with choices, one of these to choose."""

    name: str
    label: str
    required: bool = True
    max_length: int = 100
    value: str = ""
    placeholder: str = ""
    choices: Sequence[Choice] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question as data: choices to pick one of, a form of up to five fields to fill in, or either of both.

    `name` is what the answer is kept under. With `skip`, the label of a button, the member may go on without an answer.
    """

    step: str
    name: str
    title: str
    text: str
    choices: Sequence[Choice] = ()
    form: Sequence[FormField] = ()
    form_label: str = ""
    skip: str = ""


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A line of a quote at the price promised."""

    product: UUID
    sku: str
    name: str
    ships: bool
    quantity: int
    unit_price: int

    @property
    def total(self) -> int:
        """Return quantity × unit price."""
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True)
class Quote:
    """What the summary promised, valid until `expires`: an order is made of this and nothing else."""

    draft: UUID
    lines: tuple[QuoteLine, ...]
    adjustments: tuple[Adjustment, ...]
    totals: Totals
    payment_method: str
    shipping_type: str
    address: Mapping[str, str]
    made: datetime
    expires: datetime


class CheckoutStep(Protocol):
    """A step of the checkout. Foreign services are asked in `quote`, never in `claim`."""

    @property
    def name(self) -> str:
        """The name its answers are kept under: the plugin's name, or `<plugin>.<part>`."""
        ...

    @property
    def phase(self) -> Phase:
        """When it has its turn."""
        ...

    @property
    def position(self) -> int:
        """The order among the steps of one phase, the lowest first."""
        ...

    async def ask(self, draft: Draft) -> Question | None:
        """Return the next thing that must be asked, or None when everything is known."""
        ...

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Check what was answered and return what to keep (the whole answer of this step); refuse what cannot be.

        `values` holds `value` for a choice, the fields' names for a form, and nothing where it was skipped.
        """
        ...

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        """Return the adjustments, given the totals of the phases before and of earlier steps of this phase."""
        ...

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Add to the order's Work whatever must hold when it is placed; the refusals given come out of Confirm."""
        ...
