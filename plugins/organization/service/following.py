"""Discount groups that follow from Discord roles: kept true as members get and lose them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from guildshop.bot.events import MemberRolesChanged
from guildshop.errors import NotFound, Stale
from guildshop.events import Delivery
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CustomerRegistered
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.organization.api import GroupDue, GroupRolesChanged, Membership
from guildshop.plugins.organization.rules import group_of
from guildshop.plugins.organization.service.assigning import Assigning, stale, write_membership
from guildshop.tenancy import current_store

ATTEMPTS = 3
AT_ONCE = 100
"""Members asked for in one delivery: the next one goes on after them, also after a restart."""


class Following(Assigning):
    """Compares the groups of customers with their roles."""

    async def roles_changed(self, event: MemberRolesChanged, delivery: Delivery) -> None:
        """Give a member the group that their roles lead to now."""
        customer = await self.app.get(CustomerService).by_discord_id(event.discord_id)
        if customer is not None:
            await self._follow(delivery.store, customer.id, lambda: _at_once(event.roles))

    async def group_due(self, event: CustomerRegistered | GroupDue, delivery: Delivery) -> None:
        """Give a customer the group that their roles lead to."""
        with suppress(NotFound):
            customer = await self.app.get(CustomerService).get(event.customer)
            if customer.discord_id is not None and await self._any_role():
                await self._ask_roles(delivery.actor, customer.id, customer.discord_id)

    async def groups_changed(self, event: GroupRolesChanged, delivery: Delivery) -> None:
        """Compare the next customers with the groups' roles as they are now, and go on after them."""
        after = event.after or UUID(int=0)
        rows = await self.app.database.fetch(
            "SELECT id, discord_id FROM customer WHERE store = :store AND discord_id IS NOT NULL AND id > :after"
            f" ORDER BY id LIMIT {AT_ONCE}",
            store=current_store(),
            after=after,
        )
        for row in rows:
            await self._ask_roles(delivery.actor, row["id"], row["discord_id"])
        async with delivery.work() as work:
            if len(rows) == AT_ONCE:
                work.record(GroupRolesChanged(rows[-1]["id"]))

    async def compare_all(self, store: int) -> None:
        """Begin to compare everybody: roles may have changed while no bot was there to hear of it."""
        if await self._any_role():
            async with self.app.work(Actor.system(store, "organization.roles")) as work:
                work.record(GroupRolesChanged())

    async def _any_role(self) -> bool:
        return any(group.role is not None for group in await self.groups())

    async def _ask_roles(self, actor: Actor, customer: UUID, discord_id: int) -> None:
        store = self.app.stores.get(actor.store)

        async def ask() -> Collection[int]:
            return await self.app.messenger.member_roles(store, discord_id) or ()

        await self._follow(actor.store, customer, ask)

    async def _follow(self, store: int, customer: UUID, roles: Callable[[], Awaitable[Collection[int]]]) -> None:
        """Give a customer the group of their roles; look again where it was changed while Discord answered."""
        for left in reversed(range(ATTEMPTS)):
            before = await self.membership(customer)
            try:
                await self._change(store, before, await roles())
            except Stale:
                if not left:
                    raise
            else:
                return

    async def _change(self, store: int, before: Membership, roles: Collection[int]) -> None:
        if before.group is not None and not before.by_role:
            return
        group = group_of(roles, await self.groups())
        wanted = None if group is None else group.id
        if wanted == before.group:
            return
        after = replace(before, group=wanted, by_role=wanted is not None)
        async with self.app.work(Actor.system(store, "organization.roles")) as work:
            self.app.get(CustomerService).require_present(work, before.customer)
            write_membership(work, before, after, stale(str(before.customer)))


async def _at_once(roles: Collection[int]) -> Collection[int]:
    return roles
