"""Where customers belong: at most one branch, one department and one discount group each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.organization import tables
from guildshop.plugins.organization.api import ORGANIZATION_UPDATE, GroupDue, Membership, UnitKind
from guildshop.plugins.organization.service.reading import Reading

if TYPE_CHECKING:
    from guildshop.database import Work


class Assigning(Reading):
    """Assigning customers."""

    async def assign(
        self,
        actor: Actor,
        customer_id: UUID,
        *,
        branch: UUID | None,
        department: UUID | None,
        group: UUID | None,
        version: int | None = None,
    ) -> Membership:
        """Let a customer belong to these and nothing else; refuse when it was changed since `version`.

        A group that staff give stays whatever the customer's Discord roles; without one, the roles decide again.
        """
        actor.require(ORGANIZATION_UPDATE)
        customer = await self.app.get(CustomerService).get(customer_id)
        self.app.get(CustomerService).ensure_present(customer)
        before = await self.membership(customer_id)
        if version is not None and version != before.version:
            raise stale(customer.name)
        by_role = before.by_role and group == before.group
        after = Membership(customer_id, branch, department, group, by_role, before.version)
        await self._check(after)
        if after == before:
            return before
        async with self.app.work(actor) as work:
            self.app.get(CustomerService).require_present(work, customer_id)
            write_membership(work, before, after, stale(customer.name))
            if group is None and before.group is not None and customer.discord_id is not None:
                work.record(GroupDue(customer_id))
        return await self.membership(customer_id)

    async def _check(self, wanted: Membership) -> None:
        for name, unit_id, kind in (
            ("branch", wanted.branch, UnitKind.BRANCH),
            ("department", wanted.department, UnitKind.DEPARTMENT),
        ):
            if unit_id is not None and (await self.unit(unit_id)).kind is not kind:
                sentence = {
                    UnitKind.BRANCH: _("A department is no branch. Choose a branch."),
                    UnitKind.DEPARTMENT: _("A branch is no department. Choose a department."),
                }
                raise Invalid.field(name, sentence[kind])
        if wanted.group is not None:
            await self.group(wanted.group)


def write_membership(work: Work, before: Membership, after: Membership, refusal: Stale) -> None:
    """Add to the Work what makes a membership of another one; `refusal` when it was changed meanwhile."""
    columns = _columns(after)
    if before.version:
        work.guard(
            tables.CustomerOrganization,
            set=", ".join(f"{name} = :{name}" for name in columns) + ", version = version + 1",
            where="customer = :customer AND version = :seen",
            refusal=refusal,
            customer=after.customer,
            seen=before.version,
            **columns,
        )
    else:
        work.insert(tables.CustomerOrganization, conflict=refusal, id=new_id(), customer=after.customer, **columns)
    work.audit(
        "organization.assign",
        subject="customer",
        subject_id=after.customer,
        before=_shown(before),
        after=_shown(after),
    )


def stale(name: str) -> Stale:
    """Return the refusal of a change to where a customer belongs that was changed in the meantime."""
    return Stale(
        _("Somebody else changed where {customer} belongs in the meantime. Look again, then repeat it.").format(
            customer=name
        )
    )


def _columns(membership: Membership) -> dict[str, Any]:
    return {
        "branch": membership.branch,
        "department": membership.department,
        "discount_group": membership.group,
        "by_role": membership.by_role,
    }


def _shown(membership: Membership) -> dict[str, Any]:
    return {
        "branch": str(membership.branch or ""),
        "department": str(membership.department or ""),
        "discount_group": str(membership.group or ""),
        "by_role": membership.by_role,
    }
