"""The public face of the payments plugin: what a payment is, what a processor is, settings, errors and events."""

from guildshop.plugins.payments.api.difference import Difference, DifferenceKind, Figures, difference_label
from guildshop.plugins.payments.api.errors import BadSignature, BeingEntered, KeySpent, NothingToPay
from guildshop.plugins.payments.api.events import (
    PaymentDiffers,
    PaymentRefundChanged,
    PaymentReported,
    PaymentUnexpected,
    ProcessorTold,
)
from guildshop.plugins.payments.api.payment import (
    REPORT_ITEM,
    TAKEN,
    InvoiceLink,
    Payment,
    PaymentFilter,
    PaymentState,
    Received,
    state_label,
)
from guildshop.plugins.payments.api.processor import (
    Attempt,
    AttemptState,
    Begun,
    PaymentCode,
    Processor,
    ProcessorProblem,
    RefundOutcome,
    RefundState,
    Standing,
    StandingState,
    Taking,
)
from guildshop.plugins.payments.api.settings import ManualMethod, PaymentsSettings

__all__ = [
    "REPORT_ITEM",
    "TAKEN",
    "Attempt",
    "AttemptState",
    "BadSignature",
    "Begun",
    "BeingEntered",
    "Difference",
    "DifferenceKind",
    "Figures",
    "InvoiceLink",
    "KeySpent",
    "ManualMethod",
    "NothingToPay",
    "Payment",
    "PaymentCode",
    "PaymentDiffers",
    "PaymentFilter",
    "PaymentRefundChanged",
    "PaymentReported",
    "PaymentState",
    "PaymentUnexpected",
    "PaymentsSettings",
    "Processor",
    "ProcessorProblem",
    "ProcessorTold",
    "Received",
    "RefundOutcome",
    "RefundState",
    "Standing",
    "StandingState",
    "Taking",
    "difference_label",
    "state_label",
]
