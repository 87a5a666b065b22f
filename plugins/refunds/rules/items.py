"""The items of a refund as they are typed: `MUG:2,CAP` is two pieces of MUG and one of CAP."""

from __future__ import annotations

import re
from collections.abc import Iterable

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.plugins.refunds.api import ItemRequest

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
MOST = 100


def parse_items(text: str) -> tuple[ItemRequest, ...]:
    """Return the items of `product:quantity,product:quantity`; without a quantity it is 1.

    The product is a SKU or ID. Refuses a quantity below 1, and a product that is named twice.
    """
    found: list[ItemRequest] = []
    for part in text.split(","):
        if not part.strip():
            continue
        product, colon, quantity = part.rpartition(":")
        if not colon:
            product, quantity = part, "1"
        found.append(ItemRequest(product.strip(), _quantity(product.strip(), quantity.strip())))
    if not found:
        raise Invalid.field("items", _("No items are named. Write them like MUG:2,CAP:1."))
    return checked(found)


def checked(items: Iterable[ItemRequest]) -> tuple[ItemRequest, ...]:
    """Return the items; refuse a quantity below 1, and a product that is named twice."""
    found = tuple(items)
    if len(found) > MOST:
        raise Invalid.field(
            "items",
            _("{count} items are too many for one refund. Name at most {most}.").format(count=len(found), most=MOST),
        )
    seen: set[str] = set()
    for item in found:
        if not item.product:
            raise Invalid.field("items", _("An item has no product. Write items like MUG:2,CAP:1."))
        if item.quantity < 1:
            raise Invalid.field(
                "items",
                _("{quantity} pieces of {product} cannot come back. Give a quantity of at least 1.").format(
                    quantity=item.quantity, product=item.product[:64]
                ),
            )
        if item.product.casefold() in seen:
            raise _twice(item.product)
        seen.add(item.product.casefold())
    return found


def written_items(items: Iterable[ItemRequest]) -> str:
    """Return items as they are typed."""
    return ",".join(f"{item.product}:{item.quantity}" for item in items)


def _twice(product: str) -> Invalid:
    return Invalid.field(
        "items",
        _("{product} is named twice. Name each product once, with all the pieces that come back.").format(
            product=product[:64]
        ),
    )


def _quantity(product: str, text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise Invalid.field(
            "items",
            _("“{text}” is no quantity of {product}. Write items like MUG:2,CAP:1.").format(
                text=text[:20], product=product[:64] or "–"
            ),
        )
    return int(text)
