"""Branch, department and discount group in the CSV file of customers, each by its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.folding import fold
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CustomerColumns, WriteColumns
from guildshop.plugins.organization.api import ORGANIZATION_UPDATE, Membership, UnitKind
from guildshop.plugins.organization.service.assigning import stale, write_membership
from guildshop.plugins.organization.service.reading import Reading

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

COLUMNS = {
    "branch": lazy("Branch, by its name"),
    "department": lazy("Department, by its name"),
    "discount_group": lazy("Discount group, by its name"),
}
CHUNK = 5000
Rows = Sequence[tuple[int, UUID | None, Mapping[str, str]]]


class OrganizationColumns:
    """Answers the hook `register_customer_columns`."""

    def __init__(self, app: App) -> None:
        """Read what this application's stores know."""
        self._reading = Reading(app)

    def as_hook(self) -> CustomerColumns:
        """Return what the import of customers asks."""
        return CustomerColumns(COLUMNS, self.read, self.export)

    async def read(self, actor: Actor, rows: Rows) -> tuple[Sequence[tuple[int, str]], WriteColumns]:
        """Check the names, and return what writes them; what a row leaves empty stays as it is."""
        actor.require(ORGANIZATION_UPDATE)
        names = {column: {fold(name): key for key, name in of.items()} for column, of in (await self._names()).items()}
        problems: list[tuple[int, str]] = []
        given: dict[int, dict[str, UUID]] = {}
        for number, _customer, texts in rows:
            for column, text in texts.items():
                key = names[column].get(fold(text))
                if key is None:
                    told = _("There is no “{name}” for the column “{column}”. Make it first, or correct the name.")
                    problems.append((number, told.format(name=text[:80], column=column)))
                else:
                    given.setdefault(number, {})[column] = key
        known: dict[UUID, Membership] = {}
        customers = [customer for _number, customer, _texts in rows if customer is not None]
        for begin in range(0, len(customers), CHUNK):
            known |= await self._reading.memberships(customers[begin : begin + CHUNK])

        def write(work: Work, number: int, customer: UUID) -> bool:
            wanted = given.get(number)
            if not wanted:
                return False
            before = known.get(customer, Membership(customer))
            after = replace(
                before,
                branch=wanted.get("branch", before.branch),
                department=wanted.get("department", before.department),
                group=wanted.get("discount_group", before.group),
                by_role=before.by_role and "discount_group" not in wanted,
            )
            if after != before:
                write_membership(work, before, after, stale(str(customer)))
            return after != before

        return problems, write

    async def export(self, customers: Collection[UUID]) -> Mapping[UUID, Mapping[str, str]]:
        """Return the names of where customers belong; a group that follows from a role is left out."""
        names = await self._names()
        return {
            customer: {
                "branch": names["branch"].get(one.branch or customer, ""),
                "department": names["department"].get(one.department or customer, ""),
                "discount_group": "" if one.by_role else names["discount_group"].get(one.group or customer, ""),
            }
            for customer, one in (await self._reading.memberships(customers)).items()
        }

    async def _names(self) -> dict[str, dict[UUID, str]]:
        units = await self._reading.units()
        return {
            "branch": {unit.id: unit.name for unit in units if unit.kind is UnitKind.BRANCH},
            "department": {unit.id: unit.name for unit in units if unit.kind is UnitKind.DEPARTMENT},
            "discount_group": {group.id: group.name for group in await self._reading.groups()},
        }
