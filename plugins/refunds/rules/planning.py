"""What a refund will do, exactly: which pieces, how much, and which way the money goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.i18n import _, ngettext
from guildshop.money import allocate, format_money
from guildshop.plugins.orders.api import Order, OrderLine, OrderStatus, status_label
from guildshop.plugins.orders.api.reasons import REFUNDED_BY_SHOP
from guildshop.plugins.refunds.api import (
    Funds,
    ItemRequest,
    ItemsNotLeft,
    NothingToRefund,
    PartKind,
    PlannedItem,
    PlannedPart,
    RefundMode,
    RefundPlan,
    RefundRequest,
    TooMuchToRefund,
)
from guildshop.plugins.refunds.rules.items import checked

BY_AMOUNT = frozenset({RefundMode.AMOUNT, RefundMode.BOTH})
BY_ITEMS = frozenset({RefundMode.ITEMS, RefundMode.BOTH})
CREDIT_METHOD = "store_credit"


def plan(
    order: Order, request: RefundRequest, funds: Sequence[Funds], counted: Mapping[UUID, int] | None = None
) -> RefundPlan:
    """Return what the refund will do; refuse what is not possible now.

    `funds` are where the order's money can go back to, in the order in which they are used up. `counted` is what
    items of each line counted for in earlier refunds.
    """
    _check_form(request)
    _check_order(order)
    items = _items(order, request, counted or {})
    amount = _amount(order, request, items)
    return RefundPlan(
        order=order.id,
        order_number=order.number,
        currency=order.currency,
        mode=request.mode,
        amount=amount,
        items=items,
        parts=_parts(order, amount, funds, to_credit=request.to_credit),
        reason=request.reason.strip() or REFUNDED_BY_SHOP,
        status=_status(order, amount),
        left=order.refundable - amount,
        net=min(sum(item.net for item in items), order.refundable),
    )


def paid_for_lines(order: Order) -> dict[UUID, int]:
    """Return what was paid for each line: its total less its share of the discounts, with its share of the tax."""
    totals = [line.total for line in order.lines]
    reductions = allocate(min(order.discount + order.loyalty, sum(totals)), totals)
    net = [total - reduction for total, reduction in zip(totals, reductions, strict=True)]
    taxes = allocate(order.tax, net)
    return {line.id: paid + tax for line, paid, tax in zip(order.lines, net, taxes, strict=True)}


def _check_form(request: RefundRequest) -> None:
    """Refuse a request whose parts do not fit its mode."""
    mode = request.mode
    if mode in BY_AMOUNT and request.amount is None:
        raise Invalid.field("amount", _("Give the amount to refund, in minor units such as cents."))
    if mode not in BY_AMOUNT and request.amount is not None:
        raise Invalid.field(
            "amount", _("A refund of this kind takes no amount. Leave it out, or choose “amount” or “both”.")
        )
    if mode in BY_ITEMS and not request.items:
        raise Invalid.field("items", _("Name the items that come back, like MUG:2,CAP:1."))
    if mode not in BY_ITEMS and request.items:
        raise Invalid.field(
            "items", _("A refund of this kind takes no items. Leave them out, or choose “items” or “both”.")
        )
    checked(request.items)


def _check_order(order: Order) -> None:
    """Refuse an order that was never paid, or of which nothing is left."""
    if order.paid_at is None:
        raise NothingToRefund(
            _("Order {number} is {status} and was never paid, so there is nothing to refund.").format(
                number=order.number, status=status_label(order.status)
            )
        )
    if order.refundable > 0:
        return
    if order.refund_held:
        raise NothingToRefund(
            _(
                "The rest of order {number}, {held}, is being refunded already. Wait until that is done or has failed."
            ).format(number=order.number, held=format_money(order.refund_held, order.currency))
        )
    if not order.total:
        raise NothingToRefund(
            _("Order {number} cost nothing, so there is nothing to refund.").format(number=order.number)
        )
    raise NothingToRefund(
        _("All {refunded} of order {number} were refunded already. Nothing is left.").format(
            refunded=format_money(order.refunded, order.currency), number=order.number
        )
    )


def _items(order: Order, request: RefundRequest, counted: Mapping[UUID, int]) -> tuple[PlannedItem, ...]:
    cancelled = order.status is OrderStatus.CANCELLED
    if request.mode in BY_ITEMS and cancelled:
        raise ItemsNotLeft(
            _("The items of order {number} came back when it was cancelled. Refund an amount instead.").format(
                number=order.number
            )
        )
    if request.mode in BY_ITEMS:
        wanted = _by_line(order, request.items)
    elif request.mode is RefundMode.FULL and not cancelled:
        wanted = {line.id: line.returnable for line in order.lines if line.returnable}
    else:
        return ()
    paid = paid_for_lines(order)
    return tuple(
        _planned(line, wanted[line.id], paid[line.id], counted.get(line.id, 0))
        for line in order.lines
        if line.id in wanted
    )


def _planned(line: OrderLine, quantity: int, paid: int, counted: int) -> PlannedItem:
    gone = line.returned + line.return_held
    # Rounded over all pieces that have come back, so that the pieces one by one make up the whole line.
    net = paid * (gone + quantity) // line.quantity - paid * gone // line.quantity
    return PlannedItem(
        line=line.id,
        product=line.product,
        sku=line.sku,
        name=line.name,
        quantity=quantity,
        unit_price=line.unit_price,
        amount=max(0, min(quantity * line.unit_price, paid - counted)),
        net=net,
    )


def _by_line(order: Order, items: Sequence[ItemRequest]) -> dict[UUID, int]:
    """Return how many pieces of which line come back; a product may stand in several lines."""
    wanted: dict[UUID, int] = {}
    for item in items:
        lines = [line for line in order.lines if _named(line, item.product)]
        if not lines:
            raise ItemsNotLeft(
                _("Order {number} has no product {product}. It has: {products}.").format(
                    number=order.number,
                    product=item.product[:64],
                    products=", ".join(dict.fromkeys(line.sku or line.name for line in order.lines))[:300],
                )
            )
        if any(line.id in wanted for line in lines):
            raise Invalid.field(
                "items",
                _("{product} is named twice. Name each product once, with all the pieces that come back.").format(
                    product=lines[0].sku or lines[0].name
                ),
            )
        left = item.quantity
        for line in lines:
            pieces = min(left, line.returnable)
            if pieces:
                wanted[line.id] = pieces
                left -= pieces
        if left:
            raise _too_many(order, item, lines)
    return wanted


def _too_many(order: Order, item: ItemRequest, lines: Sequence[OrderLine]) -> ItemsNotLeft:
    bought = sum(line.quantity for line in lines)
    left = sum(line.returnable for line in lines)
    return ItemsNotLeft(
        ngettext(
            "{quantity} piece of {product} cannot come back: order {number} has {bought}, of which {gone} came back"
            " or are on the way, so {left} are left.",
            "{quantity} pieces of {product} cannot come back: order {number} has {bought}, of which {gone} came back"
            " or are on the way, so {left} are left.",
            item.quantity,
        ).format(
            quantity=item.quantity,
            product=lines[0].sku or lines[0].name,
            number=order.number,
            bought=bought,
            gone=bought - left,
            left=left,
        ),
        details={"left": left},
    )


def _named(line: OrderLine, product: str) -> bool:
    if line.sku and line.sku.casefold() == product.casefold():
        return True
    try:
        key = UUID(product)
    except ValueError:
        return False
    return key in {line.product, line.id}


def _amount(order: Order, request: RefundRequest, items: Sequence[PlannedItem]) -> int:
    if request.mode is RefundMode.FULL:
        return order.refundable
    if request.mode is RefundMode.ITEMS:
        amount = min(sum(item.amount for item in items), order.refundable)
        if not amount:
            raise NothingToRefund(
                _("Nothing was paid for these items. To take them back all the same, give an amount as well.")
            )
        return amount
    amount = request.amount or 0
    if amount < 1:
        raise Invalid.field(
            "amount", _("An amount of {amount} cannot be refunded. Give at least 1.").format(amount=amount)
        )
    if amount > order.refundable:
        raise TooMuchToRefund(
            _("{amount} is more than what is left: {left} of order {number} can still be refunded.").format(
                amount=format_money(amount, order.currency),
                left=format_money(order.refundable, order.currency),
                number=order.number,
            ),
            details={"left": order.refundable},
        )
    return amount


def _parts(order: Order, amount: int, funds: Sequence[Funds], *, to_credit: bool) -> tuple[PlannedPart, ...]:
    """Split the amount over where the money came from; what came from nowhere we know is paid back by hand."""
    if to_credit:
        return (PlannedPart(PartKind.CREDIT, CREDIT_METHOD, amount),)
    parts: list[PlannedPart] = []
    left = amount
    for one in funds:
        share = min(left, one.left)
        if share > 0:
            parts.append(PlannedPart(one.kind, one.method, share, one.payment, one.label))
            left -= share
    if left:
        parts.append(PlannedPart(PartKind.MANUAL, order.payment_method, left))
    return tuple(parts)


def _status(order: Order, amount: int) -> OrderStatus:
    """Return what the order will be once nothing of the refund, and of those under way, is left to do."""
    if order.status is OrderStatus.CANCELLED:
        return OrderStatus.CANCELLED
    whole = order.refunded + order.refund_held + amount >= order.paid_total
    return OrderStatus.REFUNDED if whole else OrderStatus.PARTIALLY_REFUNDED
