"""How much one order takes."""

from __future__ import annotations

import re

from guildshop.errors import Invalid
from guildshop.i18n import _, grouped
from guildshop.plugins.orders.api import MAXIMUM_QUANTITY

MAXIMUM_LINES = 25
"""How many different products one order takes: as many as a Discord select can offer for removal."""

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


def check_quantity(text: str) -> int:
    """Return a quantity from what somebody typed; refuse anything but a whole number from 1 to 10,000."""
    typed = text.strip()
    if not _WHOLE_NUMBER.fullmatch(typed):
        raise Invalid.field(
            "quantity", _("“{text}” is no quantity. Give a whole number such as 2.").format(text=typed[:20])
        )
    return limit_quantity(int(typed))


def limit_quantity(quantity: int) -> int:
    """Refuse a quantity that is not between 1 and 10,000."""
    if quantity < 1:
        raise Invalid.field(
            "quantity",
            _("A quantity of {quantity} cannot be ordered. Order at least 1.").format(quantity=grouped(quantity)),
        )
    if quantity > MAXIMUM_QUANTITY:
        raise Invalid.field(
            "quantity",
            _("{quantity} pieces are more than one order takes. Order at most {maximum}.").format(
                quantity=grouped(quantity), maximum=grouped(MAXIMUM_QUANTITY)
            ),
        )
    return quantity
