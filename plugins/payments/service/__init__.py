"""The use cases of payments."""

from guildshop.plugins.payments.rules import PART
from guildshop.plugins.payments.service.attempts import AttemptService, return_address
from guildshop.plugins.payments.service.differences import DifferenceService
from guildshop.plugins.payments.service.links import LINK, InvoiceLinks
from guildshop.plugins.payments.service.payments import PaymentService
from guildshop.plugins.payments.service.processors import Processors
from guildshop.plugins.payments.service.receiving import CONFIRM
from guildshop.plugins.payments.service.reconciling import Reconciliation
from guildshop.plugins.payments.service.settling import Settlement

__all__ = [
    "CONFIRM",
    "LINK",
    "PART",
    "AttemptService",
    "DifferenceService",
    "InvoiceLinks",
    "PaymentService",
    "Processors",
    "Reconciliation",
    "Settlement",
    "return_address",
]
