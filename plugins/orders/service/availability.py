"""Whether what a draft holds can still be ordered, compared with the catalog of now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.i18n import _, grouped
from guildshop.money import format_money
from guildshop.plugins.catalog.api import OutOfStock, Product
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.orders import tables
from guildshop.plugins.orders.api import Draft, DraftLine, ProductGone

if TYPE_CHECKING:
    from guildshop.database import Work
    from guildshop.plugins.orders.service.orders import OrderService


def short_of(product: Product, quantity: int) -> OutOfStock | None:
    """Return the refusal of more pieces than there are, naming what is available; None when there are enough."""
    if not product.tracked or product.available >= quantity:
        return None
    if product.available <= 0:
        return OutOfStock(_("{name} is out of stock. Choose something else.").format(name=product.name))
    if not product.quantity_shown:
        return OutOfStock(
            _("There are fewer than {quantity} of {name}. Order fewer.").format(
                name=product.name, quantity=grouped(quantity)
            )
        )
    return OutOfStock(
        _("Only {available} of {name} are available, you asked for {quantity}. Order fewer.").format(
            available=grouped(product.available), name=product.name, quantity=grouped(quantity)
        )
    )


def gone(name: str) -> ProductGone:
    """Return the refusal of a product that is no longer sold, or not to this member."""
    return ProductGone(_("{name} is no longer available. Choose something else.").format(name=name))


def sold_to(product: Product, currency: str, roles: Collection[int]) -> bool:
    """Tell whether a product is sold to a member with these roles, in that currency."""
    return product.for_sale and product.currency == currency and product.open_to(frozenset(roles))


def list_price(product: Product, promised: int) -> int:
    """Return at what price a product is to be found in the catalog when it is promised to a buyer at another one."""
    return promised if product.list_price is None else product.list_price


def check_line(product: Product, quantity: int, already: int) -> None:
    """Refuse more pieces than there are, or than one customer may have (`already` is what they ordered before)."""
    limit = product.limit_per_customer
    if limit is not None and already + quantity > limit:
        raise Invalid.field(
            "quantity",
            _(
                "A customer may order {limit} of {name} in all; you ordered {already} before: {quantity} is too many."
            ).format(limit=grouped(limit), name=product.name, already=grouped(already), quantity=grouped(quantity)),
        )
    short = short_of(product, quantity)
    if short is not None:
        raise short


async def own_limits(orders: OrderService, draft: Draft, products: Sequence[Product]) -> Mapping[UUID, int]:
    """Return how many the customer ordered before of those products that have a limit.

    The variants of one product count together, and so do others of them in this draft. When an order is edited, what it
    holds is among those ordered before.
    """
    limited = [product for product in products if product.limit_per_customer is not None]
    if not limited:
        return {}
    families = await orders.app.get(CatalogService).families(limited)
    counted = await orders.count_ordered(draft.customer, sorted(frozenset().union(*families.values())))
    chosen = {line.product: line.quantity for line in draft.lines} if draft.order is None else {}
    return {
        product: sum(counted.get(one, 0) + (chosen.get(one, 0) if one != product else 0) for one in family)
        for product, family in families.items()
    }


def require_limit(work: Work, order_id: UUID, customer: UUID, product: Product) -> None:
    """Make the Work happen only if the customer stays within the limit of a product, this order included.

    Add it after the order's lines and the reservation: the product's row is then locked for us alone.
    """
    work.require(
        tables.Order,
        where="id = :id AND :limit >= (SELECT COALESCE(SUM(l.quantity - l.returned), 0) FROM order_line AS l"
        " JOIN orders AS o ON o.store = l.store AND o.id = l.order_id"
        " JOIN product AS p ON p.store = l.store AND p.id = l.product"
        " WHERE l.store = :store AND o.customer = :customer AND o.status NOT IN ('CANCELLED', 'REFUNDED')"
        " AND (p.id = :product OR p.id = :parent OR p.parent = :parent))",
        refusal=Invalid.field(
            "quantity",
            _("A customer may order {limit} of {name} in all, and you ordered some a moment ago. Order fewer.").format(
                limit=grouped(product.limit_per_customer or 0), name=product.name
            ),
        ),
        id=order_id,
        customer=customer,
        product=product.id,
        parent=product.parent or product.id,
        limit=product.limit_per_customer,
    )


def freshen(draft: Draft, products: Mapping[UUID, Product], roles: Collection[int]) -> tuple[Draft, str]:
    """Return the draft as the catalog allows it now, and what changed in a sentence each.

    Products that are gone are taken out and prices follow; too little stock sends the member back to the items.
    """
    lines: list[DraftLine] = []
    said: list[str] = []
    done = draft.items_done
    for line in draft.lines:
        product = products.get(line.product)
        if product is None or not sold_to(product, draft.currency, roles):
            said.append(gone(line.name).message)
            done = False
            continue
        short = short_of(product, line.quantity)
        if short is not None:
            said.append(short.message)
            done = False
        if product.price != line.unit_price:
            said.append(
                _("{name} now costs {price} instead of {before}.").format(
                    name=product.name,
                    price=format_money(product.price, draft.currency),
                    before=format_money(line.unit_price, draft.currency),
                )
            )
        lines.append(replace(line, name=product.name, sku=product.sku, ships=product.ships, unit_price=product.price))
    return replace(draft, lines=tuple(lines), items_done=done), " ".join(said)
