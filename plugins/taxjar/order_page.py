"""What the sales tax adds to the page of an order: how it came about, and what TaxJar was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guildshop.i18n import _, lazy
from guildshop.money import format_money
from guildshop.plugins.orders.api import Order, OrderSection
from guildshop.plugins.taxjar.api import ReportKind, TaxState
from guildshop.plugins.taxjar.service import TaxService

STATES: Mapping[TaxState, str] = {
    TaxState.CALCULATED: lazy("Worked out by TaxJar"),
    TaxState.FLAGGED: lazy("No tax charged: to be reviewed"),
    TaxState.REVIEWED: lazy("No tax charged: reviewed"),
}
KINDS: Mapping[ReportKind, str] = {
    ReportKind.ORDER: lazy("Order reported to TaxJar"),
    ReportKind.REFUND: lazy("Refund reported to TaxJar"),
}


def tax_section(service: TaxService) -> OrderSection:
    """Return the table of an order's sales tax."""

    async def rows(order: Order) -> Sequence[Sequence[str]]:
        found: list[Sequence[str]] = []
        record = await service.record(order.id)
        if record is not None:
            note = record.reason if record.state is not TaxState.REVIEWED else record.reviewed_by
            found.append((_(STATES[record.state]), format_money(record.amount, record.currency), note))
        found += [
            (_(KINDS[one.kind]), format_money(one.sales_tax, order.currency), one.transaction_id)
            for one in await service.reports(order.id)
        ]
        return found

    return OrderSection(lazy("Sales tax"), (lazy("What"), lazy("Amount"), lazy("Note")), rows, position=30)
