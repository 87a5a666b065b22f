"""Lines and amounts of a draft, a quote or an order, written one under the other."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol

from guildshop.bot.rendering import FIELD_LIMIT, clip, escape, money
from guildshop.i18n import _, grouped
from guildshop.plugins.orders.api import Adjustment, Order, Phase, Totals

_RIGHT_TO_LEFT = frozenset({"R", "AL", "RLE", "RLO", "RLI", "AN"})
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


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


def item_fields(title: str, lines: Iterable[PricedLine], currency: str) -> list[tuple[str, str, bool]]:
    """Write quantity × name · unit price = amount for each line, in as many fields as these take."""
    fields: list[tuple[str, str, bool]] = []
    written = ""
    for line in lines:
        text = f"{grouped(line.quantity)} × {named(line.name)} · {money(line.unit_price, currency)}"
        text += f" = **{money(line.quantity * line.unit_price, currency)}**"
        if len(written) + len(text) >= FIELD_LIMIT:
            fields.append((title, written, False))
            title, written = _("{title} (continued)").format(title=title.partition(" (")[0]), ""
        written += ("\n" if written else "") + text
    return [*fields, (title, written, False)]


def named(text: str, limit: int = 60) -> str:
    """Write a name within a line of amounts: in one line, literally, and leaving the amounts' order to them.

    A name written from right to left is isolated, else the numbers beside it would change places.
    """
    shown = escape(clip(" ".join(text.split()), limit))
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in shown):
        return f"{_ISOLATE}{shown}{_END_OF_ISOLATE}"
    return shown


def amount_lines(amounts: Order | Totals, adjustments: Sequence[Adjustment], *, ships: bool) -> str:
    """Write subtotal, reductions, shipping, tax, total, credit and due; what is nothing is left out."""
    currency = amounts.currency
    rows = [(_("Subtotal"), money(amounts.subtotal, currency))]
    rows += _adjusted(adjustments, (Phase.DISCOUNT, Phase.LOYALTY), currency, sign="−")
    if ships or amounts.shipping:
        rows += _shipping(amounts, adjustments)
    rows += _adjusted(adjustments, (Phase.TAX,), currency)
    if not any(one.phase is Phase.TAX for one in adjustments):
        rows.append((_("Tax"), money(amounts.tax, currency)))
    rows.append((_("Total"), f"**{money(amounts.total, currency)}**"))
    if amounts.credit:
        rows += _adjusted(adjustments, (Phase.CREDIT,), currency, sign="−")
        rows.append((_("Due"), f"**{money(amounts.due, currency)}**"))
    return "\n".join(f"{label}: {value}" for label, value in rows)


def _shipping(amounts: Order | Totals, adjustments: Sequence[Adjustment]) -> list[tuple[str, str]]:
    """Write the parcel's way as Shipping, and what plugins add for packing and sending under their own names."""
    way = [one for one in adjustments if one.phase is Phase.SHIPPING and one.plugin == "orders"]
    others = [one for one in adjustments if one.phase is Phase.SHIPPING and one.plugin != "orders"]
    names = ", ".join(one.label for one in way if one.is_way)
    label = _("Shipping ({name})").format(name=named(names)) if names else _("Shipping")
    cost = amounts.shipping - sum(one.amount for one in others if not one.included)
    shown = [(label, money(cost, amounts.currency))] if way or not others else []
    return shown + _adjusted(others, (Phase.SHIPPING,), amounts.currency)


def _adjusted(
    adjustments: Sequence[Adjustment], phases: Sequence[Phase], currency: str, sign: str = ""
) -> list[tuple[str, str]]:
    rows = []
    for one in adjustments:
        if one.phase in phases:
            label = named(one.title)
            if one.included:
                label = _("{tax} (included)").format(tax=label)
            rows.append((label, sign + money(one.amount, currency)))
    return rows
