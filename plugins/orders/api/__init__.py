"""The public face of the orders plugin: what an order is, how a checkout is quoted, its errors and its events."""

from guildshop.plugins.orders.api.checkout import (
    Adjustment,
    CheckoutStep,
    Choice,
    Draft,
    DraftLine,
    FormField,
    Phase,
    Question,
    Quote,
    QuoteLine,
    Totals,
)
from guildshop.plugins.orders.api.errors import (
    AlreadyPaid,
    FlowExpired,
    MoveRefused,
    PriceRose,
    ProductGone,
    QuoteExpired,
    ShopClosed,
    TooManyUnpaid,
)
from guildshop.plugins.orders.api.events import (
    OrderCancelled,
    OrderExpiryDue,
    OrderFlowExpiryDue,
    OrderPaid,
    OrderPlaced,
    OrderShippingChanged,
    OrderStatusChanged,
)
from guildshop.plugins.orders.api.flow import Screen, Stage
from guildshop.plugins.orders.api.labels import channel_label, shipping_label, status_label
from guildshop.plugins.orders.api.order import (
    Channel,
    HistoryKind,
    LineKind,
    Order,
    OrderChange,
    OrderFilter,
    OrderHistory,
    OrderLine,
    OrderNote,
    OrderStatus,
    OrderSummary,
    ShippingAddress,
    ShippingStatus,
)
from guildshop.plugins.orders.api.page import OrderAction, OrderSection
from guildshop.plugins.orders.api.payment import PAY_ITEM, PaymentMethod, PaymentMethods
from guildshop.plugins.orders.api.settings import OrdersSettings, ShippingType

MAXIMUM_QUANTITY = 10_000
"""The most pieces of one product in one order."""

NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""The letters and digits of order numbers: none that are taken for one another."""

__all__ = [
    "MAXIMUM_QUANTITY",
    "NUMBER_ALPHABET",
    "PAY_ITEM",
    "Adjustment",
    "AlreadyPaid",
    "Channel",
    "CheckoutStep",
    "Choice",
    "Draft",
    "DraftLine",
    "FlowExpired",
    "FormField",
    "HistoryKind",
    "LineKind",
    "MoveRefused",
    "Order",
    "OrderAction",
    "OrderCancelled",
    "OrderChange",
    "OrderExpiryDue",
    "OrderFilter",
    "OrderFlowExpiryDue",
    "OrderHistory",
    "OrderLine",
    "OrderNote",
    "OrderPaid",
    "OrderPlaced",
    "OrderSection",
    "OrderShippingChanged",
    "OrderStatus",
    "OrderStatusChanged",
    "OrderSummary",
    "OrdersSettings",
    "PaymentMethod",
    "PaymentMethods",
    "Phase",
    "PriceRose",
    "ProductGone",
    "Question",
    "Quote",
    "QuoteExpired",
    "QuoteLine",
    "Screen",
    "ShippingAddress",
    "ShippingStatus",
    "ShippingType",
    "ShopClosed",
    "Stage",
    "TooManyUnpaid",
    "Totals",
    "channel_label",
    "shipping_label",
    "status_label",
]
