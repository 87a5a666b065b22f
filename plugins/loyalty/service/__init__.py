"""The use cases and queries of loyalty."""

from guildshop.plugins.loyalty.service.checkout import PointsStep
from guildshop.plugins.loyalty.service.following import PointsFollowing
from guildshop.plugins.loyalty.service.personal import PersonalPoints

__all__ = ["LoyaltyService", "PersonalPoints", "PointsStep"]


class LoyaltyService(PointsFollowing):
    """Everything that can be asked and done about loyalty, within the store in scope."""
