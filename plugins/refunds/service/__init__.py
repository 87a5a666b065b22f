"""The use cases: `RefundService` makes refunds, `RefundPayments` brings them on, `ReturnService` is for returns."""

from guildshop.plugins.refunds.service.paying import RefundPayments
from guildshop.plugins.refunds.service.refunds import RefundService
from guildshop.plugins.refunds.service.returns import ReturnService
from guildshop.plugins.refunds.service.surplus import SurplusRefunds

__all__ = ["RefundPayments", "RefundService", "ReturnService", "SurplusRefunds"]
