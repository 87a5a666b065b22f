"""BTCPay as a processor of payments: invoices, refunds as pull payments, and what its webhooks mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from guildshop.errors import Invalid, NotConfigured, Unavailable
from guildshop.events import Event
from guildshop.i18n import _
from guildshop.money import to_decimal
from guildshop.plugins.btcpay import rules
from guildshop.plugins.btcpay.api import METHOD, BtcpaySettings
from guildshop.plugins.btcpay.client import BtcpayClient, PaymentRefused
from guildshop.plugins.orders.api import Order
from guildshop.plugins.payments.api import (
    Attempt,
    Begun,
    Payment,
    PaymentCode,
    PaymentsSettings,
    ProcessorProblem,
    ProcessorTold,
    RefundOutcome,
    RefundState,
    Standing,
    StandingState,
    Taking,
)
from guildshop.plugins.payments.service import PART, AttemptService, Settlement
from guildshop.plugins.payments.webhooks import KIND_LENGTH, id_of, metadata_of, uuid_or_none
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

FRESH = timedelta(seconds=1)
"""An attempt older than this may have been answered before, and the answer lost: BTCPay keeps no keys."""
LISTED = 200

log = structlog.get_logger(__name__)


class BtcpayService:
    """BTCPay in the store in scope: a `Processor` of the payments plugin."""

    code = METHOD
    scannable = True

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app
        self.client = BtcpayClient()

    @property
    def label(self) -> str:
        """What payers read."""
        return _("Bitcoin (BTCPay)")

    def ready(self, store: int) -> bool:
        """Tell whether the store's account is set up."""
        return self._settings(store).complete

    def payable(self, amount: int, currency: str) -> str:
        """Return an empty text: BTCPay takes any amount, and says by itself for what it knows no rate."""
        return ""

    async def begin(self, attempt: Attempt, order: Order, return_url: str) -> Begun:
        """Open an invoice, or return the one that was opened for this attempt and whose answer was lost."""
        settings = self._configured()
        invoice = await self._known(settings, attempt)
        if invoice is None:
            store = self.app.stores.get(attempt.store)
            body = {
                "amount": str(to_decimal(attempt.amount, attempt.currency)),
                "currency": attempt.currency,
                "metadata": {
                    "orderId": order.number,
                    "itemDesc": f"{order.number} · {store.name}",
                    "attempt": str(attempt.id),
                    "guild": str(store.guild_id),
                },
                "checkout": {"redirectURL": return_url, "redirectAutomatically": True, "paymentTolerance": 0},
            }
            invoice = await self.client.create(settings, body)
        try:
            self._check(settings, invoice, attempt)
            ends = invoice.get("expirationTime")
            expires = None if ends is None else datetime.fromtimestamp(int(ends), UTC)
            made = str(invoice["id"])
            return Begun(made, str(invoice["checkoutLink"]), expires, await self._codes(settings, made))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise _nonsense() from error

    async def fetch(self, attempt: Attempt) -> Standing:
        """Ask how an invoice stands."""
        return (await self._look(attempt))[0]

    async def end(self, attempt: Attempt) -> Standing:
        """Mark an invoice as invalid, unless something was paid; return how it stands then."""
        standing, paid = await self._look(attempt)
        if standing.state is not StandingState.OPEN:
            return standing
        if paid:
            return replace(standing, state=StandingState.PROCESSING)
        await self.client.mark_invalid(self._configured(), attempt.processor_id)
        return (await self._look(attempt))[0]

    async def refund(self, payment: Payment, amount: int, key: UUID) -> RefundOutcome:
        """Give money back by a pull payment that the payer claims, or ask how the one of that key stands."""
        settings, invoice_id = self._configured(), payment.processor_id.partition(PART)[0]
        try:
            pull = next(
                (one for one in await self.client.pull_payments(settings) if str(key) in str(one.get("description"))),
                None,
            )
            if pull is None:
                body = {
                    "name": _("Refund of order {number}").format(number=payment.order_number)[:50],
                    "description": f"{payment.order_number} {key}",
                    "refundVariant": "Custom",
                    "customAmount": str(to_decimal(amount, payment.currency)),
                    "customCurrency": payment.currency,
                }
                pull = await self.client.refund(settings, invoice_id, body)
            return rules.refund_outcome(pull, await self.client.payouts(settings, str(pull["id"])))
        except PaymentRefused as refusal:
            return RefundOutcome(RefundState.FAILED, reason=str(refusal))
        except (KeyError, TypeError, ArithmeticError) as error:
            raise _nonsense() from error

    async def takings(self, since: datetime) -> Sequence[Taking]:
        """Return the invoices of this store that were settled since then."""
        guild = str(self.app.stores.get(current_store()).guild_id)
        invoices = await self.client.invoices(
            self._configured(), status="Settled", startDate=str(int(since.timestamp())), take=str(LISTED)
        )
        try:
            return [
                Taking(
                    money_id=str(invoice["id"]),
                    attempt=uuid_or_none(metadata_of(invoice).get("attempt")),
                    amount=rules.to_minor(Decimal(str(invoice["amount"])), str(invoice["currency"])),
                    currency=str(invoice["currency"]),
                )
                for invoice in invoices
                if metadata_of(invoice).get("guild") == guild
            ]
        except (KeyError, TypeError, ArithmeticError) as error:
            raise _nonsense() from error

    async def examine(self, store: int) -> Sequence[ProcessorProblem]:
        """Say what is wrong with a store's account, asking BTCPay."""
        settings = self._settings(store)
        offered = METHOD in self.app.stores.settings(store, PaymentsSettings).methods
        if not settings.begun and not offered:
            return []
        if not settings.complete:
            return [
                ProcessorProblem(
                    _("BTCPay is half set up, so it is not offered."),
                    _("Set url, store_id, api_key and webhook_secret of the section btcpay."),
                )
            ]
        found = []
        if not offered:
            found.append(
                ProcessorProblem(
                    _("BTCPay is set up, but is not among the payment methods."),
                    _("Add btcpay to methods of the section payments, or empty the section btcpay."),
                    broken=False,
                )
            )
        try:
            await self.client.invoices(settings, take="1")
        except NotConfigured as refusal:
            found.append(ProcessorProblem(str(refusal), _("Make an API key for this store in BTCPay, and set it.")))
        except (Unavailable, PaymentRefused) as refusal:
            found.append(ProcessorProblem(str(refusal), _("Check url and the connection to BTCPay."), broken=False))
        return found

    async def accept(self, body: bytes, signature: str) -> None:
        """Take a webhook: verified, then kept together with what it causes. One that came before changes nothing."""
        secrets = self._settings(current_store()).webhook_secrets
        if not secrets:
            raise NotConfigured(_("BTCPay is not set up in this shop: webhook_secret is missing."))
        rules.verify(secrets, signature, body)
        event_id, kind, sent = _read(body)
        invoice = id_of(sent.get("invoiceId"))
        told: list[Event] = []
        attempt = await self.app.get(AttemptService).of_processor(METHOD, invoice) if invoice else None
        attempt_id = uuid_or_none(metadata_of(sent).get("attempt")) if attempt is None else attempt.id
        if attempt_id is not None:
            told.append(ProcessorTold(attempt_id))
        await self.app.get(Settlement).accept(METHOD, event_id, kind, invoice, told)

    # Within

    async def _look(self, attempt: Attempt) -> tuple[Standing, bool]:
        """Return how an invoice stands, and whether anything was paid on it."""
        settings = self._configured()
        invoice = await self.client.invoice(settings, attempt.processor_id)
        methods = await self.client.methods(settings, attempt.processor_id)
        try:
            self._check(settings, invoice, attempt)
            return rules.standing(invoice, methods), rules.has_payments(methods)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise _nonsense() from error

    async def _known(self, settings: BtcpaySettings, attempt: Attempt) -> Mapping[str, Any] | None:
        if attempt.created > self.app.now() - FRESH:
            return None
        for invoice in await self.client.invoices(settings, orderId=attempt.order_number, take=str(LISTED)):
            if metadata_of(invoice).get("attempt") == str(attempt.id):
                return invoice
        return None

    async def _codes(self, settings: BtcpaySettings, invoice_id: str) -> tuple[PaymentCode, ...]:
        """Return what can be scanned; nothing, rather than no payment at all, where that cannot be had."""
        try:
            return rules.codes(await self.client.methods(settings, invoice_id))
        except (Unavailable, PaymentRefused, KeyError, TypeError, ArithmeticError) as error:
            log.warning("btcpay.no_codes", invoice=invoice_id, error=str(error))
            return ()

    def _check(self, settings: BtcpaySettings, invoice: Mapping[str, Any], attempt: Attempt) -> None:
        store, named = invoice.get("storeId", settings.store_id), metadata_of(invoice).get("attempt", str(attempt.id))
        if (store, named) != (settings.store_id, str(attempt.id)):
            raise _nonsense()

    def _settings(self, store: int) -> BtcpaySettings:
        return self.app.stores.settings(store, BtcpaySettings)

    def _configured(self) -> BtcpaySettings:
        settings = self._settings(current_store())
        if not settings.reachable:
            raise NotConfigured(_("BTCPay is not set up in this shop. Ask the staff for another way to pay."))
        return settings


def _nonsense() -> Unavailable:
    return Unavailable(_("BTCPay's answer makes no sense. Please try again in a few minutes."))


def _read(body: bytes) -> tuple[str, str, Mapping[str, Any]]:
    """Return an event's ID, the same when it is sent again, its kind, and all of it; refuse what is no event."""
    try:
        sent = json.loads(body)
        event_id, kind = sent.get("originalDeliveryId") or sent["deliveryId"], sent["type"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Invalid(_("This is no event of BTCPay: deliveryId and type are needed.")) from None
    if not id_of(event_id) or not id_of(kind) or len(kind) > KIND_LENGTH:
        raise Invalid(_("This is no event of BTCPay: its deliveryId or type is too long or no text."))
    return event_id, kind, sent
