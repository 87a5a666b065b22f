"""What the invoice page shows, and no more than a payer needs: no name, no address, no contact."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import segno
from markupsafe import Markup

from guildshop.plugins.orders.api import Order, OrderStatus, PaymentMethod
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import Attempt, AttemptState, PaymentCode, PaymentState
from guildshop.plugins.payments.rules import Link
from guildshop.plugins.payments.service import AttemptService, PaymentService

if TYPE_CHECKING:
    from guildshop.app import App


@dataclass(frozen=True, slots=True)
class ScanCode:
    """A code to scan, with its picture as SVG."""

    code: PaymentCode
    picture: Markup


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to pay that the page has a button for; `problem` says why it cannot take this amount."""

    code: str
    label: str
    scannable: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """An order as its payer sees it. `received` came and was too little; `late` came when it was not due any more."""

    order: Order
    received: int
    late: int
    methods: tuple[PaymentMethod, ...]
    offers: tuple[Offer, ...]
    attempt: Attempt | None
    processing: bool
    codes: tuple[ScanCode, ...]

    @property
    def payable(self) -> bool:
        """Whether it waits for a payment."""
        return self.order.status is OrderStatus.PENDING_PAYMENT

    @property
    def remaining(self) -> int:
        """What is still to be paid, in minor units."""
        return max(self.order.due - self.received, 0)

    @property
    def fingerprint(self) -> str:
        """A short text that is another one when the page would look different."""
        attempt = self.attempt.id.hex if self.attempt is not None and self.codes else ""
        parts = (self.order.status.value, self.received, self.late, self.processing, self.order.due, attempt)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


async def invoice_of(app: App, link: Link) -> Invoice:
    """Return the invoice of a link, in the store in scope; NotFound when its order is gone."""
    payments, attempts = app.get(PaymentService), app.get(AttemptService)
    order = await app.get(OrderService).get(link.order)
    known = await payments.of_order(order.id)
    received = sum(
        payment.amount - payment.refunded
        for payment in known
        if payment.state is PaymentState.UNDERPAID and payment.currency == order.currency
    )
    late = sum(payment.refundable for payment in known if payment.state is PaymentState.LATE)
    methods = payments.online(order.store) if order.status is OrderStatus.PENDING_PAYMENT else ()
    attempt = await attempts.current(order.id)
    fresh = attempt is not None and attempt.state is AttemptState.OPEN and not _is_over(app, attempt)
    codes = await attempts.codes(attempt) if attempt is not None and fresh else ()
    return Invoice(
        order=order,
        received=received,
        late=late,
        methods=tuple(methods),
        offers=tuple(_offer(app, method, max(order.due - received, 0), order.currency) for method in methods),
        attempt=attempt,
        processing=attempt is not None and await attempts.is_processing(attempt),
        codes=_scan_codes(codes),
    )


def _is_over(app: App, attempt: Attempt) -> bool:
    return attempt.expires is not None and attempt.expires <= app.now()


def _offer(app: App, method: PaymentMethod, amount: int, currency: str) -> Offer:
    processor = app.get(PaymentService).processors.find(method.code)
    if processor is None:
        return Offer(method.code, method.label, scannable=False, problem="")
    return Offer(method.code, method.label, processor.scannable, processor.payable(amount, currency))


def _scan_codes(codes: Sequence[PaymentCode]) -> tuple[ScanCode, ...]:
    return tuple(ScanCode(code, _picture(code)) for code in codes)


def _picture(code: PaymentCode) -> Markup:
    """Return the code as inline SVG, without any style of its own: the page's policy forbids that."""
    drawn = segno.make(code.uri, error="m").svg_inline(scale=4, border=3, dark="#000", light="#fff", omitsize=True)
    return Markup(drawn)  # noqa: S704 - segno draws squares; nothing of the text is in it
