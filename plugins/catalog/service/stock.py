"""Stock: two counters on the product, and a ledger whose rows add up to them.

What is not tracked is counted all the same, but never runs out. Methods that take a Work join it: the counter moves
only if its guard holds, and the ledger row is written in the same unit.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, Refusal, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import (
    PRODUCT_READ,
    PRODUCT_UPDATE,
    BackInStock,
    MovementKind,
    OutOfStock,
    Product,
    StockLow,
    StockMovement,
)
from guildshop.plugins.catalog.rules import check_change, check_quantity, clean, stock_state
from guildshop.plugins.catalog.service.browsing import Browsing
from guildshop.plugins.catalog.service.records import MOVEMENT_COLUMNS, movement_of
from guildshop.plugins.catalog.tables import Product as ProductTable
from guildshop.plugins.catalog.tables import StockMovement as MovementTable

if TYPE_CHECKING:
    from guildshop.database import Work

REASON_LIMIT = 500

_STATE = (
    "(CASE WHEN NOT tracked THEN 'OK' WHEN available <= 0 THEN 'OUT'"
    " WHEN low_stock_at IS NOT NULL AND available <= low_stock_at THEN 'LOW' ELSE 'OK' END)"
)


class Stock(Browsing):
    """Every way in which stock changes."""

    # Joining a Work

    def reserve(
        self, work: Work, product_id: UUID, quantity: int, order_id: UUID, refusal: Refusal | None = None
    ) -> None:
        """Set pieces aside for an order; `refusal` when fewer are available of a tracked product."""
        work.guard(
            ProductTable,
            set="available = available - :quantity, reserved = reserved + :quantity",
            where="id = :id AND CASE WHEN tracked THEN available >= :quantity ELSE TRUE END",
            refusal=refusal or OutOfStock(_("This was just sold out. Look at /catalog for what is left.")),
            id=product_id,
            quantity=check_quantity(quantity),
        )
        move(work, product_id, MovementKind.RESERVE, -quantity, quantity, order_id)

    def require_for_sale(self, work: Work, product_id: UUID, price: int, currency: str, refusal: Refusal) -> None:
        """Make the Work happen only if the product is still for sale, at that price or less."""
        work.require(
            ProductTable,
            where="id = :id AND active AND published AND price <= :price AND currency = :currency",
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

    # Staff

    async def restock(self, actor: Actor, product_id: UUID, quantity: int, reason: str = "") -> Product:
        """Add pieces that arrived, 1 to 10,000 at once."""
        actor.require(PRODUCT_UPDATE)
        check_quantity(quantity)
        product = await self._product(actor.store, product_id)
        _require_tracked(product)
        async with self.app.work(actor) as work:
            work.guard(
                ProductTable,
                set="available = available + :quantity",
                where="id = :id AND tracked",
                refusal=_changed(product),
                id=product_id,
                quantity=quantity,
            )
            move(work, product_id, MovementKind.RESTOCK, quantity, 0, None, _reason(reason))
            work.audit("stock.restock", subject="product", subject_id=product_id, after={"quantity": quantity})
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
            _("{product} has {available} pieces available, so {change} cannot be taken off.").format(
                product=product.name, available=product.available, change=-change
            ),
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
        actor.require(PRODUCT_READ)
        await self._product(actor.store, product_id)
        rows = await self.app.database.fetch(
            f"SELECT {MOVEMENT_COLUMNS} FROM stock_movement WHERE store = :store AND product = :product"
            " ORDER BY created DESC, id DESC LIMIT :size",
            store=actor.store,
            product=product_id,
            size=min(max(limit, 1), 200),
        )
        return [movement_of(row) for row in rows]

    # Telling others

    async def watch_stock(self, store: int) -> None:
        """Announce every product of the store whose stock became low, ran out or came back; a timer calls it."""
        await self._announce(store, f"stock_state <> {_STATE}", {})

    async def announce(self, store: int, product_id: UUID) -> None:
        """Announce one product at once if its stock became low, ran out or came back."""
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


def move(
    work: Work,
    product_id: UUID,
    kind: MovementKind,
    available: int,
    reserved: int,
    order_id: UUID | None = None,
    reason: str = "",
) -> None:
    """Write a row of the ledger; whoever calls changes the counters in the same unit."""
    work.insert(
        MovementTable,
        id=new_id(),
        product=product_id,
        kind=kind.value,
        available_change=available,
        reserved_change=reserved,
        order_id=order_id,
        actor=actor_text(work.actor),
        reason=reason,
        created=work.now,
    )


def actor_text(actor: Actor) -> str:
    """Return who changed the stock, as the ledger keeps it: kind and ID."""
    return f"{actor.kind.value}:{actor.id}"[:120]


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
