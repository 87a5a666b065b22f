"""Changing the items of an unpaid order: amounts, tax and reservations follow, through the steps of the checkout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import OutOfStock, Product
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules, tables
from guildshop.plugins.orders.api import (
    PLACE_STEP,
    SHIPPING_STEP,
    Draft,
    DraftLine,
    HistoryKind,
    LineKind,
    MoveRefused,
    Order,
    OrderEdited,
    OrderLine,
    OrderStatus,
    Phase,
    Quote,
    QuoteLine,
    Releases,
    ShippingStatus,
    WantedItem,
    status_label,
)
from guildshop.plugins.orders.service.availability import check_line, gone, list_price, own_limits, require_limit
from guildshop.plugins.orders.service.checkout import CheckoutService
from guildshop.plugins.orders.service.deciding import check_version, stale
from guildshop.plugins.orders.service.invoices import Invoices
from guildshop.plugins.orders.service.orders import OrderService
from guildshop.plugins.orders.service.rows import add_history, adjustment_columns, line_columns
from guildshop.plugins.orders.service.shipping import TYPE
from guildshop.plugins.orders.service.staffing import StaffOrders, check_lines

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

UPDATE = "order.update"
MAXIMUM_POSITION = 1_000_000
"""After every line there is: where new ones stand."""
_AMOUNTS = ("subtotal", "discount", "loyalty", "shipping", "tax", "total", "credit", "due")


class OrderEditing:
    """Changing what an unpaid order holds."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def set_items(
        self, actor: Actor, reference: UUID | str, items: Sequence[WantedItem], *, version: int | None = None
    ) -> Order:
        """Give an unpaid order these items: what it had keeps its price, what is new has today's."""
        actor.require(UPDATE)
        orders = self.app.get(OrderService)
        order = await orders.get(reference)
        check_version(order, version)

        async def attempt(current: Order) -> None:
            await self._attempt(actor, current, items)

        if version is not None:
            await attempt(order)
            return await orders.get(order.id)
        return await orders.again(order.id, attempt)

    async def preview(
        self, actor: Actor, reference: UUID | str, items: Sequence[WantedItem], *, version: int | None = None
    ) -> Quote:
        """Return what the order would come to with these items, refusing what `set_items` would refuse of them."""
        actor.require(UPDATE)
        order = await self.app.get(OrderService).get(reference)
        check_version(order, version)
        quote, _grown = await self._quote(order, items)
        return quote

    async def _attempt(self, actor: Actor, order: Order, items: Sequence[WantedItem]) -> None:
        quote, grown = await self._quote(order, items)
        before, after = _pieces(order.lines), _pieces(quote.lines)
        if before == after:
            return
        async with self.app.work(actor) as work:
            self._write(work, order, quote, before, after, {product.id: product for product in grown})
            self._keep_limits(work, order, grown)

    async def _quote(self, order: Order, items: Sequence[WantedItem]) -> tuple[Quote, list[Product]]:
        """Return what the order comes to with these items, and the products of which it would hold more."""
        await self._check_editable(order)
        draft = await self._draft(order, items)
        grown = await self._check_available(order, draft, _pieces(order.lines))
        self._check_way(order, draft)
        quote = await self.app.get(CheckoutService).checkout.quote(draft)
        if not quote.totals.due:
            raise Invalid.field(
                "items", _("With these items nothing would be due. Confirm the payment, or cancel the order instead.")
            )
        return quote, grown

    async def _check_editable(self, order: Order) -> None:
        if order.status is not OrderStatus.PENDING_PAYMENT:
            raise MoveRefused(
                _("Order {number} is {status}: only the items of an unpaid order can change. Use a refund.").format(
                    number=order.number, status=status_label(order.status)
                )
            )
        if order.imported:
            raise MoveRefused(_("Order {number} was imported: its items stay as they are.").format(number=order.number))
        invoice = await self.app.get(Invoices).of(order.id)
        if invoice is not None:
            raise MoveRefused(
                _("Order {number} has the invoice {invoice}: its items stay as they are. Cancel it instead.").format(
                    number=order.number, invoice=invoice.label
                )
            )

    async def _draft(self, order: Order, items: Sequence[WantedItem]) -> Draft:
        """Return the order as a draft with the new items, priced as promised."""
        staff = self.app.get(StaffOrders)
        roles = await staff.roles_of(await self.app.get(CustomerService).get(order.customer))
        known = {key: line for line in order.lines if line.product for key in (line.sku, str(line.product))}
        lines: dict[UUID, DraftLine] = {}
        for item in items:
            if not item.quantity:
                continue
            quantity = rules.limit_quantity(item.quantity)
            line = known.get(item.product)
            if line is not None and line.product is not None:
                ships = line.kind is LineKind.SHIPPED
                made = DraftLine(line.product, line.sku, line.name, ships, quantity, line.unit_price)
            else:
                made = _line(await staff.find(order.customer, item.product, roles), quantity, order)
            if made.product in lines:
                raise Invalid.field("items", _("{name} is named twice. Name each once.").format(name=made.name))
            lines[made.product] = made
        check_lines(len(lines))
        # In the order in which the rows stand: amounts fall on lines by their place.
        places = {line.product: line.position for line in order.lines}
        ordered = sorted(lines.values(), key=lambda line: places.get(line.product, MAXIMUM_POSITION))
        now = self.app.now()
        return Draft(
            id=order.id,
            store=order.store,
            member=order.customer_discord_id or 0,
            customer=order.customer,
            currency=order.currency,
            lines=tuple(ordered),
            answers=_answers(order, ordered),
            payment_method=order.payment_method,
            recipient=order.recipient_discord_id,
            items_done=True,
            updated=now,
            expires=now,
            version=order.version,
            roles=roles,
            order=order.id,
        )

    async def _check_available(self, order: Order, draft: Draft, before: Mapping[UUID, int]) -> list[Product]:
        """Refuse more pieces than there are, or than the customer may have; return the products that grow in number."""
        orders = self.app.get(OrderService)
        products = await self.app.get(CatalogService).get_many(
            [line.product for line in draft.lines], customer=order.customer
        )
        already = await own_limits(orders, draft, list(products.values()))
        if any(line.ships for line in draft.lines) and order.address is None and draft.ship_to is None:
            raise Invalid.field(
                "items",
                _("Order {number} has no address, so that nothing that ships can be added. Make another order.").format(
                    number=order.number
                ),
            )
        grown: list[Product] = []
        for line in draft.lines:
            had = before.get(line.product, 0)
            product = products.get(line.product)
            if line.quantity > had:
                if product is None or not product.for_sale or product.closed:
                    raise gone(line.name)
                # What it holds already counts as ordered before.
                check_line(product, line.quantity - had, already.get(line.product, 0))
                grown.append(product)
        return grown

    def _check_way(self, order: Order, draft: Draft) -> None:
        """Refuse to send for nothing what goes in a way that the shop has taken off since."""
        if draft.ship_to is not None and self.app.get(CheckoutService).checkout.shipping.chosen(draft) is None:
            raise MoveRefused(
                _(
                    "Order {number} is sent by “{way}”, which the shop does not offer any more, so that its shipping"
                    " cannot be worked out anew. Make another order."
                ).format(number=order.number, way=order.shipping_type)
            )

    def _keep_limits(self, work: Work, order: Order, grown: Sequence[Product]) -> None:
        """Keep this and another order at once from going over a limit that each alone keeps."""
        limited = [product for product in grown if product.limit_per_customer is not None]
        for parent in sorted({product.parent for product in limited if product.parent is not None}):
            self.app.get(CatalogService).lock_family(work, parent)
        for product in limited:
            require_limit(work, order.id, order.customer, product)

    def _write(
        self,
        work: Work,
        order: Order,
        quote: Quote,
        before: Mapping[UUID, int],
        after: Mapping[UUID, int],
        grown: Mapping[UUID, Product],
    ) -> None:
        ships = any(line.ships for line in quote.lines)
        amounts = {name: getattr(quote.totals, name) for name in _AMOUNTS}
        work.guard(
            tables.Order,
            set=", ".join(f"{name} = :{name}" for name in amounts)
            + ", shipping_status = :shipping_status, shipping_type = :shipping_type, address = :address,"
            " updated = :now, version = version + 1",
            where="id = :id AND version = :version AND status = 'PENDING_PAYMENT'",
            refusal=stale(order),
            id=order.id,
            version=order.version,
            shipping_status=ShippingStatus.PENDING.value if ships else None,
            shipping_type=quote.shipping_type,
            address=dict(quote.address) or (None if order.address is None else asdict(order.address)),
            **amounts,
        )
        self._move_stock(work, order, quote, before, after, grown)
        steps = self.app.get(CheckoutService).checkout.steps(order.store)
        again = [step for _plugin, step in steps if isinstance(step, Releases)]
        for step in again:
            step.release(order.id, work)
        _replace_rows(work, order, quote)
        for step in again:
            step.claim(quote, order.id, work)
        told = ", ".join(f"{line.quantity} × {line.name}" for line in quote.lines)
        add_history(
            work,
            order.id,
            HistoryKind.EDITED,
            before=format_money(order.total, order.currency),
            after=format_money(quote.totals.total, order.currency),
            text=told[:2000],
        )
        work.audit(
            "order.edit",
            subject="order",
            subject_id=order.id,
            before={"total": order.total, "lines": {line.sku: line.quantity for line in order.lines}},
            after={"total": quote.totals.total, "lines": {line.sku: line.quantity for line in quote.lines}},
            note=order.number,
        )
        work.record(OrderEdited(order.id, quote.totals.due))

    def _move_stock(
        self,
        work: Work,
        order: Order,
        quote: Quote,
        before: Mapping[UUID, int],
        after: Mapping[UUID, int],
        grown: Mapping[UUID, Product],
    ) -> None:
        """Reserve and release the difference, in one sequence for everybody."""
        catalog = self.app.get(CatalogService)
        lines = {line.product: line for line in quote.lines}
        for product in sorted(before.keys() | after.keys()):
            more = after.get(product, 0) - before.get(product, 0)
            if more > 0:
                name = lines[product].name
                short = OutOfStock(_("{name} was bought by somebody else just now.").format(name=name))
                catalog.reserve(work, product, more, order.id, short)
                if product not in before:
                    price = list_price(grown[product], lines[product].unit_price)
                    catalog.require_for_sale(work, product, price, order.currency, gone(name))
            elif more < 0:
                catalog.release(work, product, -more, order.id)


