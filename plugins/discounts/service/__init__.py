"""The use cases and queries of discounts."""

from guildshop.plugins.discounts.service.assigning import Assigning
from guildshop.plugins.discounts.service.checkout import DiscountStep
from guildshop.plugins.discounts.service.importing import Importing
from guildshop.plugins.discounts.service.personal import PersonalDiscounts
from guildshop.plugins.discounts.service.uses import Uses

__all__ = ["DiscountService", "DiscountStep", "PersonalDiscounts"]


class DiscountService(Assigning, Uses, Importing):
    """Everything that can be asked and done about discounts, within the store in scope."""
