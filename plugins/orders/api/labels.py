"""What statuses and channels are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from guildshop.i18n import _, lazy
from guildshop.plugins.orders.api.order import Channel, OrderStatus, ShippingStatus

STATUS_LABELS: Mapping[OrderStatus, str] = MappingProxyType(
    {
        OrderStatus.PENDING_PAYMENT: lazy("Pending payment"),
        OrderStatus.PAID: lazy("Paid"),
        OrderStatus.FULFILLING: lazy("Fulfilling"),
        OrderStatus.SHIPPED: lazy("Shipped"),
        OrderStatus.COMPLETE: lazy("Complete"),
        OrderStatus.CANCELLED: lazy("Cancelled"),
        OrderStatus.REFUNDED: lazy("Refunded"),
        OrderStatus.PARTIALLY_REFUNDED: lazy("Partially refunded"),
    }
)

SHIPPING_LABELS: Mapping[ShippingStatus, str] = MappingProxyType(
    {
        ShippingStatus.PENDING: lazy("Not shipped yet"),
        ShippingStatus.LABEL_CREATED: lazy("Label created"),
        ShippingStatus.SHIPPED: lazy("Shipped"),
        ShippingStatus.DELIVERED: lazy("Delivered"),
        ShippingStatus.FAILED: lazy("Delivery failed"),
    }
)


CHANNEL_LABELS: Mapping[Channel, str] = MappingProxyType(
    {
        Channel.DISCORD: lazy("Discord"),
        Channel.WEB: lazy("Web"),
        Channel.API: lazy("API"),
        Channel.IMPORT: lazy("Import"),
    }
)


def status_label(status: OrderStatus) -> str:
    """Return the status as a reader of the current language knows it."""
    return _(STATUS_LABELS[status])


def shipping_label(status: ShippingStatus) -> str:
    """Return the shipping status as a reader of the current language knows it."""
    return _(SHIPPING_LABELS[status])


def channel_label(channel: Channel) -> str:
    """Return where an order was made, as a reader of the current language knows it."""
    return _(CHANNEL_LABELS[channel])
