"""Licence keys and files on their way to those who bought them: each key to one buyer, each message once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.bot.sending import Outcome
from guildshop.errors import NotFound, Refusal, Stale
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.entitlements import tables
from guildshop.plugins.entitlements.api import (
    GOODS,
    KEYS_OUT,
    Entitlement,
    EntitlementFailed,
    EntitlementGranted,
    EntitlementKind,
    EntitlementStatus,
    GoodsDue,
    OwnedGoods,
)
from guildshop.plugins.entitlements.service.entitlements import EntitlementService, failure
from guildshop.plugins.entitlements.service.goods import GoodsKeeping, uuid_of
from guildshop.plugins.entitlements.service.retrying import changed
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

ATTEMPTS = 6
CHOICE = 200
"""From how many free keys one is drawn, so that buyers of the same moment rarely draw the same."""


class GoodsService(GoodsKeeping):
    """Keys and files of the store in scope."""

    # What members got

    async def owned(self, actor: Actor, order_id: UUID | None = None) -> Sequence[OwnedGoods]:
        """Return what the acting member got, the newest order first; nothing that was taken back."""
        goods = self.app.get(EntitlementService)
        held = [
            found for found in await goods.of_member(int(actor.id)) if found.kind in GOODS and found.good is not None
        ]
        return await self._described([found for found in held if order_id is None or found.order == order_id])

    async def file_of(self, actor: Actor, entitlement_id: UUID) -> tuple[str, bytes]:
        """Return the name and content of a file that the acting member got."""
        entitlement = await self.app.get(EntitlementService).get(entitlement_id)
        if entitlement.discord_id != int(actor.id) or entitlement.kind is not EntitlementKind.FILE:
            raise NotFound(_("This file is not yours. /downloads shows what is."))
        if entitlement.status is EntitlementStatus.REVOKED:
            raise Refusal(_("The order of this file was cancelled or refunded, so it is not given any more."))
        row = await self.app.database.fetch_one(
            "SELECT name, content FROM product_file WHERE store = :store AND id = :id",
            store=current_store(),
            id=entitlement.good,
        )
        if row is None:
            raise NotFound(_("This file is not there any more. Ask the shop's staff."))
        return str(row["name"]), bytes(row["content"])

    # Giving

    async def claim(self, event: GoodsDue) -> Sequence[Entitlement]:
        """Take a key for each one of the order that waits; return what is to be sent now.

        A key belongs to its order from here on, whatever happens to the message.
        """
        goods = self.app.get(EntitlementService)
        for left in reversed(range(ATTEMPTS)):
            waiting = [found for found in await goods.of_order(event.order) if _waits(found)]
            keyless = [found for found in waiting if found.kind is EntitlementKind.KEY and found.good is None]
            if not keyless:
                return waiting
            try:
                await self._take_keys(event.order, keyless)
            except Stale:
                if not left:
                    raise
        raise changed()

    async def settle(self, sent: Sequence[Entitlement], delivery: Delivery, outcome: Outcome | None) -> None:
        """Keep how sending ended."""
        given = outcome is not None and outcome.delivered
        problem, reason, remedy = ("", "", "") if given else failure(outcome)
        async with delivery.work() as work:
            for entitlement in sent:
                work.guard(
                    tables.Entitlement,
                    set="status = :status, problem = :problem, reason = :reason, remedy = :remedy, granted_at = :at",
                    where="id = :id AND status = 'PENDING'",
                    rows=None,
                    id=entitlement.id,
                    status=(EntitlementStatus.GRANTED if given else EntitlementStatus.FAILED).value,
                    problem=problem,
                    reason=reason,
                    remedy=remedy,
                    at=work.now if given else None,
                )
                kind = EntitlementGranted if given else EntitlementFailed
                work.record(kind(entitlement.order, entitlement.id))

    async def described(self, sent: Sequence[Entitlement]) -> Sequence[OwnedGoods]:
        """Return what entitlements hold, with the keys opened."""
        return await self._described(sent)

    # Within

    async def _take_keys(self, order_id: UUID, keyless: Sequence[Entitlement]) -> None:
        free: dict[UUID, list[UUID]] = {}
        for product in {found.product for found in keyless}:
            free[product] = await self._free(product, max(CHOICE, len(keyless)))
        async with self.app.work(Actor.system(current_store(), "entitlements.goods")) as work:
            for entitlement in keyless:
                keys = free[entitlement.product]
                if not keys:
                    self._out_of_keys(work, entitlement)
                    continue
                key = keys.pop(secrets.randbelow(len(keys)))
                work.guard(
                    tables.LicenceKey,
                    set="order_id = :order, taken_at = :now",
                    where="id = :id AND order_id IS NULL",
                    refusal=changed(),
                    id=key,
                    order=order_id,
                    now=work.now,
                )
                work.guard(
                    tables.Entitlement,
                    set="good = :key",
                    where="id = :id AND good IS NULL AND status = 'PENDING'",
                    refusal=changed(),
                    id=entitlement.id,
                    key=key,
                )

    def _out_of_keys(self, work: Work, entitlement: Entitlement) -> None:
        work.guard(
            tables.Entitlement,
            set="status = 'FAILED', problem = :problem, reason = :reason, remedy = :remedy",
            where="id = :id AND good IS NULL AND status = 'PENDING'",
            refusal=changed(),
            id=entitlement.id,
            problem=KEYS_OUT,
            reason=_("No licence key of {product} is left.").format(product=entitlement.product_name),
            remedy=_("Add keys to the product: whoever waits gets one at once."),
        )
        work.record(EntitlementFailed(entitlement.order, entitlement.id))

    async def _free(self, product: UUID, limit: int) -> list[UUID]:
        rows = await self.app.database.fetch(
            "SELECT id FROM licence_key WHERE store = :store AND product = :product AND order_id IS NULL"
            f" ORDER BY id LIMIT {limit:d}",
            store=current_store(),
            product=product,
        )
        return [uuid_of(row["id"]) for row in rows]

    async def _described(self, held: Sequence[Entitlement]) -> list[OwnedGoods]:
        keys = await self._opened([found.good for found in held if found.kind is EntitlementKind.KEY and found.good])
        names = await self._named([found.good for found in held if found.kind is EntitlementKind.FILE and found.good])
        numbers = await self._numbers({found.order for found in held})
        grouped: dict[tuple[UUID, UUID], list[Entitlement]] = {}
        for found in sorted(held, key=lambda one: one.created, reverse=True):
            grouped.setdefault((found.order, found.product), []).append(found)
        return [
            OwnedGoods(
                order,
                numbers.get(order, ""),
                parts[0].product_name,
                tuple(keys[found.good] for found in parts if found.good in keys),
                tuple((found.id, names[found.good]) for found in parts if found.good in names),
            )
            for (order, _product), parts in grouped.items()
        ]

    async def _opened(self, ids: Sequence[UUID]) -> dict[UUID | None, str]:
        if not ids:
            return {}
        rows = await self.app.database.fetch(
            "SELECT id, product, sealed FROM licence_key WHERE store = :store AND id IN :ids",
            store=current_store(),
            ids=list(ids),
        )
        box, store = self._box(), current_store()
        return {
            uuid_of(row["id"]): box.open(store, f"key:{uuid_of(row['product'])}", bytes(row["sealed"])) for row in rows
        }

    async def _named(self, ids: Sequence[UUID]) -> dict[UUID | None, str]:
        if not ids:
            return {}
        rows = await self.app.database.fetch(
            "SELECT id, name FROM product_file WHERE store = :store AND id IN :ids",
            store=current_store(),
            ids=list(ids),
        )
        return {uuid_of(row["id"]): str(row["name"]) for row in rows}

    async def _numbers(self, orders: set[UUID]) -> dict[UUID, str]:
        if not orders:
            return {}
        rows = await self.app.database.fetch(
            "SELECT id, number FROM orders WHERE store = :store AND id IN :ids", store=current_store(), ids=list(orders)
        )
        return {uuid_of(row["id"]): str(row["number"]) for row in rows}


def _waits(entitlement: Entitlement) -> bool:
    return entitlement.kind in GOODS and entitlement.status is EntitlementStatus.PENDING
