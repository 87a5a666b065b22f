"""The store's own tax rate, where no step of a plugin works the tax out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.i18n import _, percent
from guildshop.permissions import Actor
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import Adjustment, Draft, OrdersSettings, Phase, Question, Totals
from guildshop.plugins.orders.api.checkout import Quote

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


class FlatTaxStep:
    """Adds the tax at the store's rate, or shows how much of it the prices contain."""

    name = "orders.tax"
    phase = Phase.TAX
    position = 1000

    def __init__(self, app: App, decided: Callable[[int], bool]) -> None:
        """Rest in the stores where `decided(store)` says that a step works out the tax."""
        self.app = app
        self._decided = decided

    async def ask(self, draft: Draft) -> Question | None:
        """Ask nothing: the rate is the same for everybody."""
        return None

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Refuse, since nothing is asked."""
        raise Invalid(_("Nothing is asked about the tax."))

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        """Return the tax on the goods after reductions, and on shipping where the store taxes that too."""
        settings = self.app.stores.settings(draft.store, OrdersSettings)
        rate = Decimal(settings.tax_rate)
        if not rate or self._decided(draft.store):
            return ()
        shipping = totals.shipping if settings.tax_shipping else 0
        amount, shares = rules.flat_tax(totals.nets, shipping, rate, included=settings.tax_included)
        label = f"{settings.tax_label or _('Sales tax')} {percent(rate / 100, most=4)}"
        return (Adjustment(Phase.TAX, "orders", "flat", label, amount, included=settings.tax_included, shares=shares),)

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Claim nothing: the tax is what was quoted."""
