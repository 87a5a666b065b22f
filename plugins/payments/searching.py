"""What the search in the header finds of payments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import SearchHit, SearchKind
from guildshop.i18n import lazy
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.payments.api import state_label
from guildshop.plugins.payments.service import PaymentService

if TYPE_CHECKING:
    from guildshop.app import App


def search_kind(app: App) -> SearchKind:
    """Return the payments by the processor's ID and by the payer's reference; they are acted on at their order."""

    async def find(actor: Actor, text: str, limit: int) -> Sequence[SearchHit]:
        payments = app.get(PaymentService)
        return [
            SearchHit(
                one.processor_id if one.processor_id == text.strip() else one.reference,
                f"order/{one.order_number}",
                " · ".join(
                    (
                        one.order_number,
                        payments.method_label(actor.store, one.method),
                        format_money(one.amount, one.currency),
                        state_label(one.state),
                    )
                ),
            )
            for one in await payments.search(actor, text, limit)
        ]

    return SearchKind(lazy("Payments"), find, "order.read", position=45)
