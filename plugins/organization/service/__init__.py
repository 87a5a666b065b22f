"""The use cases and queries of the organization."""

from guildshop.plugins.organization.service.columns import OrganizationColumns
from guildshop.plugins.organization.service.following import Following
from guildshop.plugins.organization.service.groups import Groups
from guildshop.plugins.organization.service.personal import PersonalOrganization
from guildshop.plugins.organization.service.terms import OrganizationTerms
from guildshop.plugins.organization.service.units import Units

__all__ = ["OrganizationColumns", "OrganizationService", "OrganizationTerms", "PersonalOrganization"]


class OrganizationService(Units, Groups, Following):
    """Everything that can be asked and done about branches, departments and discount groups."""
