"""The use cases of payments."""

from guildshop.plugins.payments.service.payments import CONFIRM, PaymentService
from guildshop.plugins.payments.service.processors import Processors

__all__ = ["CONFIRM", "PaymentService", "Processors"]
