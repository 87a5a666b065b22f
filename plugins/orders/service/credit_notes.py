"""Credit notes: what of an invoiced order was given back, numbered and kept as it was issued."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter

from guildshop.database import new_id
from guildshop.errors import NotFound, Stale
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.orders import tables
from guildshop.plugins.orders.api import (
    CreditNote,
    CreditNoteContent,
    HistoryKind,
    Invoice,
    MoveRefused,
    Order,
    OrdersSettings,
    OrderStatus,
)
from guildshop.plugins.orders.rules.credit_notes import taxes_within
from guildshop.plugins.orders.service.deciding import stale
from guildshop.plugins.orders.service.invoices import ATTEMPTS, Invoices
from guildshop.plugins.orders.service.orders import OrderService
from guildshop.plugins.orders.service.rows import add_history, as_json, as_uuid, known_time
from guildshop.plugins.orders.service.sequences import next_number
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

UPDATE = "order.update"
_content: TypeAdapter[CreditNoteContent] = TypeAdapter(CreditNoteContent)


class CreditNotes:
    """Issuing and reading credit notes."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def of(self, order_id: UUID) -> Sequence[CreditNote]:
        """Return an order's credit notes, the first issued first."""
        rows = await self.app.database.fetch(
            "SELECT id, number, prefix, order_id, order_number, amount, issued, content FROM order_credit_note"
            " WHERE store = :store AND order_id = :order ORDER BY number",
            store=current_store(),
            order=order_id,
        )
        return [_credit_note(row) for row in rows]

    async def numbered(self, order_id: UUID, number: int) -> CreditNote:
        """Return a credit note of an order by its number; NotFound where it has none of that number."""
        for note in await self.of(order_id):
            if note.number == number:
                return note
        raise NotFound(_("This order has no such credit note."))

    async def open_amount(self, order: Order) -> int:
        """Return what was given back of an invoiced order and stands in no credit note yet, in minor units."""
        if await self.app.get(Invoices).of(order.id) is None:
            return 0
        return _given_back(order) - sum(note.amount for note in await self.of(order.id))

    async def issue(self, actor: Actor, reference: UUID | str) -> CreditNote:
        """Credit all that was given back and stands in no credit note yet, under the next number."""
        actor.require(UPDATE)
        orders = self.app.get(OrderService)
        order_id = (await orders.get(reference)).id
        for left in reversed(range(ATTEMPTS)):
            try:
                number = await self._issue(actor, await orders.get(order_id))
                return await self.numbered(order_id, number)
            except Stale:
                if not left:
                    raise
        raise AssertionError(ATTEMPTS)

    async def _issue(self, actor: Actor, order: Order) -> int:
        """Take the next number and keep the credit note, in one unit: either both happen or neither."""
        invoice, before = await self.app.get(Invoices).of(order.id), await self.of(order.id)
        if invoice is None:
            raise MoveRefused(
                _("Order {number} has no invoice, so that there is nothing to credit.").format(number=order.number)
            )
        credited = sum(note.amount for note in before)
        amount = _given_back(order) - credited
        if amount <= 0:
            raise MoveRefused(
                _("Nothing of order {number} was given back that stands in no credit note yet.").format(
                    number=order.number
                )
            )
        following = await next_number(self.app.database, tables.CreditNoteSequence)
        taken = Stale(_("Another credit note took the number at the same moment. Try again."))
        prefix = self.app.stores.settings(order.store, OrdersSettings).credit_note_prefix
        label = f"{prefix}{following.number:04d}"
        async with self.app.work(actor) as work:
            following.take(work, taken)
            # It says what had been given back when the order was read.
            work.guard(
                tables.Order,
                set="version = version + 1",
                where="id = :id AND version = :version",
                refusal=stale(order),
                id=order.id,
                version=order.version,
            )
            work.insert(
                tables.OrderCreditNote,
                conflict=taken,
                id=new_id(),
                number=following.number,
                prefix=prefix,
                order_id=order.id,
                order_number=order.number,
                amount=amount,
                issued=work.now,
                content=_content.dump_python(self._content(order, invoice, credited, amount), mode="json"),
            )
            add_history(work, order.id, HistoryKind.CREDIT_NOTE, text=label)
            work.audit(
                "order.credit_note",
                subject="order",
                subject_id=order.id,
                after={"credit_note": label, "amount": format_money(amount, order.currency)},
                note=order.number,
            )
        return following.number

    def _content(self, order: Order, invoice: Invoice, credited: int, amount: int) -> CreditNoteContent:
        store, settings = self.app.stores.get(order.store), self.app.stores.settings(order.store, OrdersSettings)
        whole = amount == invoice.content.total
        return CreditNoteContent(
            seller=settings.seller_name or store.name,
            seller_address=tuple(line.strip() for line in settings.seller_address.splitlines() if line.strip()),
            tax_number=settings.tax_number,
            buyer=invoice.content.buyer,
            invoice=invoice.label,
            invoiced=invoice.issued,
            order_number=order.number,
            currency=order.currency,
            lines=invoice.content.lines if whole else (),
            taxes=taxes_within(order, credited, amount),
            amount=amount,
        )


def _given_back(order: Order) -> int:
    """Return what of an order's total its customer does not owe or got back: all of it once it is cancelled."""
    return order.total if order.status is OrderStatus.CANCELLED else order.refunded + order.written_off


def _credit_note(row: dict[str, Any]) -> CreditNote:
    return CreditNote(
        id=as_uuid(row["id"]),
        number=row["number"],
        prefix=row["prefix"],
        order=as_uuid(row["order_id"]),
        order_number=row["order_number"],
        amount=row["amount"],
        issued=known_time(row["issued"]),
        content=_content.validate_python(as_json(row["content"])),
    )
