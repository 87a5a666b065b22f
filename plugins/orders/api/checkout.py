"""The checkout, open to plugins: a draft becomes a quote by its steps, a confirmed quote becomes an order.

A plugin adds a step by the hook `register_checkout_steps`. Discounts, shipping, taxes and credit are all such steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from uuid import UUID

from guildshop.errors import Refusal
from guildshop.i18n import _, lazy
from guildshop.money import allocate
from guildshop.permissions import Actor
from guildshop.plugins.orders.api.address import PLACE_STEP, SHIPPING_STEP, ShippingAddress, address_in

if TYPE_CHECKING:
    from guildshop.database import Work


IMPORTED = "imported"
"""The code of an amount that came with an imported order: nobody knows by which rule."""


class Phase(StrEnum):
    """When a step has its turn, in this order, and what its adjustments do to the amounts.

    `SHIPPING` takes all that is charged for packing and sending, such as a gift wrap; each has a line of its own.
    """

    DISCOUNT = "discount"
    LOYALTY = "loyalty"
    SHIPPING = "shipping"
    TAX = "tax"
    CREDIT = "credit"


PHASE_LABELS: Mapping[Phase, str] = {
    Phase.DISCOUNT: lazy("Discount"),
    Phase.LOYALTY: lazy("Points"),
    Phase.SHIPPING: lazy("Shipping"),
    Phase.TAX: lazy("Tax"),
    Phase.CREDIT: lazy("Store credit"),
}
"""What amounts of imported orders are called."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One amount added by a step, kept as a row of the order, so that it still adds up after the plugin is gone.

    `amount` is never negative: the phase says whether it lowers (discount, loyalty), raises (shipping, tax) or pays
    (credit). An `included` amount (tax that prices contain already) is shown and changes no sum.

    `shares` tell how it falls on the lines, one for each in their order: those of a reduction add up to `amount`, of a
    tax the rest is on shipping. Empty, it falls on them in proportion to what each costs: see `shares_of`.
    """

    phase: Phase
    plugin: str
    code: str
    label: str
    amount: int
    included: bool = False
    reference: str = ""
    shares: tuple[int, ...] = ()

    @property
    def is_way(self) -> bool:
        """Whether it is for the shipping type that was chosen, which a reader may not know for one by its name."""
        return self.phase is Phase.SHIPPING and self.plugin == "orders" and self.code != IMPORTED

    @property
    def title(self) -> str:
        """What it is called in a list of amounts, in the reader's language."""
        if self.plugin == "orders" and self.code == IMPORTED:
            return _(PHASE_LABELS[self.phase])
        return _("Shipping ({name})").format(name=self.label) if self.is_way else self.label


def shares_of(adjustment: Adjustment, costs: Sequence[int]) -> tuple[int, ...]:
    """Return how an adjustment falls on lines that cost this much each so far."""
    return adjustment.shares or tuple(allocate(adjustment.amount, costs) if costs else ())


def net_lines(totals: Sequence[int], adjustments: Iterable[Adjustment]) -> tuple[int, ...]:
    """Return what each line comes to after discount and loyalty, given the lines' totals in their order."""
    nets = list(totals)
    for one in sorted(adjustments, key=lambda one: list(Phase).index(one.phase)):
        if one.phase in {Phase.DISCOUNT, Phase.LOYALTY} and not one.included:
            nets = [net - share for net, share in zip(nets, shares_of(one, nets), strict=True)]
    return tuple(nets)


