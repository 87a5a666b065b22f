"""The use cases of entitlements."""

from guildshop.plugins.entitlements.service.entitlements import EntitlementService
from guildshop.plugins.entitlements.service.giving import GoodsService
from guildshop.plugins.entitlements.service.key_file import KeyFile
from guildshop.plugins.entitlements.service.refunding import RefundedEntitlements

__all__ = ["EntitlementService", "GoodsService", "KeyFile", "RefundedEntitlements"]
