"""What a refund and a return may do: pure, the same for every entrance."""

from guildshop.plugins.refunds.rules.items import parse_items, written_items
from guildshop.plugins.refunds.rules.planning import paid_for_lines, plan
from guildshop.plugins.refunds.rules.retrying import LONGEST_WAIT, wait_after_refusal, wait_for_processor
from guildshop.plugins.refunds.rules.returning import check_return, check_returnable, return_move, returnable_until

__all__ = [
    "LONGEST_WAIT",
    "check_return",
    "check_returnable",
    "paid_for_lines",
    "parse_items",
    "plan",
    "return_move",
    "returnable_until",
    "wait_after_refusal",
    "wait_for_processor",
    "written_items",
]
