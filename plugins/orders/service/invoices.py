"""Numbered invoices: each store's numbers have no gaps, and an invoice never changes once it is issued."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter

from guildshop.database import new_id
from guildshop.errors import Stale
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import tables
from guildshop.plugins.orders.api import (
    HistoryKind,
    Invoice,
    InvoiceAmount,
    InvoiceContent,
    InvoiceLine,
    MoveRefused,
    Order,
    OrdersSettings,
    OrderStatus,
    Phase,
    ShippingAddress,
)
from guildshop.plugins.orders.service.deciding import stale
from guildshop.plugins.orders.service.orders import OrderService
from guildshop.plugins.orders.service.queries import READ
from guildshop.plugins.orders.service.rows import add_history, as_json, as_uuid, known_time
from guildshop.plugins.orders.service.sequences import next_number
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

UPDATE = "order.update"
DIGITS = "0123456789"
LONGEST_NUMBER = 9
ATTEMPTS = 50
"""How often a number is tried for: other processes may issue invoices of the store at the same moment."""

_content: TypeAdapter[InvoiceContent] = TypeAdapter(InvoiceContent)
_LOWERS = frozenset({Phase.DISCOUNT, Phase.LOYALTY})


class Invoices:
    """Issuing and reading invoices."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app
        self._turns: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, order_id: UUID) -> Invoice | None:
        """Return an order's invoice, if it was issued."""
        row = await self.app.database.fetch_one(
            "SELECT id, number, prefix, order_id, order_number, issued, content FROM order_invoice"
            " WHERE store = :store AND order_id = :order",
            store=current_store(),
            order=order_id,
        )
        return None if row is None else _invoice(row)

    async def search(self, actor: Actor, text: str) -> Sequence[Invoice]:
        """Return the invoice of a number, with or without what is printed before it, where its order is still there."""
        actor.require(READ)
        typed = fold(text).lstrip("#")
        number = typed[len(typed.rstrip(DIGITS)) :]
        if not 0 < len(number) <= LONGEST_NUMBER:
            return ()
        row = await self.app.database.fetch_one(
            "SELECT i.id, i.number, i.prefix, i.order_id, i.order_number, i.issued, i.content FROM order_invoice i"
            " JOIN orders o ON o.store = i.store AND o.id = i.order_id WHERE i.store = :store AND i.number = :number",
            store=current_store(),
            number=int(number),
        )
        found = None if row is None else _invoice(row)
        before = typed.removesuffix(number)
        return () if found is None or before not in {"", fold(found.prefix)} else (found,)

    async def issue(self, actor: Actor, reference: UUID | str) -> Invoice:
        """Return the order's invoice, giving it the next number when it has none yet."""
        actor.require(UPDATE)
        orders = self.app.get(OrderService)
        order_id = (await orders.get(reference)).id
        async with self._turns[actor.store]:
            for left in reversed(range(ATTEMPTS)):
                issued = await self.of(order_id)
                if issued is not None:
                    return issued
                try:
                    await self._issue(actor, await orders.get(order_id))
                except Stale:
                    if not left:
                        raise
        raise AssertionError(ATTEMPTS)

    async def _issue(self, actor: Actor, order: Order) -> None:
        """Take the next number and keep the invoice, in one unit: either both happen or neither."""
        if order.status is OrderStatus.CANCELLED:
            raise MoveRefused(_("Order {number} was cancelled: it gets no invoice.").format(number=order.number))
        content = await self._content(order)
        following = await next_number(self.app.database, tables.InvoiceSequence)
        taken = Stale(_("Another invoice took the number at the same moment. Try again."))
        number = following.number
        async with self.app.work(actor) as work:
            following.take(work, taken)
            # It says what the order was when it was read.
            work.guard(
                tables.Order,
                set="version = version + 1",
                where="id = :id AND version = :version",
                refusal=stale(order),
                id=order.id,
                version=order.version,
            )
            settings = self.app.stores.settings(order.store, OrdersSettings)
            work.insert(
                tables.OrderInvoice,
                conflict=taken,
                id=new_id(),
                number=number,
                prefix=settings.invoice_prefix,
                order_id=order.id,
                order_number=order.number,
                issued=work.now,
                content=_content.dump_python(content, mode="json"),
            )
            label = f"{settings.invoice_prefix}{number:04d}"
            add_history(work, order.id, HistoryKind.INVOICE, text=label)
            work.audit(
                "order.invoice", subject="order", subject_id=order.id, after={"invoice": label}, note=order.number
            )

    async def _content(self, order: Order) -> InvoiceContent:
        store, settings = self.app.stores.get(order.store), self.app.stores.settings(order.store, OrdersSettings)
        customers = self.app.get(CustomerService)
        customer = await customers.get(order.customer)
        billing = next((one for one in await customers.addresses(order.customer) if one.is_billing), None)
        address = order.address
        if billing is not None:
            address = ShippingAddress(**{name: value for name, value in asdict(billing.as_input).items() if value})
        methods = self.app.get(OrderService).methods
        return InvoiceContent(
            seller=settings.seller_name or store.name,
            seller_address=tuple(line.strip() for line in settings.seller_address.splitlines() if line.strip()),
            tax_number=settings.tax_number,
            buyer=address.lines if address is not None else (_name(customer),),
            order_number=order.number,
            ordered=order.created,
            paid=order.paid_at,
            payment=methods.label(order.store, order.payment_method) if order.payment_method else "",
            currency=order.currency,
            lines=tuple(
                InvoiceLine(line.sku, line.name, line.quantity, line.unit_price, line.total) for line in order.lines
            ),
            subtotal=order.subtotal,
            amounts=tuple(
                InvoiceAmount(one.title, -one.amount if one.phase in _LOWERS else one.amount, one.included)
                for one in order.adjustments
                if one.phase is not Phase.CREDIT
            ),
            total=order.total,
            credit=order.credit,
            due=order.due,
            note=settings.invoice_note,
        )


def _name(customer: Customer) -> str:
    return f"{customer.first_name} {customer.last_name}".strip() or customer.display_name or customer.email


def _invoice(row: dict[str, Any]) -> Invoice:
    return Invoice(
        id=as_uuid(row["id"]),
        number=row["number"],
        prefix=row["prefix"],
        order=as_uuid(row["order_id"]),
        order_number=row["order_number"],
        issued=known_time(row["issued"]),
        content=_content.validate_python(as_json(row["content"])),
    )
