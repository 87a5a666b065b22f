"""Stock: two counters on the product, and a ledger whose rows add up to them.

What is not tracked is counted all the same, but never runs out. Methods that take a Work join it: the counter moves
only if its guard holds, and the ledger row is written in the same unit.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Invalid, Refusal, Stale
from guildshop.i18n import _, ngettext
from guildshop.paging import Slice, time_and_id, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import (
    PRODUCT_READ,
    PRODUCT_UPDATE,
    BackInStock,
    Hold,
    MovementKind,
    OutOfStock,
    Product,
    StockLow,
    StockMovement,
)
from guildshop.plugins.catalog.rules import check_change, check_quantity, clean, stock_state
from guildshop.plugins.catalog.service.ledger import move
from guildshop.plugins.catalog.service.records import MOVEMENT_COLUMNS, movement_of
from guildshop.plugins.catalog.service.waiting import WaitingList
from guildshop.plugins.catalog.tables import Product as ProductTable
from guildshop.plugins.catalog.tables import Waitlist as WaitTable

if TYPE_CHECKING:
    from guildshop.database import Work

REASON_LIMIT = 500

_STATE = (
    "(CASE WHEN NOT tracked THEN 'OK' WHEN available <= 0 THEN 'OUT'"
    " WHEN low_stock_at IS NOT NULL AND available <= low_stock_at THEN 'LOW' ELSE 'OK' END)"
)


class Stock(WaitingList):
    """Every way in which stock changes."""

    # Joining a Work

    def reserve(
        self,
        work: Work,
        product_id: UUID,
        quantity: int,
        order_id: UUID,
        refusal: Refusal | None = None,
        *,
        hold: Hold | None = None,
    ) -> None:
        """Set pieces aside for an order; `refusal` when fewer are available of a tracked product.

        What others wait for is not available. With the buyer's own `hold`, the piece held for them is the first one.
        """
        short = refusal or OutOfStock(_("This was just sold out. Look at /catalog for what is left."))
        check_quantity(quantity)
        if hold is not None:
            self._reserve_held(work, hold, quantity, order_id, short)
            return
        work.guard(
            ProductTable,
            set="available = available - :quantity, reserved = reserved + :quantity",
            where="id = :id AND CASE WHEN tracked THEN available - waiting >= :quantity ELSE TRUE END",
            refusal=short,
            id=product_id,
            quantity=quantity,
        )
        move(work, product_id, MovementKind.RESERVE, -quantity, quantity, order_id)

    def _reserve_held(self, work: Work, hold: Hold, quantity: int, order_id: UUID, short: Refusal) -> None:
        more = quantity - hold.quantity
        enough = " AND CASE WHEN tracked THEN available - waiting >= :more ELSE TRUE END" if more > 0 else ""
        work.guard(
            ProductTable,
            set="available = available - :more, reserved = reserved + :more",
            where=f"id = :id{enough}",
            refusal=short,
            id=hold.product,
            more=more,
        )
        work.guard(
            WaitTable,
            set="state = 'USED', order_id = :order_id",
            where="id = :id AND state = 'HELD' AND held_until > :now",
            refusal=short,
            id=hold.id,
            order_id=order_id,
        )
        move(work, hold.product, MovementKind.RELEASE, hold.quantity, -hold.quantity, None, _("Hold used"))
        move(work, hold.product, MovementKind.RESERVE, -quantity, quantity, order_id)

    def lock_family(self, work: Work, parent: UUID) -> None:
        """Let no other Work count the variants of a product until this one has happened."""
        work.guard(ProductTable, set="variants = variants", where="id = :id", id=parent)

    def require_for_sale(self, work: Work, product_id: UUID, price: int, currency: str, refusal: Refusal) -> None:
        """Make the Work happen only if the product is still for sale, at that price or less."""
        work.require(
            ProductTable,
            where="id = :id AND active AND published AND variants = 0 AND price <= :price AND currency = :currency",
            refusal=refusal,
            id=product_id,
            price=price,
            currency=currency,
        )

    def release(self, work: Work, product_id: UUID, quantity: int, order_id: UUID, reason: str = "") -> None:
        """Give back pieces that were set aside for an order that is not paid."""
        self._unreserve(work, product_id, quantity, "available = available + :quantity, ")
        move(work, product_id, MovementKind.RELEASE, quantity, -quantity, order_id, reason)

    def sell(self, work: Work, product_id: UUID, quantity: int, order_id: UUID) -> None:
        """Take pieces that were set aside out of the shop: their order is paid."""
        self._unreserve(work, product_id, quantity, "")
        move(work, product_id, MovementKind.SALE, 0, -quantity, order_id)

    def return_stock(self, work: Work, product_id: UUID, quantity: int, order_id: UUID, reason: str = "") -> None:
        """Put pieces of a paid order back on the shelf."""
        work.guard(
            ProductTable,
            set="available = available + :quantity",
            where="id = :id",
            id=product_id,
            quantity=check_quantity(quantity),
        )
        move(work, product_id, MovementKind.RETURN, quantity, 0, order_id, reason)

    def restock_in(self, work: Work, product: Product, quantity: int, reason: str = "") -> None:
        """Add pieces of a tracked product that arrived; call `announce` once the Work has happened."""
        check_quantity(quantity)
        _require_tracked(product)
        work.guard(
            ProductTable,
            set="available = available + :quantity",
            where="id = :id AND tracked",
            refusal=_changed(product),
            id=product.id,
            quantity=quantity,
        )
        move(work, product.id, MovementKind.RESTOCK, quantity, 0, None, _reason(reason))
        work.audit("stock.restock", subject="product", subject_id=product.id, after={"quantity": quantity})

    # Staff

    async def restock(self, actor: Actor, product_id: UUID, quantity: int, reason: str = "") -> Product:
        """Add pieces that arrived, 1 to 10,000 at once."""
        actor.require(PRODUCT_UPDATE)
        check_quantity(quantity)
        product = await self._product(actor.store, product_id)
        _require_tracked(product)
        async with self.app.work(actor) as work:
            self.restock_in(work, product, quantity, reason)
        await self.announce(actor.store, product_id)
        return await self._product(actor.store, product_id)

    async def adjust(self, actor: Actor, product_id: UUID, change: int, reason: str) -> Product:
        """Correct the stock up or down, with a reason; never below zero."""
        actor.require(PRODUCT_UPDATE)
        check_change(change)
        if not reason.strip():
            raise Invalid.field("reason", _("An adjustment needs a reason. Say what happened."))
        product = await self._product(actor.store, product_id)
        _require_tracked(product)
        short = OutOfStock(
            ngettext(
                "{product} has {available} piece available, so {change} cannot be taken off.",
                "{product} has {available} pieces available, so {change} cannot be taken off.",
                product.available,
            ).format(product=product.name, available=product.available, change=-change),
            details={"available": product.available},
        )
        async with self.app.work(actor) as work:
            work.guard(
                ProductTable,
                set="available = available + :change",
                where="id = :id AND tracked AND available + :change >= 0",
                refusal=short,
                id=product_id,
                change=change,
            )
            move(work, product_id, MovementKind.ADJUSTMENT, change, 0, None, _reason(reason))
            work.audit(
                "stock.adjust", subject="product", subject_id=product_id, after={"change": change}, note=reason.strip()
            )
        await self.announce(actor.store, product_id)
        return await self._product(actor.store, product_id)

    async def movements(self, actor: Actor, product_id: UUID, *, limit: int = 50) -> list[StockMovement]:
        """Return the latest rows of a product's ledger, newest first."""
        return list((await self.stock_history(actor, product_id, limit=limit)).items)

    async def stock_history(
        self, actor: Actor, product_id: UUID, *, cursor: str = "", limit: int = 50
    ) -> Slice[StockMovement]:
        """Return rows of a product's ledger, newest first, `limit` after the cursor."""
        actor.require(PRODUCT_READ)
        await self._product(actor.store, product_id)
        where, values = "store = :store AND product = :product", dict[str, Any](store=actor.store, product=product_id)
        if cursor:
            values["when"], values["last"] = time_and_id(cursor)
            where += " AND (created < :when OR (created = :when AND id < :last))"
        size = min(max(limit, 1), 200)
        rows = await self.app.database.fetch(
            f"SELECT {MOVEMENT_COLUMNS} FROM stock_movement WHERE {where} ORDER BY created DESC, id DESC LIMIT :size",
            size=size + 1,
            **values,
        )
        found = [movement_of(row) for row in rows[:size]]
        more = len(rows) > size
        return Slice(found, to_cursor([found[-1].created.isoformat(), str(found[-1].id)]) if more else "")

    # Telling others

    async def watch_stock(self, store: int) -> None:
        """Give what came back to those who wait, then announce what became low, ran out or came back; for a timer."""
        await self.end_barred_holds(store)
        await self.serve_all(store)
        await self._announce(store, f"stock_state <> {_STATE}", {})

    async def announce(self, store: int, product_id: UUID) -> None:
        """Give what came back of one product to those who wait, then announce it if its stock became another."""
        await self.serve(store, product_id)
        await self._announce(store, f"id = :id AND stock_state <> {_STATE}", {"id": product_id})

    async def _announce(self, store: int, where: str, values: dict[str, Any]) -> None:
        rows = await self.app.database.fetch(
            f"SELECT id, tracked, available, low_stock_at, stock_state FROM product WHERE store = :store AND {where}",
            store=store,
            **values,
        )
        for row in rows:
            new = stock_state(bool(row["tracked"]), row["available"], row["low_stock_at"])
            with suppress(Stale):  # Another process announced it.
                async with self.app.work(Actor.system(store, "catalog.stock")) as work:
                    work.guard(
                        ProductTable,
                        set="stock_state = :new",
                        where="id = :id AND stock_state = :old",
                        refusal=Stale(""),
                        id=row["id"],
                        new=new,
                        old=row["stock_state"],
                    )
                    if new != "OK" and row["low_stock_at"] is not None and row["stock_state"] != "OUT":
                        work.record(StockLow(row["id"], row["available"]))
                    if row["stock_state"] == "OUT":
                        work.record(BackInStock(row["id"], row["available"]))

    def _unreserve(self, work: Work, product_id: UUID, quantity: int, also: str) -> None:
        work.guard(
            ProductTable,
            set=f"{also}reserved = reserved - :quantity",
            where="id = :id AND reserved >= :quantity",
            refusal=Refusal(
                _("Fewer pieces are reserved than this order holds. Nothing was changed; ask an admin to run /doctor.")
            ),
            id=product_id,
            quantity=check_quantity(quantity),
        )


def _require_tracked(product: Product) -> None:
    if not product.tracked:
        raise Refusal(
            _("The stock of {product} is not tracked. Switch tracking on for it in the admin first.").format(
                product=product.name
            )
        )


def _changed(product: Product) -> Stale:
    return Stale(_("{product} was changed in the meantime. Look at it again.").format(product=product.name))


def _reason(text: str) -> str:
    return clean("reason", _("Reason"), text, REASON_LIMIT)
