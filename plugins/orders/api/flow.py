"""What the member sees of an order flow at each moment, as data that Discord and the web render."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guildshop.plugins.orders.api.checkout import Choice, Draft, Question, Quote
from guildshop.plugins.orders.api.payment import PaymentMethod


class Stage(StrEnum):
    """Where the flow stands."""

    ITEMS = "items"
    QUESTION = "question"
    PAYMENT = "payment"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen of the flow. `notice` says what changed on the way, such as a product that is gone."""

    stage: Stage
    draft: Draft
    notice: str = ""
    question: Question | None = None
    methods: tuple[PaymentMethod, ...] = ()
    quote: Quote | None = None
    actions: tuple[Question, ...] = ()
    """What steps offer at the summary."""
    changes: tuple[Choice, ...] = ()
    """What can be changed at the summary."""
    payment_label: str = ""