@dataclass(frozen=True, slots=True)
class Totals:
    """The amounts of an order: lines → discount → loyalty → shipping → tax → total → credit → due.

    `nets` is what each line comes to after discount and loyalty, in the lines' order.
    """

    currency: str
    subtotal: int = 0
    discount: int = 0
    loyalty: int = 0
    shipping: int = 0
    tax: int = 0
    total: int = 0
    credit: int = 0
    due: int = 0
    nets: tuple[int, ...] = ()


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
    """An order in the making: one a member and store. `answers` holds what each step asked, by the step's name.

    `roles` are the Discord roles of who orders, as they are at this moment: they are not stored. `order` is the order
    whose lines are edited, which keeps what it claimed; None for a new one.
    """

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
    roles: frozenset[int] = frozenset()
    order: UUID | None = None

    @property
    def ships(self) -> bool:
        """Whether anything of it must be shipped."""
        return any(line.ships for line in self.lines)

    @property
    def ship_to(self) -> ShippingAddress | None:
        """Where it is shipped to; None where nothing ships or that is not known yet."""
        return address_in(self.answer(SHIPPING_STEP)) if self.ships else None

    @property
    def tax_place(self) -> ShippingAddress | None:
        """The address that the tax depends on: where it is shipped to, else the country, region and postal code given.

        Digital goods are asked for it only where a step decides the tax; it has no recipient, street and city then,
        unless a saved address was chosen.
        """
        return self.ship_to if self.ships else address_in(self.answer(PLACE_STEP))

    def answer(self, step: str) -> Mapping[str, str]:
        """Return what the member answered to that step so far."""
        return self.answers.get(step, {})


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer. With a form, choosing it opens the form, and what is filled in is part of the answer."""

    value: str
    label: str
    description: str = ""
    form: Sequence[FormField] = ()


@dataclass(frozen=True, slots=True)
class FormField:
    """One text to fill in, or, with choices, one of these to choose. `long` gives it several lines."""

    name: str
    label: str
    required: bool = True
    max_length: int = 100
    value: str = ""
    placeholder: str = ""
    choices: Sequence[Choice] = ()
    long: bool = False
    description: str = ""
    hidden: bool = False
    """Whether it goes with a form of the web unseen, as a key by which sending it twice is known."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as data: choices to pick one of, a form of up to five fields to fill in, or either of both.

    `name`, unlike any other step's and at most 20 characters, is what the answer is kept under. With `skip`, the label
    of a button, the member may go on without an answer. `buttons` are choices shown as buttons; their values, and those
    of choices with a form, have at most 10 characters. `text` is shown literally, unless it is the store's own
    `formatted` text.
    """

    step: str
    name: str
    title: str
    text: str
    choices: Sequence[Choice] = ()
    form: Sequence[FormField] = ()
    form_label: str = ""
    skip: str = ""
    buttons: Sequence[Choice] = ()
    formatted: bool = False


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
    tax_place: Mapping[str, str] = field(default_factory=dict)


FORGET = "forget"
"""The detail of a refusal that names the steps whose answers cannot be."""


def forgotten(refusal: Refusal) -> frozenset[str]:
    """Return the steps that a refusal wants to be asked anew."""
    found = refusal.details.get(FORGET, ())
    return frozenset(str(step) for step in found) if isinstance(found, tuple | list) else frozenset()


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
        """Return the adjustments, given the totals of the phases before and of earlier steps of this phase.

        A refusal is shown. With `details={FORGET: (step, …)}` the answers of those steps are asked for anew.
        """
        ...

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Add to the order's Work whatever must hold when it is placed; the refusals given come out of Confirm."""
        ...


@runtime_checkable
class OffersAtSummary(Protocol):
    """A step that offers something at the summary, such as a code to type in or points to redeem."""

    async def summary_actions(self, draft: Draft, quote: Quote) -> Sequence[Question]:
        """Return what can be done now: questions with a form behind `form_label`, or `buttons` that act at once.

        What is given comes to the step's `answer` as for any question; a new summary follows.
        """
        ...


@runtime_checkable
class DecidesTax(Protocol):
    """A step that works out the sales tax itself, instead of the store's flat rate."""

    def decides_tax(self, store: int) -> bool:
        """Tell whether it does so in that store: then digital goods are asked for `Draft.tax_place` too."""
        ...


@runtime_checkable
class Changeable(Protocol):
    """A step whose answer can be changed at the summary: forgotten, so that it is asked anew."""

    @property
    def change_label(self) -> str:
        """What is changed, such as "Gift wrap"; shown through `_()`."""
        ...


@runtime_checkable
class Releases(Protocol):
    """A step that can give back what it claimed: when an unpaid order is deleted, or edited and then claims anew.

    What a step without this claimed stays as it is when the lines of an order change.
    """

    def release(self, order: UUID, work: Work) -> None:
        """Add to the Work whatever gives back what the order claimed."""
        ...
