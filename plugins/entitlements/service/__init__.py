"""The use cases of entitlements."""

from guildshop.plugins.entitlements.service.entitlements import EntitlementService
from guildshop.plugins.entitlements.service.giving import GoodsService

__all__ = ["EntitlementService", "GoodsService"]
