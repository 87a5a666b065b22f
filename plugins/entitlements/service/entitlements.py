"""Giving and taking back what comes with products, and keeping Discord equal to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.bot.events import MemberJoined
from guildshop.bot.sending import Outcome, Problem
from guildshop.database import new_id
from guildshop.errors import Stale
from guildshop.events import Delivery, DeliveryPostponed
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.entitlements import tables
from guildshop.plugins.entitlements.api import (
    GOODS,
    LONGEST_TERM,
    Ended,
    Entitlement,
    EntitlementDue,
    EntitlementExpiryDue,
    EntitlementFailed,
    EntitlementGranted,
    EntitlementKind,
    EntitlementRevoked,
    EntitlementStatus,
    GoodsDue,
    kind_label,
    state_label,
)
from guildshop.plugins.entitlements.service.retrying import UNKNOWN_MEMBER, Retrying, changed
from guildshop.plugins.orders.api import Order, OrderCancelled, OrderPaid, OrderStatus
from guildshop.plugins.orders.service import OrderService
from guildshop.tenancy import scope

if TYPE_CHECKING:
    from guildshop.database import Work

UPDATE = "order.update"
MEMBERS_A_ROUND = 50
ATTEMPTS = 4


class EntitlementService(Retrying):
    """Entitlements of the store in scope."""

    # Events

    async def order_paid(self, event: OrderPaid, delivery: Delivery) -> None:
        """Note what the order's products give, and have it given.

        Nothing is given for an order that was cancelled before this was heard: its cancellation found nothing to end.
        """
        for left in reversed(range(ATTEMPTS)):
            try:
                await self._note(await self.app.get(OrderService).get(event.order), delivery)
            except Stale:
                if not left:
                    raise
            else:
                return

    async def _note(self, order: Order, delivery: Delivery) -> None:
        kept = order.status not in (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
        wanted = await self._wanted(order) if kept else []
        if not wanted:
            await self._complete(order.id, delivery)
            return
        async with delivery.work() as work:
            # In the same unit, so that whoever cancels later finds what is written here.
            self.app.get(OrderService).require_kept(work, order)
            for row in wanted:
                work.insert(tables.Entitlement, **row, status=EntitlementStatus.PENDING.value, created=work.now)
                if EntitlementKind(row["kind"]) not in GOODS:
                    self.due_in(work, row["id"], row["discord_id"], row["target"])
            if any(EntitlementKind(row["kind"]) in GOODS for row in wanted):
                work.record(GoodsDue(order.id))

    async def order_cancelled(self, event: OrderCancelled, delivery: Delivery) -> None:
        """Take back what the cancelled order gave."""
        held = await self.of_order(event.order)
        async with delivery.work() as work:
            self.revoke_in(work, held, Ended.CANCELLED)

    async def apply(self, event: EntitlementDue, delivery: Delivery) -> None:
        """Make Discord what the entitlement's status says."""
        entitlement = await self.get(event.entitlement)
        if entitlement.discord_id is None:
            # Of a guest who never got it there is nothing to take back.
            if entitlement.status is not EntitlementStatus.REVOKED:
                await self._settle(entitlement, delivery, None)
        elif entitlement.status is not EntitlementStatus.REVOKED:
            await self._settle(entitlement, delivery, await self._give(entitlement, entitlement.discord_id))
        elif not await self.supported_by_another(entitlement):
            await self._taken(entitlement, delivery, await self._take(entitlement, entitlement.discord_id))

    async def expire(self, event: EntitlementExpiryDue, delivery: Delivery) -> None:
        """End what has run out."""
        entitlement = await self.get(event.entitlement)
        ends = entitlement.expires_at
        if entitlement.status is EntitlementStatus.REVOKED or ends is None or ends > self.app.now():
            return
        async with delivery.work() as work:
            self.revoke_in(work, [entitlement], Ended.EXPIRED)

    async def complete_order(self, event: EntitlementGranted, delivery: Delivery) -> None:
        """Complete the order once everything of it is granted and nothing of it ships."""
        await self._complete(event.order, delivery)

    async def member_joined(self, event: MemberJoined, delivery: Delivery) -> None:
        """Give a member who came back everything again."""
        held = await self.of_member(event.discord_id)
        async with delivery.work() as work:
            for entitlement in held:
                if entitlement.kind not in GOODS or entitlement.status is EntitlementStatus.FAILED:
                    self.again_in(work, entitlement)

    # Use cases

    async def revoke(self, actor: Actor, order_id: UUID, products: Iterable[UUID] | None = None) -> int:
        """Take back what an order gave, all of it or of some products; return how many entitlements ended."""
        actor.require(UPDATE)
        wanted = None if products is None else set(products)
        held = [found for found in await self.of_order(order_id) if wanted is None or found.product in wanted]
        async with self.app.work(actor) as work:
            ended = self.revoke_in(work, held, Ended.STAFF)
            work.audit("entitlement.revoke", subject="order", subject_id=order_id, after={"ended": ended})
        return ended

    def revoke_in(self, work: Work, held: Iterable[Entitlement], why: Ended = Ended.REFUNDED) -> int:
        """End entitlements in somebody's Work; a role stays while another entitlement of the member gives it.

        A key or file that was read cannot be taken back: it is not shown again, and its key is never sold to another.
        """
        ended = 0
        for entitlement in held:
            if entitlement.status is EntitlementStatus.REVOKED:
                continue
            work.guard(
                tables.Entitlement,
                set="status = 'REVOKED', revoked_at = :now, ended = :why, problem = '', reason = '', remedy = ''",
                where="id = :id AND status <> 'REVOKED'",
                refusal=changed(),
                id=entitlement.id,
                why=why.value,
            )
            work.record(EntitlementRevoked(entitlement.order, entitlement.id))
            if entitlement.kind not in GOODS:
                self.due_in(work, entitlement.id, entitlement.discord_id, entitlement.target)
            ended += 1
        return ended

    # Timers, the doctor, pages

    async def reconcile(self, store_id: int) -> None:
        """Compare some members with Discord and give what is missing; try again what can work by now."""
        with scope(store_id), suppress(DeliveryPostponed):  # while the bot is away there is nothing to compare with
            await self.retry_mended(Actor.system(store_id, "entitlements.reconcile"))
            for discord_id in await self.least_recently_checked(MEMBERS_A_ROUND):
                await self._compare(Actor.system(store_id, "entitlements.reconcile"), discord_id)

    async def examine(self, store_id: int | None) -> Sequence[Finding]:
        """Tell the doctor what could not be given."""
        if store_id is None:
            return []
        with scope(store_id):
            failed = [found for found in await self.failed() if found.problem != Problem.MEMBER_GONE.value]
        reasons = {(found.reason, found.remedy) for found in failed}
        return [Finding(Severity.BROKEN, _("Roles and channels"), reason, remedy) for reason, remedy in sorted(reasons)]

    async def page_rows(self, order: Order) -> Sequence[Sequence[str]]:
        """Return an order's entitlements as rows of its page."""
        store, named = self.app.stores.get(order.store), self.app.messenger.target_name
        return [
            (
                found.product_name,
                kind_label(found.kind),
                "–" if found.kind in GOODS else named(store, found.target) or str(found.target),
                state_label(found),
                f"{found.reason} {found.remedy}".strip(),
            )
            for found in await self.of_order(order.id)
        ]

    # Within

    async def _wanted(self, order: Order) -> list[dict[str, Any]]:
        """Return a row for each role and channel that the order's products give."""
        names: dict[UUID, str] = {}
        pieces, returned = Counter[UUID](), Counter[UUID]()
        for line in order.lines:
            if line.product is not None and line.quantity > line.returned:
                names.setdefault(line.product, line.name)
                pieces[line.product] += line.quantity - line.returned
                returned[line.product] += line.returned
        products = await self.app.get(CatalogService).get_many(list(names)) if names else {}
        terms, files = await self.terms(products), await self.file_ids(products)
        wanted: list[dict[str, Any]] = []
        for product in products.values():
            days, gives_key = terms.get(product.id, (0, False))
            base = {"order_id": order.id, "product": product.id, "product_name": names[product.id]}
            base["discord_id"] = order.receiver_discord_id
            if gives_key:
                wanted += [{"kind": EntitlementKind.KEY.value, "target": n + 1} for n in range(pieces[product.id])]
            # As with a refund that is heard after the payment: a piece that went back takes all but the others' keys.
            whole = not returned[product.id]
            for kind, given in (
                (EntitlementKind.ROLE, product.granted_roles),
                (EntitlementKind.CHANNEL, product.granted_channels),
            ):
                # Each piece adds its time.
                lasting = min(days * pieces[product.id], LONGEST_TERM)
                fresh = dict.fromkeys(given) if whole else ()
                wanted += [{"kind": kind.value, "target": target, "days": lasting} for target in fresh]
            wanted += [
                {"kind": EntitlementKind.FILE.value, "target": n, "good": file}
                for n, file in enumerate(files.get(product.id, []) if whole else [], 1)
            ]
            for row in wanted:
                if "id" not in row:
                    row.update(base, id=new_id())
        return wanted

    async def _settle(self, entitlement: Entitlement, delivery: Delivery, outcome: Outcome | None) -> None:
        """Keep how giving ended; what was revoked in the meantime stays so, and its own delivery takes it back."""
        granted = outcome is not None and outcome.delivered
        if granted and entitlement.status is EntitlementStatus.GRANTED:
            return
        problem, reason, remedy = ("", "", "") if granted else failure(outcome)
        covered = await self.covered_until(entitlement) if granted and entitlement.days else None
        async with delivery.work() as work:
            if granted and entitlement.days and entitlement.expires_at is None:
                self.begin_term(work, entitlement, covered)
            work.guard(
                tables.Entitlement,
                set="status = :status, problem = :problem, reason = :reason, remedy = :remedy, granted_at = :granted",
                where="id = :id AND status <> 'REVOKED'",
                rows=None,
                id=entitlement.id,
                status=(EntitlementStatus.GRANTED if granted else EntitlementStatus.FAILED).value,
                problem=problem,
                reason=reason,
                remedy=remedy,
                granted=work.now if granted else entitlement.granted_at,
            )
            kind = EntitlementGranted if granted else EntitlementFailed
            work.record(kind(entitlement.order, entitlement.id))

    async def _taken(self, entitlement: Entitlement, delivery: Delivery, outcome: Outcome) -> None:
        """Keep that taking back failed, so that staff can do it by hand."""
        if outcome.delivered or outcome.problem in (Problem.MEMBER_GONE, Problem.ROLE_GONE, Problem.CHANNEL_GONE):
            return
        problem, reason, remedy = failure(outcome)
        async with delivery.work() as work:
            work.update(tables.Entitlement, entitlement.id, problem=problem, reason=reason, remedy=remedy)
            work.record(EntitlementFailed(entitlement.order, entitlement.id))

    async def _give(self, entitlement: Entitlement, discord_id: int) -> Outcome:
        store = self.app.stores.get(entitlement.store)
        if entitlement.kind is EntitlementKind.ROLE:
            return await self.app.messenger.grant_role(
                store, discord_id, entitlement.target, reason=_("Bought in the shop")
            )
        return await self.app.messenger.open_channel(store, discord_id, entitlement.target)

    async def _take(self, entitlement: Entitlement, discord_id: int) -> Outcome:
        store = self.app.stores.get(entitlement.store)
        if entitlement.kind is EntitlementKind.ROLE:
            expired = entitlement.ended == Ended.EXPIRED
            why = _("The time that was bought is over") if expired else _("Order cancelled or refunded")
            return await self.app.messenger.revoke_role(store, discord_id, entitlement.target, reason=why)
        return await self.app.messenger.close_channel(store, discord_id, entitlement.target)

    async def _compare(self, actor: Actor, discord_id: int) -> None:
        """Give a member what Discord does not show them to have."""
        roles = await self.app.messenger.member_roles(self.app.stores.get(actor.store), discord_id)
        held = await self.of_member(discord_id)
        async with self.app.work(actor) as work:
            for entitlement in held:
                work.update(tables.Entitlement, entitlement.id, checked_at=work.now)
                if roles is not None and self._is_missing(entitlement, roles):
                    self.again_in(work, entitlement)

    def _is_missing(self, entitlement: Entitlement, roles: frozenset[int]) -> bool:
        if entitlement.status is EntitlementStatus.FAILED:
            return entitlement.problem == Problem.MEMBER_GONE.value
        if entitlement.status is not EntitlementStatus.GRANTED:
            return False
        if entitlement.kind is EntitlementKind.CHANNEL:
            store, member = self.app.stores.get(entitlement.store), entitlement.discord_id or 0
            return not self.app.messenger.is_open(store, member, entitlement.target)
        return entitlement.kind is EntitlementKind.ROLE and entitlement.target not in roles

    async def _complete(self, order_id: UUID, delivery: Delivery) -> None:
        """Complete the order if it can be; when somebody changes it at the same moment, look again."""
        orders = self.app.get(OrderService)
        for left in reversed(range(ATTEMPTS)):
            order = await orders.get(order_id)
            given = [found.status is EntitlementStatus.GRANTED for found in await self.of_order(order_id)]
            try:
                async with delivery.work() as work:
                    if order.status is OrderStatus.PAID and not order.ships and all(given):
                        orders.complete(work, order)
            except Stale:
                if not left:
                    raise
            else:
                return


def failure(outcome: Outcome | None) -> tuple[str, str, str]:
    """Return the problem, the reason and the remedy of what could not be given."""
    if outcome is None:
        return (
            UNKNOWN_MEMBER,
            _("The customer is not linked to a Discord member."),
            _("Enter the Discord ID of the member under “Edit profile” on the customer's page, then retry."),
        )
    return (outcome.problem.value if outcome.problem else "", outcome.reason, outcome.remedy)
