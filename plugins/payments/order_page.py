"""What payments add to the page of an order: its payments, Confirm payment, Reject and Invoice link."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from guildshop.errors import Invalid
from guildshop.i18n import _, babel_locale, lazy
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import FormField, Order, OrderAction, OrderSection, OrderStatus
from guildshop.plugins.payments.api import state_label
from guildshop.plugins.payments.service import CONFIRM, LINK, InvoiceLinks, PaymentService

if TYPE_CHECKING:
    from guildshop.app import App

_HOURS = re.compile(r"[0-9]{1,6}")


def payments_section(payments: PaymentService) -> OrderSection:
    """Return the table of an order's payments."""

    async def rows(order: Order) -> Sequence[Sequence[str]]:
        return [
            (
                payments.method_label(order.store, payment.method),
                format_money(payment.amount, payment.currency),
                state_label(payment.state),
                payment.reference,
                payment.note,
                payment.settled_by,
            )
            for payment in await payments.of_order(order.id)
        ]

    columns = (lazy("Method"), lazy("Amount"), lazy("State"), lazy("Reference"), lazy("Note"), lazy("Settled by"))
    return OrderSection(lazy("Payments"), columns, rows, position=10)


def order_actions(app: App) -> list[OrderAction]:
    """Return Confirm payment, Reject and Invoice link."""
    payments = app.get(PaymentService)

    async def confirm(actor: Actor, order: Order, values: Mapping[str, str]) -> str:
        paid = await payments.confirm(actor, order.id, values.get("reference", ""))
        amount = format_money(paid.due, paid.currency)
        return _("Order {number} over {amount} is paid.").format(number=paid.number, amount=amount)

    async def reject(actor: Actor, order: Order, values: Mapping[str, str]) -> str:
        rejected = await payments.reject(actor, order.id, values.get("reason", ""))
        return _("Order {number} is rejected and cancelled.").format(number=rejected.number)

    async def link(actor: Actor, order: Order, values: Mapping[str, str]) -> str:
        made = await app.get(InvoiceLinks).make(actor, order.id, hours_of(values.get("hours", "")))
        return _("Order {number} can be paid until {until} at {url}").format(
            number=order.number, until=format_moment(app, order.store, made.expires), url=made.url
        )

    return [
        OrderAction(
            "invoice-link",
            lazy("Invoice link"),
            LINK,
            lambda order: _unpaid(order) and bool(payments.online(order.store)),
            link,
            lambda _order: (
                FormField("hours", _("Hours that it is good for"), required=False, max_length=4, placeholder="168"),
            ),
            position=15,
        ),
        OrderAction(
            "confirm-payment",
            lazy("Confirm payment"),
            CONFIRM,
            _unpaid,
            confirm,
            lambda _order: (FormField("reference", _("Payment reference"), required=False, max_length=200),),
            position=10,
        ),
        OrderAction(
            "reject",
            lazy("Reject payment"),
            CONFIRM,
            _unpaid,
            reject,
            lambda _order: (FormField("reason", _("Reason, told to the customer"), max_length=500),),
            danger=True,
            position=80,
        ),
    ]


def _unpaid(order: Order) -> bool:
    return order.status is OrderStatus.PENDING_PAYMENT


def hours_of(text: str) -> timedelta | None:
    """Return the hours that somebody typed; None where they left it to the store's setting."""
    if not text.strip():
        return None
    if not _HOURS.fullmatch(text.strip()):
        raise Invalid.field("hours", _("“{text}” is no number of hours. Write it like 24.").format(text=text[:20]))
    return timedelta(hours=int(text))


def format_moment(app: App, store: int, at: datetime) -> str:
    """Write a time as the store's staff read it."""
    zone = ZoneInfo(app.stores.get(store).time_zone)
    return format_datetime(at.astimezone(zone), "medium", tzinfo=zone, locale=babel_locale())
