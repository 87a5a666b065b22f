"""What a refund and a return may do: pure, the same for every entrance."""

from guildshop.plugins.refunds.rules.items import parse_items, written_items
from guildshop.plugins.refunds.rules.planning import paid_for_lines, plan
from guildshop.plugins.refunds.rules.retrying import (
    LONGEST_WAIT,
    SOONEST_LOOK,
    wait_after_refusal,
    wait_for_processor,
    wait_to_look_again,
)
from guildshop.plugins.refunds.rules.returning import check_return, check_returnable, return_move, returnable_until

__all__ = [
    "LONGEST_WAIT",
    "SOONEST_LOOK",
    "check_return",
    "check_returnable",
    "paid_for_lines",
    "parse_items",
    "plan",
    "return_move",
    "returnable_until",
    "wait_after_refusal",
    "wait_for_processor",
    "wait_to_look_again",
    "written_items",
]
