"""Lines and amounts of a draft, a quote or an order, written one under the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from guildshop.bot.rendering import clip, escape, money
from guildshop.i18n import _
from guildshop.plugins.orders.api import Adjustment, Order, Phase, Totals


class PricedLine(Protocol):
    """Anything with a name, a quantity and a unit price."""

    @property
    def name(self) -> str:
        """What it is."""
        ...

    @property
    def quantity(self) -> int:
        """How many pieces."""
        ...

    @property
    def unit_price(self) -> int:
        """What one piece costs, in minor units."""
        ...


def item_lines(lines: Iterable[PricedLine], currency: str, limit: int = 1000) -> str:
    """Write quantity × unit price = amount for each line; what does not fit is counted."""
    written: list[str] = []
    lines = list(lines)
    length = 0
    for at, line in enumerate(lines):
        text = f"{line.quantity} × {escape(clip(line.name, 60))} · {money(line.unit_price, currency)}"
        text += f" = **{money(line.quantity * line.unit_price, currency)}**"
        length += len(text) + 1
        if length > limit - 30:
            written.append(_("… and {count} more").format(count=len(lines) - at))
            break
        written.append(text)
    return "\n".join(written)


def amount_lines(amounts: Order | Totals, adjustments: Sequence[Adjustment], *, ships: bool) -> str:
    """Write subtotal, reductions, shipping, tax, total, credit and due; what is nothing is left out."""
    currency = amounts.currency
    rows = [(_("Subtotal"), money(amounts.subtotal, currency))]
    rows += _adjusted(adjustments, (Phase.DISCOUNT, Phase.LOYALTY), currency, sign="−")
    if ships or amounts.shipping:
        rows += _shipping(amounts, adjustments)
    rows += _adjusted(adjustments, (Phase.TAX,), currency)
    if not amounts.tax:
        rows.append((_("Tax"), money(0, currency)))
    rows.append((_("Total"), f"**{money(amounts.total, currency)}**"))
    if amounts.credit:
        rows += _adjusted(adjustments, (Phase.CREDIT,), currency, sign="−")
        rows.append((_("Due"), f"**{money(amounts.due, currency)}**"))
    return "\n".join(f"{label}: {value}" for label, value in rows)


def _shipping(amounts: Order | Totals, adjustments: Sequence[Adjustment]) -> list[tuple[str, str]]:
    """Write the parcel's way as Shipping, and what plugins add for packing and sending under their own names."""
    way = [one for one in adjustments if one.phase is Phase.SHIPPING and one.plugin == "orders"]
    others = [one for one in adjustments if one.phase is Phase.SHIPPING and one.plugin != "orders"]
    names = ", ".join(one.label for one in way)
    label = _("Shipping ({name})").format(name=escape(names)) if names else _("Shipping")
    cost = amounts.shipping - sum(one.amount for one in others if not one.included)
    shown = [(label, money(cost, amounts.currency))] if way or not others else []
    return shown + _adjusted(others, (Phase.SHIPPING,), amounts.currency)


def _adjusted(
    adjustments: Sequence[Adjustment], phases: Sequence[Phase], currency: str, sign: str = ""
) -> list[tuple[str, str]]:
    rows = []
    for one in adjustments:
        if one.phase in phases:
            label = escape(one.label)
            if one.included:
                label = _("{tax} (included)").format(tax=label)
            rows.append((label, sign + money(one.amount, currency)))
    return rows
