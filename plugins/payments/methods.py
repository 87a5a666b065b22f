"""The ways to pay, manual and through processors: what each is called and what the customer reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _, lazy
from guildshop.plugins.orders.api import Order, PaymentMethod
from guildshop.plugins.payments.api import REPORT_ITEM, PaymentsSettings, Processor
from guildshop.plugins.payments.service import AttemptService, InvoiceLinks, PaymentService, return_address

if TYPE_CHECKING:
    from guildshop.app import App

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "venmo": lazy("Venmo"),
        "zelle": lazy("Zelle"),
        "cashapp": lazy("Cash App"),
        "chime": lazy("Chime"),
        "bank_transfer": lazy("Bank transfer"),
        "cash": lazy("Cash"),
    }
)
"""The manual methods that every store knows."""

DEFAULT_INSTRUCTIONS = lazy(
    "Pay by {method} as the staff told you, and give the order number {number} as the reference."
)

ONLINE_INSTRUCTIONS = lazy("Press the Pay button and pay in your browser. We hear of it by ourselves.")


class Methods:
    """Answers the hook `register_payment_methods` of orders."""

    def __init__(self, app: App) -> None:
        """Offer what the stores of this application are set to."""
        self._app = app

    def __call__(self, store: int) -> list[PaymentMethod]:
        """Return every method known in the store, the enabled ones first and in the order of the settings."""
        settings = self._app.stores.settings(store, PaymentsSettings)
        processors = self._app.get(PaymentService).processors
        labels = {code: _(label) for code, label in LABELS.items()}
        labels |= {method.code: method.label for method in settings.custom}
        wording = {method.code: method.instructions for method in settings.custom} | settings.instructions
        ready = {processor.code for processor in processors.enabled(store)}
        known = {processor.code: processor for processor in processors.all()}
        every = dict.fromkeys((*settings.methods, *labels, *known))
        found = [
            self._online(known[code], wording.get(code, ""), enabled=code in ready)
            if code in known
            else self._manual(code, labels[code], wording.get(code, ""), enabled=code in settings.methods)
            for code in every
            if code in labels or code in known
        ]
        return sorted(found, key=lambda method: not method.enabled)

    async def examine(self, store: int | None) -> Sequence[Finding]:
        """Tell the doctor of codes among the store's methods that nothing here stands for: they are not offered."""
        if store is None:
            return []
        known = {method.code for method in self(store)}
        wrong = [code for code in self._app.stores.settings(store, PaymentsSettings).methods if code not in known]
        return [
            Finding(
                Severity.WARNING,
                _("Payment methods"),
                _("payments.methods has “{code}”, which is no payment method here, so nobody is offered it.").format(
                    code=code
                ),
                _("Correct it to one of these: {known}; or define it in payments.custom.").format(
                    known=", ".join(sorted(known))
                ),
            )
            for code in wrong
        ]

    def _manual(self, code: str, label: str, wording: str, *, enabled: bool) -> PaymentMethod:
        def instructions(order: Order) -> str:
            return (wording or _(DEFAULT_INSTRUCTIONS)).replace("{number}", order.number).replace("{method}", label)

        settle = self._app.get(PaymentService).settle
        return PaymentMethod(code, label, enabled, instructions, settle, report_item=REPORT_ITEM)

    def _online(self, processor: Processor, wording: str, *, enabled: bool) -> PaymentMethod:
        def instructions(order: Order) -> str:
            return (wording or _(ONLINE_INSTRUCTIONS)).replace("{number}", order.number)

        async def begin(order: Order) -> str:
            links = self._app.get(InvoiceLinks)
            if links.configured:
                return links.of_customer(order).url
            attempts = self._app.get(AttemptService)
            return (await attempts.begin(order, processor, return_address(self._app, order.store))).url

        return PaymentMethod(processor.code, processor.label, enabled, instructions, begin=begin)
