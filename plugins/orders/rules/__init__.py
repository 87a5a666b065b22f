"""What may happen to an order, and what it amounts to: pure, for everybody the same."""

from guildshop.plugins.orders.rules.amounts import add_up, flat_tax, shipping_choices, shipping_types_in
from guildshop.plugins.orders.rules.carriers import KNOWN, carrier_name, clean_tracking, tracking_url
from guildshop.plugins.orders.rules.moves import (
    BY_REFUND,
    MOVES,
    SHIPPABLE,
    allowed_moves,
    allowed_shipping_moves,
    check_move,
    check_shipping_move,
    check_staff_move,
)
from guildshop.plugins.orders.rules.numbers import new_number, normal_number
from guildshop.plugins.orders.rules.quantities import MAXIMUM_LINES, check_quantity, limit_quantity
from guildshop.plugins.orders.rules.quotes import FLOW_LIFE, QUOTE_LIFE, place
from guildshop.plugins.orders.rules.refunds import check_refund, net_revenue, status_after_refund
from guildshop.plugins.orders.rules.shipments import (
    MAXIMUM_SHIPMENTS,
    SENT,
    check_items,
    check_sendable,
    check_shippable,
    left_to_pack,
    never_sent,
    newly_unsent,
    nothing_left,
    overall,
    packed,
    status_by_shipments,
)

__all__ = [
    "BY_REFUND",
    "FLOW_LIFE",
    "KNOWN",
    "MAXIMUM_LINES",
    "MAXIMUM_SHIPMENTS",
    "MOVES",
    "QUOTE_LIFE",
    "SENT",
    "SHIPPABLE",
    "add_up",
    "allowed_moves",
    "allowed_shipping_moves",
    "carrier_name",
    "check_items",
    "check_move",
    "check_quantity",
    "check_refund",
    "check_sendable",
    "check_shippable",
    "check_shipping_move",
    "check_staff_move",
    "clean_tracking",
    "flat_tax",
    "left_to_pack",
    "limit_quantity",
    "net_revenue",
    "never_sent",
    "new_number",
    "newly_unsent",
    "normal_number",
    "nothing_left",
    "overall",
    "packed",
    "place",
    "shipping_choices",
    "shipping_types_in",
    "status_after_refund",
    "status_by_shipments",
    "tracking_url",
]
