"""What refunds add to the page of an order: its refunds and returns, and the action Refund."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid
from guildshop.i18n import _, lazy
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Choice, FormField, Order, OrderAction, OrderSection
from guildshop.plugins.orders.api.reasons import reason_text
from guildshop.plugins.refunds import labels, rules
from guildshop.plugins.refunds.api import (
    CREATE,
    NOTE_LENGTH,
    REASON_LENGTH,
    Refund,
    RefundMode,
    RefundRequest,
    RefundState,
)
from guildshop.plugins.refunds.service import RefundService, ReturnService

COLUMNS = (
    lazy("Amount"),
    lazy("Kind"),
    lazy("State"),
    lazy("Reason"),
    lazy("Paid back by"),
)
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")


def refunds_section(refunds: RefundService) -> OrderSection:
    """Return the table of an order's refunds."""

    async def rows(order: Order) -> Sequence[Sequence[str]]:
        return [
            (
                labels.amount_text(refund),
                ": ".join(part for part in (labels.short_mode(refund.mode), labels.items_text(refund)) if part),
                " ".join(part for part in (labels.state_label(refund.state), refund.problem) if part),
                reason_text(refund.reason),
                labels.ways_text(refund),
            )
            for refund in await refunds.of_order(order.id)
        ]

    return OrderSection(lazy("Refunds"), COLUMNS, rows, position=20)


def returns_section(returns: ReturnService) -> OrderSection:
    """Return the table of an order's returns."""

    async def rows(order: Order) -> Sequence[Sequence[str]]:
        return [
            (
                ", ".join(f"{item.quantity} × {item.name}" for item in request.items),
                labels.return_label(request.status),
                request.reason,
                request.decision,
            )
            for request in await returns.of_order(order.id)
        ]

    columns = (lazy("Items"), lazy("Status"), lazy("Reason"), lazy("Why it was declined"))
    return OrderSection(lazy("Returns"), columns, rows, position=25)


def order_actions(refunds: RefundService) -> list[OrderAction]:
    """Return Refund, with the form of its four modes."""

    async def run(actor: Actor, order: Order, values: Mapping[str, str]) -> str:
        refund = await refunds.refund(
            actor, order.id, read_request(values), key=_key(values.get("key", "")), note=values.get("note", "")
        )
        return said(refund)

    return [
        OrderAction(
            "refund",
            lazy("Refund"),
            CREATE,
            lambda order: order.refundable > 0,
            run,
            _fields,
            danger=True,
            position=60,
        )
    ]


def read_request(values: Mapping[str, str]) -> RefundRequest:
    """Return what the fields of a form ask for; what its mode does not use must be empty."""
    mode = values.get("mode", "").strip().lower() or RefundMode.FULL.value
    if mode not in set(RefundMode):
        raise Invalid.field("mode", _("“{text}” is no kind of refund.").format(text=mode[:20]))
    amount, items = values.get("amount", "").strip(), values.get("items", "").strip()
    if amount and not _WHOLE_NUMBER.fullmatch(amount):
        raise Invalid.field(
            "amount",
            _("“{text}” is no amount in minor units. For 12.50 write 1250.").format(text=amount[:20]),
        )
    return RefundRequest(
        RefundMode(mode),
        int(amount) if amount else None,
        rules.parse_items(items) if items else (),
        values.get("reason", ""),
    )


def said(refund: Refund) -> str:
    """Return what a refund has done, as a sentence."""
    amount = format_money(refund.amount, refund.currency)
    if refund.state is RefundState.SUCCEEDED:
        return _("{amount} of order {number} was refunded.").format(amount=amount, number=refund.order_number)
    if refund.state is RefundState.FAILED:
        return _("The refund of order {number} failed: nothing went back.").format(number=refund.order_number)
    return _("{amount} of order {number} is on its way back; the refund shows when that is done.").format(
        amount=amount, number=refund.order_number
    )


def _fields(order: Order) -> Sequence[FormField]:
    left = format_money(order.refundable, order.currency)
    modes = [Choice(mode.value, labels.mode_label(mode)) for mode in RefundMode]
    example = ",".join(f"{line.sku}:1" for line in order.lines[:2])
    return (
        FormField("mode", _("What to refund ({left} is left)").format(left=left), value="full", choices=modes),
        FormField("amount", _("Amount in minor units"), required=False, max_length=15, placeholder="1250"),
        FormField("items", _("Items, as product:quantity"), required=False, max_length=1000, placeholder=example),
        FormField("reason", _("Reason, told to the customer"), required=False, max_length=REASON_LENGTH),
        FormField("note", _("How you paid it back, if you do so yourself"), required=False, max_length=NOTE_LENGTH),
        FormField("key", "", required=False, value=str(new_id()), hidden=True),
    )


def _key(text: str) -> UUID | None:
    """Return the key of the form, by which sending it twice refunds once."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid.field("key", _("This form is damaged. Reload the page.")) from None
