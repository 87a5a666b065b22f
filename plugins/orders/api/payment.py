"""How an order can be paid: what plugins return from the hook `register_payment_methods`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guildshop.plugins.orders.api.order import Order

if TYPE_CHECKING:
    from guildshop.database import Work


PAY_ITEM = "orders.pay"
"""The custom-ID prefix of the Pay button: `orders.pay:<store>:<order>`. It answers with a link to the payment page."""


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A way to pay in one store, with its label in the current language.

    `enabled` says whether the store offers it for new orders. `instructions` returns what the customer has to do.
    `settle(order, reference)` reads what it needs and returns what joins the Work that marks the order paid because
    staff say that the money has come; it is None where only a processor can say so.
    `begin(order)` starts a payment with a processor, or finds the one begun, and returns the address to send the payer
    to, within 10 seconds; None for manual methods. It is called whenever an unpaid order is shown to its customer. What
    the processor then says of the money goes to `PaymentService.receive` of the payments plugin.
    """

    code: str
    label: str
    enabled: bool
    instructions: Callable[[Order], str]
    settle: Callable[[Order, str], Awaitable[Callable[[Work], None]]] | None = None
    begin: Callable[[Order], Awaitable[str]] | None = None
    report_item: str = ""
    """The custom-ID prefix of the button by which a customer says that they have paid; empty: no such button."""

    @property
    def manual(self) -> bool:
        """Whether staff confirm it."""
        return self.begin is None


PaymentMethods = Callable[[int], Sequence[PaymentMethod]]
"""Returns every method known in a store, the enabled ones in the order in which they are offered."""
