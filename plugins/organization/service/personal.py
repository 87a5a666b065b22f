"""What the organization keeps of a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from guildshop.i18n import _
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.plugins.organization import tables
from guildshop.plugins.organization.service.assigning import stale, write_membership
from guildshop.plugins.organization.service.reading import Reading

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


class PersonalOrganization:
    """Answers the hook `register_personal_data`."""

    def __init__(self, app: App) -> None:
        """Read what this application's stores know."""
        self._reading = Reading(app)

    async def export(self, customer: Customer) -> object:
        """Return where the person belongs."""
        known = await self._reading.membership(customer.id)
        units = {unit.id: unit.name for unit in await self._reading.units()}
        group = None if known.group is None else await self._reading.group(known.group)
        return {
            "branch": units.get(known.branch) if known.branch else None,
            "department": units.get(known.department) if known.department else None,
            "discount_group": None if group is None else group.name,
        }

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what forgets where the person belonged."""

        def join(work: Work) -> None:
            work.delete(tables.CustomerOrganization, where="customer = :customer", customer=customer.id)

        return join

    async def merge(self, gone: Customer, kept: Customer, _member: int | None) -> Moving:
        """Return what gives the record that stays the branch, department and group that it lacks."""
        theirs, ours = await self._reading.membership(gone.id), await self._reading.membership(kept.id)
        takes_group = ours.group is None and theirs.group is not None
        after = replace(
            ours,
            branch=ours.branch or theirs.branch,
            department=ours.department or theirs.department,
            group=theirs.group if takes_group else ours.group,
            by_role=theirs.by_role if takes_group else ours.by_role,
        )
        seen = {"seen": theirs.version} if theirs.version else {}

        def join(work: Work) -> None:
            work.delete(
                tables.CustomerOrganization,
                where="customer = :gone" + (" AND version = :seen" if seen else ""),
                rows=len(seen),
                refusal=stale(gone.name),
                gone=gone.id,
                **seen,
            )
            if after != ours:
                write_membership(work, ours, after, stale(kept.name))

        return Moving([_("branch, department or discount group")] if after != ours else [], join)
