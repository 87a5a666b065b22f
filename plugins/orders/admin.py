"""Orders in Piccolo Admin: a few fields are changed through the service, everything else is to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Refusal
from guildshop.hookspecs import AdminSection
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import OrderChange, OrderStatus, ShippingStatus
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.orders.tables import Order, OrderAdjustment, OrderHistory, OrderLine, OrderNote
from guildshop.web.admin import service_table

if TYPE_CHECKING:
    from guildshop.app import App

READ = "order.read"
EDITABLE = [Order.status, Order.shipping_status, Order.carrier, Order.tracking_number, Order.notes]


def admin_section(app: App) -> AdminSection:
    """Return the section of orders; flows in progress are nobody's business."""

    async def patch(actor: Actor, order_id: UUID, changes: dict[str, Any], version: int | None) -> None:
        await app.get(OrderService).change(actor, order_id, to_change(changes), version=version)

    async def delete(actor: Actor, order_id: UUID) -> str:
        actor.require(READ)
        order = await app.get(OrderService).get(order_id)
        raise Refusal(
            _("Orders are not deleted here. Open /admin/order/{number}, and consider cancelling instead.").format(
                number=order.number
            )
        )

    orders = service_table(
        Order,
        read=READ,
        visible=[Order.number, Order.status, Order.shipping_status, Order.payment_method, Order.total, Order.created],
        hidden=[Order.draft],
        editable=EDITABLE,
        on_patch=patch,
        on_delete=delete,
        order_by=[Order.created],
        newest_first=True,
        link=Order.number,
    )
    others = [
        service_table(OrderLine, read=READ, order_by=[OrderLine.order_id, OrderLine.position]),
        service_table(OrderAdjustment, read=READ, order_by=[OrderAdjustment.order_id, OrderAdjustment.position]),
        service_table(OrderHistory, read=READ, order_by=[OrderHistory.at], newest_first=True),
        service_table(OrderNote, read=READ, order_by=[OrderNote.at], newest_first=True),
    ]
    return AdminSection(lazy("Orders"), [orders, *others])


def to_change(changes: dict[str, Any]) -> OrderChange:
    """Return the fields of the form that differ as a change of the order."""
    texts = {name: changes[name] or "" for name in ("carrier", "tracking_number", "notes") if name in changes}
    shipping = changes.get("shipping_status")
    if "shipping_status" in changes and not shipping:
        raise Refusal(_("A shipping status cannot be taken away. Choose one, then save again."))
    return OrderChange(
        status=OrderStatus(changes["status"]) if changes.get("status") else None,
        shipping_status=ShippingStatus(shipping) if shipping else None,
        **texts,
    )
