"""The use cases and queries of store credit."""

from guildshop.plugins.store_credit.service.checkout import CreditStep
from guildshop.plugins.store_credit.service.following import CreditFollowing
from guildshop.plugins.store_credit.service.personal import PersonalCredit

__all__ = ["CreditService", "CreditStep", "PersonalCredit"]


class CreditService(CreditFollowing):
    """Everything that can be asked and done about store credit, within the store in scope."""
