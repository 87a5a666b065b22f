"""Giving discounts to single customers, and taking them away again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Refusal, Stale
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.discounts import rules, tables
from guildshop.plugins.discounts.api import (
    DISCOUNT_READ,
    DISCOUNT_UPDATE,
    Assignment,
    AssignmentRow,
    AssignmentRule,
    AssignmentUnknown,
    Discount,
)
from guildshop.plugins.discounts.service.editing import CHOICES, PAGE_LIMIT, Editing
from guildshop.plugins.discounts.service.records import (
    ASSIGNMENT_COLUMNS,
    DISCOUNT_COLUMNS,
    assignment_of,
    discount_of,
    key_in,
)
from guildshop.tenancy import current_store

ATTEMPTS = 4


class Assigning(Editing):
    """Assignments of discounts."""

    async def customer_of(self, actor: Actor, discord_id: int, username: str, display_name: str) -> Customer:
        """Return the customer who is that member, made one by this first contact if need be."""
        actor.require(DISCOUNT_UPDATE)
        customers = self.app.get(CustomerService)
        known = await customers.by_discord_id(discord_id)
        if known is not None:
            return known
        member = Actor(ActorKind.MEMBER, str(discord_id), username, actor.store)
        return await customers.register(member, username, display_name)

    def check_assignment(
        self, rule: AssignmentRule | None, total_allowed: int | None, expires: datetime | None
    ) -> None:
        """Refuse a rule, number of uses and expiry that do not go together, before anything is looked up."""
        rules.check_assignment(rule, total_allowed, expires, self.app.now())

    async def assign(
        self,
        actor: Actor,
        discount_id: UUID,
        customer_id: UUID,
        *,
        rule: AssignmentRule | None = None,
        total_allowed: int | None = None,
        expires: datetime | None = None,
    ) -> Assignment:
        """Let a customer use a discount: doing so again changes rule, number and expiry to what is said now.

        An assignment that is over (used up, expired, revoked) is followed by a new one.
        """
        actor.require(DISCOUNT_UPDATE)
        now = self.app.now()
        rule, total_allowed = rules.check_assignment(rule, total_allowed, expires, now)
        discount = await self.get(discount_id)
        if not discount.active or (discount.ends is not None and discount.ends <= now):
            raise Refusal(
                _("The discount “{name}” is switched off or over. Change it first, then assign it.").format(
                    name=discount.name
                )
            )
        customer = await self.app.get(CustomerService).get(customer_id)
        wanted = {"rule": rule.value, "total_allowed": total_allowed, "expires": expires}
        for left in reversed(range(ATTEMPTS)):
            known = await self.assignment_for(discount.id, customer.id)
            if known is not None and _same(known, wanted) and known.open(now):
                return known
            try:
                return await self._assign(actor, discount, customer, known, wanted)
            except Stale:
                if not left:
                    raise
        raise AssertionError(ATTEMPTS)

    async def revoke(self, actor: Actor, assignment_id: UUID) -> AssignmentRow:
        """End an assignment; once more changes nothing."""
        actor.require(DISCOUNT_UPDATE)
        found = await self.assignment(assignment_id)
        if not found.assignment.active:
            return found
        async with self.app.work(actor) as work:
            work.guard(
                tables.DiscountAssignment,
                set="active = FALSE, ended = :now, version = version + 1",
                where="id = :id AND active",
                rows=None,
                id=assignment_id,
            )
            work.audit(
                "discount.revoke",
                subject="customer",
                subject_id=found.assignment.customer,
                before={"discount": found.discount.name},
            )
        return await self.assignment(assignment_id)

    async def assignment(self, assignment_id: UUID) -> AssignmentRow:
        """Return an assignment by its ID; refuse an unknown one."""
        found = await self._assignments("a.id = :id", 1, id=assignment_id)
        if not found:
            raise unknown_assignment()
        return found[0]

    async def assignment_for(self, discount_id: UUID, customer_id: UUID) -> Assignment | None:
        """Return the customer's assignment of a discount that nobody has ended."""
        row = await self.app.database.fetch_one(
            f"SELECT {ASSIGNMENT_COLUMNS} FROM discount_assignment"
            " WHERE store = :store AND discount = :discount AND customer = :customer AND active",
            store=current_store(),
            discount=discount_id,
            customer=customer_id,
        )
        return None if row is None else assignment_of(row)

    async def assignments(
        self, actor: Actor, *, discount: UUID | None = None, customer: UUID | None = None, limit: int = 100
    ) -> Sequence[AssignmentRow]:
        """Return assignments of a discount or of a customer, the newest first, those that ended too."""
        actor.require(DISCOUNT_READ)
        where, values = "a.store = :store", dict[str, Any]()
        for name, value in (("discount", discount), ("customer", customer)):
            if value is not None:
                where += f" AND a.{name} = :{name}"
                values[name] = value
        return await self._assignments(where, min(max(limit, 1), PAGE_LIMIT), **values)

    async def suggest_assignments(self, actor: Actor, text: str) -> Sequence[AssignmentRow]:
        """Return up to 25 assignments that are not ended, by discount and customer, for staff who may end them."""
        if not actor.may(DISCOUNT_UPDATE):
            return ()
        wanted = fold(text)
        found = await self._assignments("a.active", 1000)
        return [
            one
            for one in found
            if wanted in fold(f"{one.discount.name} {one.discount.code} {one.customer_name} {one.assignment.id}")
        ][:CHOICES]

    async def find_assignment(self, text: str) -> AssignmentRow:
        """Return the assignment of that ID; refuse anything else."""
        key = key_in(text)
        if key is None:
            raise unknown_assignment()
        return await self.assignment(key)

    # Within

    async def _assign(
        self,
        actor: Actor,
        discount: Discount,
        customer: Customer,
        known: Assignment | None,
        wanted: dict[str, Any],
    ) -> Assignment:
        now = self.app.now()
        changed = Stale(_("This assignment changed at the same moment. Try again."))
        # What is used up or expired may be widened; only if it is over even then does a new one follow.
        goes_on = known is not None and (
            (known.expires is None or known.expires > now)
            and (wanted["total_allowed"] is None or wanted["total_allowed"] > known.used)
        )
        assignment_id = known.id if known is not None and goes_on else new_id()
        async with self.app.work(actor) as work:
            self.app.get(CustomerService).require_present(work, customer.id)
            if known is not None:
                ending = "" if goes_on else ", active = FALSE, ended = :now"
                columns = wanted if goes_on else {}
                assignments = "".join(f", {name} = :{name}" for name in columns)
                work.guard(
                    tables.DiscountAssignment,
                    set=f"version = version + 1{assignments}{ending}",
                    where="id = :id AND version = :seen AND used = :used",
                    refusal=changed,
                    id=known.id,
                    seen=known.version,
                    used=known.used,
                    **columns,
                )
            if not goes_on:
                work.insert(
                    tables.DiscountAssignment,
                    conflict=changed,
                    id=assignment_id,
                    discount=discount.id,
                    customer=customer.id,
                    used=0,
                    active=True,
                    created=work.now,
                    version=1,
                    **wanted,
                )
            work.audit(
                "discount.assign",
                subject="customer",
                subject_id=customer.id,
                after={
                    "discount": discount.name,
                    **wanted,
                    "expires": wanted["expires"].isoformat() if wanted["expires"] else None,
                },
            )
        return (await self.assignment(assignment_id)).assignment

    async def _assignments(self, where: str, limit: int, **values: Any) -> list[AssignmentRow]:
        mine = ", ".join(f"a.{name} AS a_{name}" for name in ASSIGNMENT_COLUMNS.split(", "))
        theirs = ", ".join(f"d.{name.strip()}" for name in DISCOUNT_COLUMNS.split(","))
        rows = await self.app.database.fetch(
            f"SELECT {mine}, {theirs}, c.display_name, c.username FROM discount_assignment AS a"
            " JOIN discount AS d ON d.store = a.store AND d.id = a.discount"
            " JOIN customer AS c ON c.store = a.store AND c.id = a.customer"
            f" WHERE a.store = :store AND {where} ORDER BY a.active DESC, a.created DESC, a.id DESC LIMIT {limit}",
            store=current_store(),
            **values,
        )
        return [
            AssignmentRow(assignment_of(row, "a_"), discount_of(row), str(row["display_name"] or row["username"] or ""))
            for row in rows
        ]


def unknown_assignment() -> AssignmentUnknown:
    """Return the refusal of an assignment that is not there."""
    return AssignmentUnknown(_("There is no such assignment in this shop. Choose one from the suggestions."))


def _same(known: Assignment, wanted: dict[str, Any]) -> bool:
    return (known.rule.value, known.total_allowed, known.expires) == (
        wanted["rule"],
        wanted["total_allowed"],
        wanted["expires"],
    )
