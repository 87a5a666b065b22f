"""Asking the checkout steps, and adding their adjustments up to a quote."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from guildshop.isolation import PluginFailed, isolated
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    Adjustment,
    CheckoutStep,
    DecidesTax,
    Draft,
    OffersAtSummary,
    Phase,
    Question,
    Quote,
    QuoteLine,
)
from guildshop.plugins.orders.service.flat_tax import FlatTaxStep
from guildshop.plugins.orders.service.place import PlaceStep
from guildshop.plugins.orders.service.shipping import ShippingStep
from guildshop.plugins.orders.service.terms import TermsStep

if TYPE_CHECKING:
    from guildshop.app import App

_PHASES = list(Phase)


class Checkout:
    """The steps of the checkout in their order. `own` are those of this plugin."""

    def __init__(self, app: App) -> None:
        """Ask no plugin yet: other services may not be there."""
        self._app = app
        self.shipping = ShippingStep(app, self.goods)
        self.terms = TermsStep(app)
        self.own = (self.terms, self.shipping, PlaceStep(app, self.tax_decided), FlatTaxStep(app, self.tax_decided))
        self._all: list[tuple[str, CheckoutStep]] | None = None

    def steps(self, store: int) -> list[tuple[str, CheckoutStep]]:
        """Return (plugin, step) for the plugins that are on in the store, by phase and position."""
        if self._all is None:
            registered: list[tuple[str, CheckoutStep]] = []
            for plugin, steps in self._app.hooks("register_checkout_steps"):
                registered += [(plugin, step) for step in steps]
            self._all = sorted(registered, key=lambda one: (_PHASES.index(one[1].phase), one[1].position))
        return [(plugin, step) for plugin, step in self._all if self._app.stores.enabled(store, plugin)]

    def tax_decided(self, store: int) -> bool:
        """Tell whether a step works out the sales tax in that store."""
        return any(isinstance(step, DecidesTax) and step.decides_tax(store) for _plugin, step in self.steps(store))

    def step(self, store: int, name: str) -> CheckoutStep | None:
        """Return the step of that name, if it is on in the store."""
        return next((step for _plugin, step in self.steps(store) if step.name == name), None)

    async def next_question(self, draft: Draft, *, without: str = "") -> Question | None:
        """Return the first thing that a step still wants to know, any but the one named `without`."""
        for plugin, step in self.steps(draft.store):
            if step.name == without:
                continue
            with isolated(plugin, f"checkout step {step.name}: ask"):
                question = await step.ask(draft)
            if question is not None:
                return question
        return None

    async def asks_anew(self, draft: Draft) -> bool:
        """Tell whether the shop changed what it asks since the summary; steps of plugins say so in their `claim`."""
        for step in self.own:
            if await step.ask(draft) is not None:
                return True
        return False

    async def summary_actions(self, draft: Draft, quote: Quote) -> list[Question]:
        """Return what the steps offer at the summary; a plugin that fails offers nothing."""
        actions: list[Question] = []
        for plugin, step in self.steps(draft.store):
            if isinstance(step, OffersAtSummary):
                with suppress(PluginFailed), isolated(plugin, f"checkout step {step.name}: summary"):
                    actions += await step.summary_actions(draft, quote)
        return actions

    async def goods(self, draft: Draft) -> int:
        """Return what the goods of a draft cost after discounts and points, in minor units."""
        lines = quote_lines(draft)
        adjustments: list[Adjustment] = []
        for plugin, step in self.steps(draft.store):
            if step.phase in (Phase.DISCOUNT, Phase.LOYALTY):
                totals = rules.add_up(draft.currency, lines, adjustments)
                with isolated(plugin, f"checkout step {step.name}: quote"):
                    adjustments += await step.quote(draft, totals)
        totals = rules.add_up(draft.currency, lines, adjustments)
        return totals.subtotal - totals.discount - totals.loyalty

    async def quote(self, draft: Draft) -> Quote:
        """Return what the draft comes to now. Foreign services are asked here and nowhere later."""
        lines = quote_lines(draft)
        adjustments: list[Adjustment] = []
        for plugin, step in self.steps(draft.store):
            totals = rules.add_up(draft.currency, lines, adjustments)
            with isolated(plugin, f"checkout step {step.name}: quote"):
                adjustments += await step.quote(draft, totals)
        totals = rules.add_up(draft.currency, lines, adjustments)
        chosen = self.shipping.chosen(draft, totals.subtotal - totals.discount - totals.loyalty)
        address, place = draft.ship_to, draft.tax_place
        now = self._app.now()
        return Quote(
            draft=draft.id,
            lines=tuple(lines),
            adjustments=tuple(adjustments),
            totals=totals,
            payment_method=draft.payment_method if totals.due else "",
            shipping_type="" if chosen is None else chosen[0].label,
            address={} if address is None else asdict(address),
            made=now,
            expires=now + rules.QUOTE_LIFE,
            tax_place={} if place is None else asdict(place),
        )


def quote_lines(draft: Draft) -> Sequence[QuoteLine]:
    """Return the draft's lines as those of a quote."""
    return [
        QuoteLine(line.product, line.sku, line.name, line.ships, line.quantity, line.unit_price) for line in draft.lines
    ]
