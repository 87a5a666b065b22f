"""What may happen to an order, and what it amounts to: pure, for everybody the same."""

from guildshop.plugins.orders.rules.amounts import add_up, shipping_choices
from guildshop.plugins.orders.rules.moves import (
    BY_REFUND,
    MOVES,
    SHIPPABLE,
    allowed_moves,
    allowed_shipping_moves,
    check_move,
    check_shipping_move,
    check_staff_move,
    status_after_shipping,
)
from guildshop.plugins.orders.rules.numbers import new_number, normal_number
from guildshop.plugins.orders.rules.quantities import MAXIMUM_LINES, check_quantity, limit_quantity
from guildshop.plugins.orders.rules.quotes import FLOW_LIFE, QUOTE_LIFE, place

__all__ = [
    "BY_REFUND",
    "FLOW_LIFE",
    "MAXIMUM_LINES",
    "MOVES",
    "QUOTE_LIFE",
    "SHIPPABLE",
    "add_up",
    "allowed_moves",
    "allowed_shipping_moves",
    "check_move",
    "check_quantity",
    "check_shipping_move",
    "check_staff_move",
    "limit_quantity",
    "new_number",
    "normal_number",
    "place",
    "shipping_choices",
    "status_after_shipping",
]