def _pieces(lines: Iterable[OrderLine | QuoteLine]) -> dict[UUID, int]:
    return {line.product: line.quantity for line in lines if line.product is not None}


def _answers(order: Order, lines: Sequence[DraftLine]) -> Mapping[str, Mapping[str, str]]:
    """Return what the order's customer answered, and what went without asking: how it is sent, where it is taxed."""
    answers = dict(order.answers)
    way = next((one.code for one in order.adjustments if one.phase is Phase.SHIPPING and one.plugin == "orders"), "")
    if way and SHIPPING_STEP in answers:
        answers[SHIPPING_STEP] = {TYPE: way, **answers[SHIPPING_STEP]}
    if order.tax_place is not None and PLACE_STEP not in answers and not any(line.ships for line in lines):
        answers[PLACE_STEP] = {name: value for name, value in asdict(order.tax_place).items() if value}
    return answers


def _line(product: Product, quantity: int, order: Order) -> DraftLine:
    if product.currency != order.currency:
        raise Invalid.field(
            "items",
            _("{name} is sold in {currency}, the order is in {other}. Make another order.").format(
                name=product.name, currency=product.currency, other=order.currency
            ),
        )
    return DraftLine(product.id, product.sku, product.name, product.ships, quantity, product.price)


def _replace_rows(work: Work, order: Order, quote: Quote) -> None:
    """Keep the rows of lines that stay, so that what names one still finds it."""
    known = {line.product: line for line in order.lines}
    wanted = {line.product for line in quote.lines}
    for dropped in (line for line in order.lines if line.product not in wanted):
        work.delete(tables.OrderLine, where="id = :id", rows=1, refusal=stale(order), id=dropped.id)
    position = max((line.position for line in order.lines), default=0)
    for line in quote.lines:
        kept = known.get(line.product)
        if kept is None:
            position += 1
            work.insert(
                tables.OrderLine,
                conflict=stale(order),
                id=new_id(),
                order_id=order.id,
                position=position,
                **line_columns(line),
            )
        elif kept.quantity != line.quantity:
            work.update(tables.OrderLine, kept.id, stale(order), quantity=line.quantity, total=line.total)
    work.delete(tables.OrderAdjustment, where="order_id = :order", order=order.id)
    if quote.adjustments:
        work.insert_many(
            tables.OrderAdjustment,
            [
                {"id": new_id(), "order_id": order.id, "position": at, **adjustment_columns(adjustment)}
                for at, adjustment in enumerate(quote.adjustments, 1)
            ],
        )
