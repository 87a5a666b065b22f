"""What customers read about an order by email."""

from __future__ import annotations

from guildshop.i18n import _
from guildshop.mail import Letter
from guildshop.mail.rendering import written_moment
from guildshop.money import format_money
from guildshop.plugins.notifications.views import changed_text, credited_to, reminder_of, totals
from guildshop.plugins.orders.api import Order, OrderRefunded, OrderStatus, Shipment
from guildshop.plugins.orders.api.reasons import reason_text
from guildshop.stores import Store


def order_received(order: Order, store: Store, method: str, instructions: str, link: str) -> Letter:
    """Return what a customer reads after submitting: what, how much, how to pay and until when.

    `link` leads to the page at which a processor takes the payment, if there is one.
    """
    unpaid = order.status is OrderStatus.PENDING_PAYMENT and order.due > 0
    return Letter(
        _("Order {number} received").format(number=order.number),
        [_("Thank you for your order at {shop}.").format(shop=store.name)],
        rows=_rows(order),
        totals=totals(order),
        facts=_to_pay(order, store, method, instructions) if unpaid else [],
        button=_pay(order),
        link=link,
    )


def order_changed(order: Order, store: Store, method: str, instructions: str, link: str) -> Letter:
    """Return what a customer reads when staff changed the items of their unpaid order."""
    return Letter(
        _("Order {number} was changed").format(number=order.number),
        [changed_text(store.name)],
        rows=_rows(order),
        totals=totals(order),
        facts=_to_pay(order, store, method, instructions),
        button=_pay(order),
        link=link,
    )


def _to_pay(order: Order, store: Store, method: str, instructions: str) -> list[tuple[str, str]]:
    until = written_moment(order.reserved_until, store) if order.reserved_until else ""
    facts = [(_("How to pay"), method), (_("What to do"), instructions), (_("Reserved until"), until)]
    return [fact for fact in facts if fact[1]]


def payment_reminder(order: Order, store: Store, method: str, instructions: str, link: str) -> Letter:
    """Return what a customer reads shortly before an unpaid order expires."""
    until = written_moment(order.reserved_until, store) if order.reserved_until else ""
    facts = [(_("Due"), format_money(order.due, order.currency)), (_("How to pay"), method)]
    facts += [(_("What to do"), instructions), (_("Reserved until"), until)]
    return Letter(
        _("Order {number} is not paid yet").format(number=order.number),
        [reminder_of(order)],
        rows=_rows(order),
        facts=[fact for fact in facts if fact[1]],
        button=_pay(order),
        link=link,
    )


def payment_confirmed(order: Order, store: Store, method: str) -> Letter:
    """Return the itemised receipt."""
    facts = [(_("Paid by"), method)]
    if order.paid_at:
        facts.append((_("Paid on"), written_moment(order.paid_at, store)))
    if order.address:
        facts.append((_("Ships to"), ", ".join(order.address.lines)))
    return Letter(
        _("Receipt for order {number}").format(number=order.number),
        [_("Thank you: your payment has arrived.")],
        rows=_rows(order),
        totals=totals(order),
        facts=facts,
    )


def order_cancelled(order: Order, reason: str, refund: int) -> Letter:
    """Return what a customer reads when an order is cancelled."""
    back = _("{amount} will be refunded.").format(amount=format_money(refund, order.currency)) if refund else ""
    return Letter(
        _("Order {number} was cancelled").format(number=order.number),
        [part for part in (reason_text(reason), back) if part],
        rows=_rows(order),
    )


def order_shipped(order: Order, shipment: Shipment) -> Letter:
    """Return what a customer reads when a parcel is on its way."""
    facts = [(_("Carrier"), shipment.carrier), (_("Tracking number"), shipment.tracking_number)]
    return Letter(
        _("Order {number} is on its way").format(number=order.number),
        [f"{item.quantity} × {item.name}" for item in shipment.items],
        facts=[fact for fact in facts if fact[1]],
        button=_("Track the parcel"),
        link=shipment.tracking_url,
    )


def order_refunded(order: Order, event: OrderRefunded) -> Letter:
    """Return what a customer reads when money goes back."""
    names = {line.id: line.name for line in order.lines}
    facts = [(_("Refunded"), format_money(event.amount, order.currency)), (_("Reason"), reason_text(event.reason))]
    if not event.complete:
        facts.append((_("Refunded so far"), format_money(event.refunded, order.currency)))
    return Letter(
        _("Refund for order {number}").format(number=order.number),
        [part for part in (credited_to(order, event),) if part]
        + [f"{item.quantity} × {names.get(item.line, '')}" for item in event.items],
        facts=[fact for fact in facts if fact[1]],
    )


def _pay(order: Order) -> str:
    return _("Pay {amount}").format(amount=format_money(order.due, order.currency))


def _rows(order: Order) -> list[tuple[str, str]]:
    return [
        (
            f"{line.quantity} × {line.name} ({format_money(line.unit_price, order.currency)})",
            format_money(line.total, order.currency),
        )
        for line in order.lines
    ]
