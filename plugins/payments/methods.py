"""The manual ways to pay: what each is called and what the customer reads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from guildshop.i18n import _, lazy
from guildshop.plugins.orders.api import Order, PaymentMethod
from guildshop.plugins.payments.api import REPORT_ITEM, PaymentsSettings

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.plugins.payments.service import PaymentService

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
"""The methods that every store knows."""

DEFAULT_INSTRUCTIONS = lazy(
    "Pay by {method} as the staff told you, and give the order number {number} as the reference."
)


class ManualMethods:
    """Answers the hook `register_payment_methods` of orders."""

    def __init__(self, app: App, payments: PaymentService) -> None:
        """Offer what the stores of this application are set to."""
        self._app = app
        self._payments = payments

    def __call__(self, store: int) -> list[PaymentMethod]:
        """Return every manual method known in the store, the enabled ones first and in the order of the settings."""
        settings = self._app.stores.settings(store, PaymentsSettings)
        labels = {code: _(label) for code, label in LABELS.items()}
        labels |= {method.code: method.label for method in settings.custom}
        wording = {method.code: method.instructions for method in settings.custom} | settings.instructions
        enabled = [code for code in settings.methods if code in labels]
        others = [code for code in labels if code not in enabled]
        return [
            self._method(code, labels[code], wording.get(code, ""), enabled=code in enabled)
            for code in (*enabled, *others)
        ]

    def _method(self, code: str, label: str, wording: str, *, enabled: bool) -> PaymentMethod:
        def instructions(order: Order) -> str:
            return (wording or _(DEFAULT_INSTRUCTIONS)).replace("{number}", order.number).replace("{method}", label)

        return PaymentMethod(code, label, enabled, instructions, self._payments.settle, report_item=REPORT_ITEM)
