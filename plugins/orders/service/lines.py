"""The lines of a draft: adding, changing, taking out, and taking over those of an earlier order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from uuid import UUID

from guildshop.errors import Invalid, Refusal
from guildshop.i18n import _, grouped
from guildshop.money import format_money
from guildshop.plugins.catalog.api import Product
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import SHIPPING_STEP, Draft, DraftLine, Order, OrderLine
from guildshop.plugins.orders.service.availability import check_line, gone, short_of, sold_to


def with_line(draft: Draft, product: Product, quantity: int) -> Draft:
    """Return the draft with the product in that quantity."""
    if product.currency != draft.currency:
        if any(line.product != product.id for line in draft.lines):
            raise Invalid(
                _("{name} is sold in {currency}, your order is in {other}. Order it separately.").format(
                    name=product.name, currency=product.currency, other=draft.currency
                )
            )
        draft = replace(draft, currency=product.currency)
    line = DraftLine(product.id, product.sku, product.name, product.ships, quantity, product.price)
    known = [one.product for one in draft.lines]
    if product.id in known:
        lines = tuple(line if one.product == product.id else one for one in draft.lines)
    elif len(known) >= rules.MAXIMUM_LINES:
        raise Invalid(
            _("One order takes at most {maximum} different products. Submit this one, then order the rest.").format(
                maximum=grouped(rules.MAXIMUM_LINES)
            )
        )
    else:
        lines = (*draft.lines, line)
    return replace(draft, lines=lines)


def without_line(draft: Draft, product: UUID) -> Draft:
    """Return the draft without that product."""
    return replace(draft, lines=tuple(line for line in draft.lines if line.product != product))


def quantity_of(draft: Draft, product: UUID) -> int:
    """Return how many pieces of a product the draft holds."""
    return next((line.quantity for line in draft.lines if line.product == product), 0)


def repeated(
    draft: Draft,
    order: Order,
    products: Mapping[UUID, Product],
    roles: Collection[int],
    already: Mapping[UUID, int],
) -> tuple[Draft, str]:
    """Return the draft with what an earlier order held, at the prices of today, and a sentence for each difference."""
    said: list[str] = []
    for line in order.lines:
        product = products.get(line.product) if line.product is not None else None
        if product is None or not sold_to(product, product.currency, roles):
            said.append(gone(line.name).message)
            continue
        try:
            draft, sentence = _repeat_line(draft, line, product, already.get(product.id, 0))
        except Refusal as refusal:
            said.append(refusal.message)
            continue
        said += [sentence] if sentence else []
        if product.price != line.unit_price or product.currency != order.currency:
            said.append(
                _("{name} now costs {price} instead of {before}.").format(
                    name=product.name,
                    price=format_money(product.price, product.currency),
                    before=format_money(line.unit_price, order.currency),
                )
            )
    if order.address is not None and draft.ship_to is None:
        address = {name: value for name, value in asdict(order.address).items() if value}
        draft = replace(draft, answers={**draft.answers, SHIPPING_STEP: address})
    method = draft.payment_method or order.payment_method
    return replace(draft, items_done=bool(draft.lines), payment_method=method), " ".join(said)


def _repeat_line(draft: Draft, line: OrderLine, product: Product, already: int) -> tuple[Draft, str]:
    """Return the draft with a line of an earlier order, as many pieces as there are, and what is short."""
    short = short_of(product, line.quantity)
    quantity = line.quantity if short is None else product.available
    if short is not None and quantity < 1:
        raise short
    check_line(product, quantity, already)
    return with_line(draft, product, quantity), "" if short is None else short.message
