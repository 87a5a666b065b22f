"""What the search in the header finds of refunds and returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import SearchHit, SearchKind
from guildshop.i18n import _, lazy
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.refunds.api import READ
from guildshop.plugins.refunds.labels import return_label, state_label
from guildshop.plugins.refunds.service import RefundService, ReturnService

if TYPE_CHECKING:
    from guildshop.app import App


def search_kinds(app: App) -> list[SearchKind]:
    """Return the refunds and the returns."""

    async def refunds(actor: Actor, text: str, limit: int) -> Sequence[SearchHit]:
        return [
            SearchHit(
                _("Refund of order {number}").format(number=one.order_number),
                f"refund/{one.id}",
                " · ".join(
                    (
                        format_money(one.amount, one.currency),
                        state_label(one.state),
                        *(part.reference for part in one.parts if part.reference),
                    )
                ),
            )
            for one in await app.get(RefundService).search(actor, text, limit)
        ]

    async def returns(actor: Actor, text: str, limit: int) -> Sequence[SearchHit]:
        return [
            SearchHit(
                _("Return of order {number}").format(number=one.order_number),
                f"return/{one.id}",
                " · ".join((return_label(one.status), one.reason[:60])),
            )
            for one in await app.get(ReturnService).search(actor, text, limit)
        ]

    return [
        SearchKind(lazy("Refunds"), refunds, READ, position=50),
        SearchKind(lazy("Returns"), returns, READ, position=52),
    ]
