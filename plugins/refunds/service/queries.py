"""Reading refunds of the store in scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import NotFound
from guildshop.folding import begins
from guildshop.i18n import _
from guildshop.paging import Slice, time_and_id, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.refunds.api import READ, Refund, RefundFilter, RefundItem, RefundPart
from guildshop.plugins.refunds.service import records
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

LARGEST_PAGE = 200


class RefundQueries:
    """What can be read of refunds."""

    def __init__(self, app: App) -> None:
        """Read through this application."""
        self.app = app

    async def get(self, refund_id: UUID) -> Refund:
        """Return a refund; NotFound when there is none in this store."""
        found = await self.find(refund_id)
        if found is None:
            raise NotFound(_("There is no such refund in this store."))
        return found

    async def find(self, refund_id: UUID) -> Refund | None:
        """Return a refund, None when there is none of that ID."""
        found = await self._where("id = :id", id=refund_id)
        return found[0] if found else None

    async def of_order(self, order_id: UUID) -> Sequence[Refund]:
        """Return an order's refunds, oldest first."""
        return (await self._where("order_id = :order", order=order_id))[::-1]

    async def list(self, actor: Actor, wanted: RefundFilter, *, cursor: str = "", limit: int = 50) -> Slice[Refund]:
        """Return a page of the store's refunds, newest first."""
        actor.require(READ)
        conditions: list[str] = ["TRUE"]
        values: dict[str, Any] = {}
        if wanted.state is not None:
            conditions.append("state = :state")
            values["state"] = wanted.state.value
        if wanted.order is not None:
            conditions.append("order_id = :order")
            values["order"] = wanted.order
        if cursor:
            values["after_time"], values["after_id"] = time_and_id(cursor)
            conditions.append("(created < :after_time OR (created = :after_time AND id < :after_id))")
        limit = min(max(limit, 1), LARGEST_PAGE)
        found = await self._where(" AND ".join(conditions), limit=limit + 1, **values)
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return Slice(found[:limit], "" if last is None else make_cursor(last.created, last.id))

    async def search(self, actor: Actor, text: str, limit: int) -> Sequence[Refund]:
        """Return the refunds of orders whose number begins with the text, and those that a processor knows by it."""
        actor.require(READ)
        condition, values = begins("order_number", text)
        found = [*await self._where(condition, limit, **values)] if values["number"] else []
        known = await self.app.database.fetch(
            "SELECT refund FROM refund_part WHERE store = :store AND reference = :text AND reference <> '' LIMIT :most",
            store=current_store(),
            text=text.strip(),
            most=limit,
        )
        keys = {records.as_uuid(row["refund"]) for row in known} - {one.id for one in found}
        if keys:
            found += await self._where("id IN :keys", limit, keys=list(keys))
        return found[:limit]

    async def counted(self, order_id: UUID) -> dict[UUID, int]:
        """Return what items of each line counted for in the order's refunds, failed ones left out."""
        rows = await self.app.database.fetch(
            "SELECT i.line, SUM(i.amount) AS amount FROM refund_item i"
            " JOIN refund r ON r.store = i.store AND r.id = i.refund"
            " WHERE i.store = :store AND r.order_id = :order AND r.state <> 'FAILED' GROUP BY i.line",
            store=current_store(),
            order=order_id,
        )
        return {records.as_uuid(row["line"]): int(row["amount"]) for row in rows}

    async def given_back(self, order_id: UUID) -> tuple[dict[UUID, int], int]:
        """Return what of each payment of an order went back or is on its way, and what became store credit."""
        rows = await self.app.database.fetch(
            "SELECT p.payment, p.kind, SUM(p.amount) AS amount FROM refund_part p"
            " JOIN refund r ON r.store = p.store AND r.id = p.refund"
            " WHERE p.store = :store AND r.order_id = :order AND p.state <> 'FAILED' GROUP BY p.payment, p.kind",
            store=current_store(),
            order=order_id,
        )
        payments: dict[UUID, int] = defaultdict(int)
        credit = 0
        for row in rows:
            if row["kind"] == "CREDIT":
                credit += int(row["amount"])
            elif row["payment"] is not None:
                payments[records.as_uuid(row["payment"])] += int(row["amount"])
        return dict(payments), credit

    async def _where(self, condition: str, limit: int = 1000, **values: Any) -> Sequence[Refund]:
        store = current_store()
        rows = await self.app.database.fetch(
            f"SELECT * FROM refund WHERE store = :store AND {condition} ORDER BY created DESC, id DESC LIMIT {limit:d}",
            store=store,
            **values,
        )
        keys = [records.as_uuid(row["id"]) for row in rows]
        items, parts = await self._items(keys), await self._parts(keys)
        return [
            records.to_refund(row, items.get(key, ()), parts.get(key, ())) for row, key in zip(rows, keys, strict=True)
        ]

    async def _items(self, refunds: Iterable[UUID]) -> Mapping[UUID, Sequence[RefundItem]]:
        return {
            key: [records.to_item(row) for row in rows]
            for key, rows in (await self._children("refund_item", refunds)).items()
        }

    async def _parts(self, refunds: Iterable[UUID]) -> Mapping[UUID, Sequence[RefundPart]]:
        label, store = self.app.get(OrderService).methods.label, current_store()
        return {
            key: [records.to_part(row, label(store, row["method"])) for row in rows]
            for key, rows in (await self._children("refund_part", refunds)).items()
        }

    async def _children(self, table: str, refunds: Iterable[UUID]) -> Mapping[UUID, Sequence[dict[str, Any]]]:
        found = defaultdict(list)
        keys = [*refunds]
        if keys:
            for row in await self.app.database.fetch(
                f"SELECT * FROM {table} WHERE store = :store AND refund IN :refunds ORDER BY refund, position",
                store=current_store(),
                refunds=keys,
            ):
                found[records.as_uuid(row["refund"])].append(row)
        return found


def make_cursor(created: datetime, key: UUID) -> str:
    """Return the cursor of the page that begins after this row."""
    return to_cursor([created.isoformat(), str(key)])
