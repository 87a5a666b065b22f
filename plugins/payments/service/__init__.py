"""The use cases of payments."""

from guildshop.plugins.payments.service.attempts import AttemptService
from guildshop.plugins.payments.service.differences import DifferenceService
from guildshop.plugins.payments.service.links import LINK, InvoiceLinks
from guildshop.plugins.payments.service.payments import CONFIRM, PaymentService
from guildshop.plugins.payments.service.processors import Processors
from guildshop.plugins.payments.service.settling import Settlement, return_address

__all__ = [
    "CONFIRM",
    "LINK",
    "AttemptService",
    "DifferenceService",
    "InvoiceLinks",
    "PaymentService",
    "Processors",
    "Settlement",
    "return_address",
]
