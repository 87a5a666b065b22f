"""The checkout step: asks TaxJar while quoting, and never while confirming."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
import structlog

from guildshop.database import new_id
from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Adjustment, Draft, Phase, Question, Quote, Totals
from guildshop.plugins.taxjar import rules, tables
from guildshop.plugins.taxjar.api import (
    PLUGIN,
    PlaceRefused,
    TaxGone,
    TaxJarFailure,
    TaxJarNoPlace,
    TaxJarSettings,
    TaxResult,
    TaxState,
    TaxUnavailable,
)
from guildshop.plugins.taxjar.service.registry import Registry

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

CALCULATED = "calculated"
FLAGGED = "flagged"
LIFE = timedelta(minutes=15)
"""How long an answer stands for the same question: as long as a summary does."""
REMEMBERED = 5000
REASON_LENGTH = 200

log = structlog.get_logger(__name__)


class TaxStep:
    """Adds the sales tax that TaxJar says is to be collected."""

    name = PLUGIN
    phase = Phase.TAX
    position = 0

    def __init__(self, app: App, registry: Registry) -> None:
        """Ask in the name of this application's stores."""
        self.app = app
        self._registry = registry
        self._answers: OrderedDict[tuple[int, str, bytes], tuple[datetime, TaxResult]] = OrderedDict()

    def decides_tax(self, store: int) -> bool:
        """Tell whether the store wants TaxJar: also where the key cannot be read, so that no tax is lost silently."""
        return self._settings(store).wanted

    async def ask(self, draft: Draft) -> Question | None:
        """Ask nothing: the place is known when the tax has its turn."""
        return None

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Refuse, since nothing is asked."""
        raise Invalid(_("Nothing is asked about the tax."))

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        """Return the tax on goods and shipping; without TaxJar's answer, what the store chose to do."""
        settings = self._settings(draft.store)
        if not settings.wanted or not sum(totals.nets) + totals.shipping:
            return ()
        try:
            result = await self._result(settings, draft, totals)
        except TaxJarNoPlace as failure:
            raise PlaceRefused(
                _("The sales tax cannot be worked out for this address: {reason}. Correct the address.").format(
                    reason=str(failure).rstrip(".")
                )
            ) from failure
        except TaxJarFailure as failure:
            return (self._without(settings, draft, str(failure)),)
        return (Adjustment(Phase.TAX, PLUGIN, CALCULATED, _("Sales tax"), result.amount, shares=result.lines),)

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Keep how the tax came about."""
        for adjustment in quote.adjustments:
            if adjustment.plugin == PLUGIN and adjustment.phase is Phase.TAX:
                state = TaxState.FLAGGED if adjustment.code == FLAGGED else TaxState.CALCULATED
                work.insert(
                    tables.TaxjarOrder,
                    conflict=TaxGone(_("The tax of this order was entered at the same moment. Try again.")),
                    id=new_id(),
                    order_id=order,
                    state=state.value,
                    reason=adjustment.reference,
                    amount=adjustment.amount,
                    currency=quote.totals.currency,
                    created=work.now,
                )

    def release(self, order: UUID, work: Work) -> None:
        """Forget how the tax of an order came about whose lines are edited, before it is kept anew."""
        work.delete(tables.TaxjarOrder, where="order_id = :order", order=order)

    # Within

    def _settings(self, store: int) -> TaxJarSettings:
        return self.app.stores.settings(store, TaxJarSettings)

    async def _result(self, settings: TaxJarSettings, draft: Draft, totals: Totals) -> TaxResult:
        if settings.from_address is None or not settings.has_key:
            message = "The key of TaxJar or the shop's from_address is not set"
            raise TaxJarFailure(message)
        place = draft.tax_place
        if place is None:
            raise PlaceRefused(_("The sales tax depends on the place. Say in which country, state and postal code."))
        codes = await self._registry.codes([line.product for line in draft.lines])
        lines = [
            rules.Asked(line.product, line.quantity, line.unit_price, net, codes.get(line.product, ""))
            for line, net in zip(draft.lines, totals.nets, strict=True)
        ]
        question = rules.question(
            shop=settings.from_address,
            place=place,
            nexus=settings.nexus,
            lines=lines,
            shipping=totals.shipping,
            currency=draft.currency,
            exemption=await self._registry.exemption(draft.customer),
        )
        key = (draft.store, settings.api_url, orjson.dumps(question, default=str, option=orjson.OPT_SORT_KEYS))
        known = self._answers.get(key)
        now = self.app.now()
        if known is not None and known[0] > now:
            return known[1]
        answer = await self._registry.client.tax(settings, question)
        result = rules.read_answer(answer, lines, totals.shipping, draft.currency)
        self._answers[key] = (now + LIFE, result)
        self._answers.move_to_end(key)
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        return result

    def _without(self, settings: TaxJarSettings, draft: Draft, reason: str) -> Adjustment:
        log.warning(
            "taxjar.unavailable", reason=reason, when_unavailable=settings.when_unavailable, draft=str(draft.id)
        )
        if settings.when_unavailable == "block":
            raise TaxUnavailable(
                _("The sales tax cannot be worked out at the moment. Please try again in a few minutes.")
            )
        return Adjustment(Phase.TAX, PLUGIN, FLAGGED, _("Sales tax"), 0, reference=reason[:REASON_LENGTH])
