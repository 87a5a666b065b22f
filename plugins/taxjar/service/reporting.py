"""Telling TaxJar of orders once they are paid, and of refunds: from deliveries, as often as it takes, once each."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Stale
from guildshop.events import Delivery
from guildshop.money import parse_money
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Order, OrderPaid, OrderRefunded
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.taxjar import rules, tables
from guildshop.plugins.taxjar.api import (
    PLUGIN,
    Report,
    ReportKind,
    TaxJarFailure,
    TaxJarKnown,
    TaxJarSettings,
)
from guildshop.plugins.taxjar.service.registry import Registry
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.plugins.taxjar.api import TaxAddress


class _Told(Stale):
    """Another delivery told TaxJar meanwhile."""


class Reporting(Registry):
    """Transactions at TaxJar."""

    async def report_order(self, event: OrderPaid, delivery: Delivery) -> None:
        """Tell TaxJar of a paid order, if it worked out the tax."""
        order = await self.app.get(OrderService).get(event.order)
        await self._report_order(order, delivery.actor)

    async def report_refund(self, event: OrderRefunded, delivery: Delivery) -> None:
        """Tell TaxJar of a refund, of the order first if that was not done yet."""
        order = await self.app.get(OrderService).get(event.order)
        if not await self._report_order(order, delivery.actor) or await self._has(str(event.refund)):
            return
        settings, shop = self._account()
        codes, exemption = await self._facts(order)
        body = rules.refund_transaction(order, event, delivery.occurred_at, shop, codes, exemption)
        with suppress(TaxJarKnown):
            await self.client.create_refund(settings, body)
        await self._keep(delivery.actor, order, ReportKind.REFUND, body)

    async def reports(self, order: UUID) -> Sequence[Report]:
        """Return what TaxJar was told of an order, oldest first."""
        rows = await self.app.database.fetch(
            "SELECT * FROM taxjar_report WHERE store = :store AND order_id = :order ORDER BY created, id",
            store=current_store(),
            order=order,
        )
        return [
            Report(
                kind=ReportKind(row["kind"]),
                transaction_id=row["transaction_id"],
                amount=row["amount"],
                shipping=row["shipping"],
                sales_tax=row["sales_tax"],
                created=row["created"],
            )
            for row in rows
        ]

    # Within

    async def _report_order(self, order: Order, actor: Actor) -> bool:
        """Tell TaxJar of an order unless it was told; False for one whose tax it did not work out."""
        if await self._has(rules.transaction_id(order)):
            return True
        if order.tax_place is None or not any(one.plugin == PLUGIN for one in order.adjustments):
            return False
        settings, shop = self._account()
        codes, exemption = await self._facts(order)
        body = rules.order_transaction(order, shop, codes, exemption)
        with suppress(TaxJarKnown):
            await self.client.create_order(settings, body)
        await self._keep(actor, order, ReportKind.ORDER, body)
        return True

    def _account(self) -> tuple[TaxJarSettings, TaxAddress]:
        settings = self.app.stores.settings(current_store(), TaxJarSettings)
        if settings.from_address is None or not settings.has_key:
            message = "The store's account with TaxJar is not set up any more. Set api_key and from_address again."
            raise TaxJarFailure(message)
        return settings, settings.from_address

    async def _facts(self, order: Order) -> tuple[dict[UUID, str], str]:
        products = [line.product for line in order.lines if line.product is not None]
        return await self.codes(products), await self.exemption(order.customer)

    async def _has(self, transaction_id: str) -> bool:
        row = await self.app.database.fetch_one(
            "SELECT id FROM taxjar_report WHERE store = :store AND transaction_id = :id",
            store=current_store(),
            id=transaction_id,
        )
        return row is not None

    async def _keep(self, actor: Actor, order: Order, kind: ReportKind, body: dict[str, Any]) -> None:
        """Write down what TaxJar has now. If that fails, TaxJar is told once more, and says that it has it."""
        amounts = {name: parse_money(str(body[name]), order.currency) for name in ("amount", "shipping", "sales_tax")}
        with suppress(_Told):
            async with self.app.work(actor) as work:
                work.insert(
                    tables.TaxjarReport,
                    conflict=_Told(str(body["transaction_id"])),
                    id=new_id(),
                    order_id=order.id,
                    kind=kind.value,
                    transaction_id=str(body["transaction_id"]),
                    currency=order.currency,
                    created=work.now,
                    **amounts,
                )
