"""Confirm: one read, the rules, one Work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Stale
from guildshop.i18n import _, current_locale
from guildshop.isolation import isolated
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import Hold, OutOfStock, Product
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import Sale
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules, tables
from guildshop.plugins.orders.api import (
    Channel,
    Draft,
    HistoryKind,
    Order,
    OrderExpiryDue,
    OrderPaid,
    OrderPlaced,
    OrdersSettings,
    OrderStatus,
    OrderStatusChanged,
    ProductGone,
    Quote,
    ShippingStatus,
)
from guildshop.plugins.orders.api.reasons import NOTHING_DUE
from guildshop.plugins.orders.service.availability import (
    check_line,
    gone,
    list_price,
    own_limits,
    require_limit,
    sold_to,
)
from guildshop.plugins.orders.service.orders import OrderService
from guildshop.plugins.orders.service.quoting import Checkout
from guildshop.plugins.orders.service.rows import add_history, insert_order, line_columns
from guildshop.plugins.orders.service.terms import TermsStep

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

NUMBER_ATTEMPTS = 5


class NumberTaken(Stale):
    """Another order got the same random number."""


class DraftUsed(Stale):
    """The draft became an order, or changed, a moment ago."""


class Placing:
    """Makes an order of a draft and its quote."""

    def __init__(self, app: App, checkout: Checkout) -> None:
        """Work within this application, with the steps of this checkout."""
        self.app = app
        self._checkout = checkout

    async def place(
        self,
        actor: Actor,
        roles: Collection[int],
        draft: Draft,
        quote: Quote,
        *,
        channel: Channel = Channel.DISCORD,
    ) -> Order:
        """Check that everything still holds, then reserve, write and record all of it in one Work.

        A member's draft, which is in the database, is used up by it; one of staff, through another channel, is not.
        """
        orders = self.app.get(OrderService)
        products = await self._check(roles, draft, quote)
        limited = [product for product in products.values() if product.limit_per_customer is not None]
        holds = await self.app.get(CatalogService).holds(draft.member) if draft.member else {}
        for left in reversed(range(NUMBER_ATTEMPTS)):
            order_id = new_id()
            try:
                async with self.app.work(actor) as work:
                    self._fill(work, order_id, draft, quote, channel, holds, products)
                    self._keep_limits(work, order_id, draft.customer, limited)
                break
            except NumberTaken:
                if not left:
                    raise
            except DraftUsed:
                placed = await orders.find_by_draft(draft.id)
                if placed is None:
                    raise
                return placed
            except (OutOfStock, ProductGone):
                # Somebody was faster than our read: read again, so that the sentence says what is left now.
                await self._check(roles, draft, quote)
                raise
        return await orders.get(order_id)

    async def _check(self, roles: Collection[int], draft: Draft, quote: Quote) -> dict[UUID, Product]:
        """Refuse what does not hold any more; return the products as this customer has them."""
        catalog, orders = self.app.get(CatalogService), self.app.get(OrderService)
        products = await catalog.get_many(
            [line.product for line in quote.lines], member=draft.member or None, customer=draft.customer
        )
        for line in quote.lines:
            product = products.get(line.product)
            if product is None or not sold_to(product, quote.totals.currency, roles):
                raise gone(line.name)
        already = await own_limits(orders, draft, list(products.values()))
        for line in quote.lines:
            check_line(products[line.product], line.quantity, already.get(line.product, 0))
        rules.place(quote, {product.id: product.price for product in products.values()}, self.app.now())
        _check_method(orders, draft.store, quote)
        self._check_adjustments(draft.store, quote)
        return products

    def _check_adjustments(self, store: int, quote: Quote) -> None:
        """Refuse what a plugin promised that was switched off since: nobody would claim it any more."""
        for one in quote.adjustments:
            if one.plugin in self.app.plugins and not self.app.stores.enabled(store, one.plugin):
                raise Stale(
                    _("“{name}” is no longer offered here. Look at the new amounts, then confirm them.").format(
                        name=one.label
                    )
                )

    def _keep_limits(self, work: Work, order_id: UUID, customer: UUID, limited: Sequence[Product]) -> None:
        """Keep two orders at once from going over a limit that each alone keeps."""
        for parent in sorted({product.parent for product in limited if product.parent is not None}):
            self.app.get(CatalogService).lock_family(work, parent)
        for product in limited:
            require_limit(work, order_id, customer, product)

    def _fill(
        self,
        work: Work,
        order_id: UUID,
        draft: Draft,
        quote: Quote,
        channel: Channel,
        holds: Mapping[UUID, Hold],
        products: Mapping[UUID, Product],
    ) -> None:
        """Add everything that makes the order to the Work, guards first."""
        if channel is Channel.DISCORD:
            _use_up(work, draft)
        due = quote.totals.due
        customers = self.app.get(CustomerService)
        # Counted first: two orders of one customer then wait for each other, rather than each for the other's stock.
        customers.count_sale(work, draft.customer, _sale(work, quote))
        customers.require_orderable(work, draft.customer)
        hours = self.app.stores.settings(work.store, OrdersSettings).expire_hours
        until = work.now + timedelta(hours=hours) if due else None
        ships = any(line.ships for line in quote.lines)
        insert_order(
            work,
            {
                "id": order_id,
                "number": rules.new_number(),
                "customer": draft.customer,
                "recipient_discord_id": draft.recipient,
                "channel": channel.value,
                "status": (OrderStatus.PENDING_PAYMENT if due else OrderStatus.PAID).value,
                "shipping_status": ShippingStatus.PENDING.value if ships else None,
                "payment_method": quote.payment_method,
                "shipping_type": quote.shipping_type,
                "address": dict(quote.address) or None,
                "tax_place": dict(quote.tax_place) or None,
                "accepted": dict(draft.answer(TermsStep.name)) or None,
                "answers": {name: dict(answer) for name, answer in draft.answers.items() if answer} or None,
                "draft": draft.id,
                "locale": current_locale(),
                "imported": False,
                "refunded": 0,
                "created": work.now,
                "updated": work.now,
                "reserved_until": until,
                "paid_at": None if due else work.now,
                "version": 1,
            },
            quote.totals,
            [line_columns(line) for line in quote.lines],
            quote.adjustments,
            conflict=NumberTaken(_("The order number was taken. Confirm again.")),
        )
        self._take_stock(work, order_id, quote, holds, products, sell=not due)
        for plugin, step in self._checkout.steps(work.store):
            with isolated(plugin, f"checkout step {step.name}: claim"):
                step.claim(quote, order_id, work)
        add_history(work, order_id, HistoryKind.PLACED, after=OrderStatus.PENDING_PAYMENT.value)
        work.record(OrderPlaced(order_id))
        if until is not None:
            work.record(OrderExpiryDue(order_id), due=until)
            return
        pending, paid = OrderStatus.PENDING_PAYMENT.value, OrderStatus.PAID.value
        add_history(work, order_id, HistoryKind.STATUS, before=pending, after=paid, text=NOTHING_DUE)
        work.record(OrderStatusChanged(order_id, pending, paid))
        work.record(OrderPaid(order_id))

    def _take_stock(
        self,
        work: Work,
        order_id: UUID,
        quote: Quote,
        holds: Mapping[UUID, Hold],
        products: Mapping[UUID, Product],
        *,
        sell: bool,
    ) -> None:
        """Reserve in one sequence for everybody, so that two Works never wait in a circle."""
        catalog = self.app.get(CatalogService)
        for line in sorted(quote.lines, key=lambda line: line.product):
            short = OutOfStock(_("{name} was bought by somebody else just now.").format(name=line.name))
            catalog.reserve(work, line.product, line.quantity, order_id, short, hold=holds.get(line.product))
            # After reserving, since the row is then locked for us alone.
            currency = quote.totals.currency
            price = list_price(products[line.product], line.unit_price)
            catalog.require_for_sale(work, line.product, price, currency, gone(line.name))
            if sell:
                catalog.sell(work, line.product, line.quantity, order_id)


def _sale(work: Work, quote: Quote) -> Sale:
    """Return what a new order adds to its customer's purchases: it is paid at once where nothing is due."""
    totals = quote.totals
    if totals.due:
        return Sale(placed=work.now)
    return Sale(orders=1, amount=totals.total, currency=totals.currency, placed=work.now, paid=work.now)


def _use_up(work: Work, draft: Draft) -> None:
    """End the order flow, once."""
    work.delete(
        tables.OrderDraft,
        where="id = :id AND version = :version AND expires > :now",
        rows=1,
        refusal=DraftUsed(_("This order changed since the summary was shown. Use /order to look at it again.")),
        id=draft.id,
        version=draft.version,
        now=work.now,
    )


def _check_method(orders: OrderService, store: int, quote: Quote) -> None:
    """Refuse a way to pay that was taken off since the summary was shown."""
    offered = orders.methods.enabled(store)
    if not quote.totals.due or any(method.code == quote.payment_method for method in offered):
        return
    if not offered:
        raise orders.methods.none_offered()
    raise Stale(
        _("{method} is no longer taken here. Choose another way to pay.").format(
            method=orders.methods.label(store, quote.payment_method)
        )
    )
