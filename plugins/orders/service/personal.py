"""A customer's orders as their personal data: given out, and left without an address when they want to be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.i18n import _, ngettext
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.plugins.orders import tables
from guildshop.plugins.orders.api import MoveRefused
from guildshop.plugins.orders.service.orders import OrderService

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

UNFINISHED = "customer = :customer AND status IN ('PENDING_PAYMENT', 'PAID', 'FULFILLING', 'SHIPPED')"
"""Orders that still need to know whom they are for."""
_THEIRS = "order_id IN (SELECT id FROM orders WHERE store = :store AND customer = :customer)"
ERASED = "Erased customer"


class PersonalOrders:
    """Answers the hook `register_personal_data` of customers."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app

    async def export(self, customer: Customer) -> object:
        """Return every order with its lines, amounts, address and the notes meant for the customer."""
        orders = self._app.get(OrderService)
        found = []
        for key in await self._ids(customer):
            order = await orders.get(key)
            found.append(
                {
                    "number": order.number,
                    "status": order.status,
                    "created": order.created,
                    "currency": order.currency,
                    "lines": [
                        {"name": line.name, "quantity": line.quantity, "unit_price": line.unit_price}
                        for line in order.lines
                    ],
                    "adjustments": [{"label": one.label, "amount": one.amount} for one in order.adjustments],
                    "total": order.total,
                    "due": order.due,
                    "payment_method": order.payment_method,
                    "paid_at": order.paid_at,
                    "address": None if order.address is None else order.address.lines,
                    "tax_place": None if order.tax_place is None else order.tax_place.lines,
                    "accepted": dict(order.accepted),
                    "parcels": [parcel.name for parcel in await orders.shipments(order.id)],
                    "notes": [note.text for note in await orders.notes(order.id, public_only=True)],
                }
            )
        return found

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what takes addresses, tracking numbers and all free text off the customer's orders; invoices stay.

        Refused while an order is not finished.
        """
        row = await self._app.database.fetch_one(
            f"SELECT number FROM orders WHERE store = :store AND {UNFINISHED} ORDER BY created, id",
            store=customer.store,
            customer=customer.id,
        )
        if row is not None:
            raise unfinished(str(row["number"]))

        def join(work: Work) -> None:
            # One may have been placed since.
            work.guard(
                tables.Order,
                set="version = version",
                where=UNFINISHED,
                rows=0,
                refusal=unfinished(""),
                customer=customer.id,
            )
            work.guard(
                tables.Order,
                set="address = NULL, tax_place = NULL, answers = NULL, recipient_discord_id = NULL, notes = '',"
                " cancel_reason = '', tracking_number = '', version = version + 1",
                where="customer = :customer",
                rows=None,
                customer=customer.id,
            )
            work.delete(tables.OrderDraft, where="customer = :customer", customer=customer.id)
            work.delete(tables.OrderNote, where=_THEIRS, customer=customer.id)
            work.guard(tables.Shipment, set="tracking_number = ''", where=_THEIRS, rows=None, customer=customer.id)
            # What somebody wrote; what the program wrote (items, invoice numbers) names nobody.
            work.guard(
                tables.OrderHistory,
                set="text = ''",
                where=f"{_THEIRS} AND kind NOT IN ('edited', 'invoice', 'credit_note')",
                rows=None,
                customer=customer.id,
            )
            work.guard(
                tables.OrderHistory,
                set="actor_id = '', actor_name = :name",
                where=f"{_THEIRS} AND actor_kind = 'member' AND actor_id = :member",
                rows=None,
                customer=customer.id,
                name=ERASED,
                member=str(customer.discord_id or 0),
            )

        return join

    async def merge(self, gone: Customer, kept: Customer, member: int | None) -> Moving:
        """Return what moves all orders; an order flow of a member who does not stay ends."""
        row = await self._app.database.fetch_one(
            "SELECT COUNT(*) AS found FROM orders WHERE store = :store AND customer = :gone",
            store=gone.store,
            gone=gone.id,
        )
        count = int(row["found"]) if row else 0
        stays = member if member is not None else kept.discord_id or gone.discord_id

        def join(work: Work) -> None:
            for one in (gone, kept):
                work.delete(
                    tables.OrderDraft,
                    where="customer = :customer AND member <> :member",
                    customer=one.id,
                    member=stays or 0,
                )
            for table in (tables.OrderDraft, tables.Order):
                work.guard(
                    table,
                    set="customer = :kept, version = version + 1",
                    where="customer = :gone",
                    rows=None,
                    gone=gone.id,
                    kept=kept.id,
                )

        return Moving([ngettext("{n} order", "{n} orders", count).format(n=count)] if count else [], join)

    async def _ids(self, customer: Customer) -> list[UUID]:
        rows = await self._app.database.fetch(
            "SELECT id FROM orders WHERE store = :store AND customer = :customer ORDER BY created, id",
            store=customer.store,
            customer=customer.id,
        )
        return [row["id"] for row in rows]


def unfinished(number: str) -> MoveRefused:
    """Return the refusal to forget somebody for whom an order is on its way."""
    if not number:
        return MoveRefused(_("An order of yours is not finished yet. Cancel it or wait for it, then ask again."))
    return MoveRefused(
        _("Order {number} is not finished yet. Cancel it or wait for it, then ask again.").format(number=number)
    )
