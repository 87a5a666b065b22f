"""Trying again what failed: by staff, and by the timer once what hindered it is mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.bot.sending import Problem
from guildshop.errors import Refusal, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.entitlements import tables
from guildshop.plugins.entitlements.api import (
    GOODS,
    Entitlement,
    EntitlementDue,
    EntitlementKind,
    EntitlementStatus,
    GoodsDue,
    state_label,
)
from guildshop.plugins.entitlements.service.terms import Terms
from guildshop.plugins.orders.service import OrderService

if TYPE_CHECKING:
    from guildshop.database import Work

UPDATE = "order.update"
UNKNOWN_MEMBER = "not-on-discord"
GONE = frozenset({Problem.ROLE_GONE.value, Problem.CHANNEL_GONE.value})


class Retrying(Terms):
    """Having something given, or taken back, once more."""

    async def retry(self, actor: Actor, entitlement_id: UUID) -> Entitlement:
        """Try a failed entitlement again, now; of a guest's order all that waited for the guest to be a member."""
        actor.require(UPDATE)
        entitlement = await self.get(entitlement_id)
        if not entitlement.failed:
            raise Refusal(
                _("Nothing failed here that could be tried again. Where it stands: {status}.").format(
                    status=state_label(entitlement)
                )
            )
        receiver, target = await self._receiver(entitlement), await self._replacement(entitlement)
        together = [replace(entitlement, target=target)]
        if receiver is not None:
            together += [one for one in await self._without_member(entitlement.order) if one.id != entitlement.id]
        async with self.app.work(actor) as work:
            if target != entitlement.target:
                work.update(tables.Entitlement, entitlement.id, target=target)
            self._again_for(work, together, entitlement.order, receiver)
            work.audit("entitlement.retry", subject="entitlement", subject_id=entitlement_id)
        return entitlement

    async def retry_mended(self, actor: Actor) -> None:
        """Try again what can work by now."""
        for order, receiver in (await self.newly_linked()).items():
            waiting = await self._without_member(order)
            async with self.app.work(actor) as work:
                self._again_for(work, waiting, order, receiver)
        for entitlement in await self.failed():
            if entitlement.kind in GOODS or entitlement.problem in (Problem.MEMBER_GONE.value, UNKNOWN_MEMBER):
                continue
            if self._might_work(entitlement):
                async with self.app.work(actor) as work:
                    self.again_in(work, entitlement)

    def again_in(self, work: Work, entitlement: Entitlement) -> None:
        """Have it given again, whether it failed or was granted, or taken back again, if that failed."""
        if entitlement.failed:
            revoked = entitlement.status is EntitlementStatus.REVOKED
            work.guard(
                tables.Entitlement,
                set="problem = '', reason = '', remedy = '', status = " + ("'REVOKED'" if revoked else "'PENDING'"),
                where="id = :id AND status = :failed" + (" AND problem <> ''" if revoked else ""),
                refusal=changed(),
                id=entitlement.id,
                failed=entitlement.status.value,
            )
        if entitlement.kind in GOODS:
            work.record(GoodsDue(entitlement.order))
        else:
            self.due_in(work, entitlement.id, entitlement.discord_id, entitlement.target)

    def due_in(self, work: Work, entitlement_id: UUID, discord_id: int | None, target: int) -> None:
        """Have Discord made what the entitlement's status says."""
        work.record(EntitlementDue(entitlement_id, f"{discord_id}/{target}"))

    # Within

    async def _receiver(self, entitlement: Entitlement) -> int | None:
        """Return the member who is to get what was for a guest; None when the entitlement has its member already.

        Keys can go to a guest by email, all else needs a member: refused while there is none.
        """
        if entitlement.discord_id is not None or entitlement.status is EntitlementStatus.REVOKED:
            return None
        order = await self.app.get(OrderService).get(entitlement.order)
        if order.receiver_discord_id is None and entitlement.kind is not EntitlementKind.KEY:
            sentence = _(
                "{customer} is still not linked to a Discord member. Enter the member's Discord ID under “Edit"
                " profile” on the customer's page, then retry."
            )
            raise Refusal(sentence.format(customer=order.customer_name))
        return order.receiver_discord_id

    async def _replacement(self, entitlement: Entitlement) -> int:
        """Return what to give instead of a role or channel that was deleted: what was chosen for the product since."""
        if entitlement.status is EntitlementStatus.REVOKED or entitlement.problem not in GONE:
            return entitlement.target
        found = await self.app.get(CatalogService).get_many([entitlement.product])
        product = found.get(entitlement.product)
        if product is None:
            return entitlement.target
        given = product.granted_roles if entitlement.kind is EntitlementKind.ROLE else product.granted_channels
        held = {
            one.target
            for one in await self.of_order(entitlement.order)
            if one.product == entitlement.product and one.kind is entitlement.kind
        }
        return next((target for target in given if target not in held), entitlement.target)

    async def _without_member(self, order_id: UUID) -> list[Entitlement]:
        """Return what of an order failed since its customer was no member."""
        return [one for one in await self.of_order(order_id) if one.discord_id is None and one.failed]

    def _again_for(self, work: Work, failed: Iterable[Entitlement], order: UUID, receiver: int | None) -> None:
        """Have it given again: to the member that the customer was linked to since, where there is one."""
        if receiver is not None:
            work.guard(
                tables.Entitlement,
                set="discord_id = :receiver",
                where="order_id = :order AND discord_id IS NULL AND status <> 'REVOKED'",
                rows=None,
                order=order,
                receiver=receiver,
            )
        for one in failed:
            self.again_in(work, one if receiver is None else replace(one, discord_id=receiver))

    def _might_work(self, entitlement: Entitlement) -> bool:
        store, messenger = self.app.stores.get(entitlement.store), self.app.messenger
        if entitlement.kind is EntitlementKind.ROLE:
            return messenger.may_grant(store, entitlement.target)
        return messenger.may_open(store, entitlement.target)


def changed() -> Stale:
    """Return the refusal for an entitlement that was not as it was read."""
    return Stale(_("This entitlement changed at the same moment. Look at it again, then repeat."))
