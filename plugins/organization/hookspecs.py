"""The hook of the organization: what else needs a discount group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.hookspecs import hookspec
from guildshop.plugins.organization.api import GroupUses

if TYPE_CHECKING:
    from guildshop.app import App


class OrganizationHooks:
    """The hooks that speak of the organization. Each is called once while the application starts and returns a list.

    A plugin that does not require the organization implements them as `@hookimpl(optionalhook=True)`.
    """

    @hookspec
    def register_group_uses(self, app: App) -> list[GroupUses]:
        """Return functions that name what is for a discount group, such as a discount: it is not deleted meanwhile."""
        raise NotImplementedError
