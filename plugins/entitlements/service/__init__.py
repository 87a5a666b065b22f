"""The use cases of entitlements."""

from guildshop.plugins.entitlements.service.entitlements import EntitlementService

__all__ = ["EntitlementService"]
