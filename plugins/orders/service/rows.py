"""Rows of the database as the types of `api`, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from guildshop.database import Work, new_id
from guildshop.plugins.orders import tables
from guildshop.plugins.orders.api import (
    Adjustment,
    Channel,
    Draft,
    DraftLine,
    HistoryKind,
    LineKind,
    Order,
    OrderHistory,
    OrderLine,
    OrderNote,
    OrderStatus,
    OrderSummary,
    Phase,
    Quote,
    QuoteLine,
    ShippingAddress,
    ShippingStatus,
)
from guildshop.plugins.orders.api.checkout import Totals

SUMMARY_COLUMNS = """o.id, o.store, o.number, o.customer, o.status, o.shipping_status, o.payment_method, o.currency,
    o.total, o.created, c.discord_id, c.display_name, c.first_name, c.last_name, c.username, c.email"""

ORDER_COLUMNS = (
    SUMMARY_COLUMNS
    + """, o.recipient_discord_id, o.channel, o.carrier, o.tracking_number, o.subtotal, o.discount, o.loyalty,
    o.shipping, o.tax, o.credit, o.due, o.refunded, o.refund_held, o.written_off, o.shipping_type, o.address,
    o.updated, o.reserved_until, o.paid_at, o.cancelled_at, o.completed_at, o.cancel_reason, o.locale, o.imported,
    o.notes, o.version, o.tax_place, o.accepted, o.answers"""
)

LINE_COLUMNS = """id, order_id, position, product, sku, name, kind, quantity, unit_price, total, returned, return_held,
    unsent, (SELECT COALESCE(SUM(i.quantity), 0) FROM shipment_line AS i
        JOIN shipment AS p ON p.store = i.store AND p.id = i.shipment
        WHERE i.store = order_line.store AND i.line = order_line.id AND p.status IN ('SHIPPED', 'DELIVERED')) AS sent"""

FROM = "FROM orders o JOIN customer c ON c.store = o.store AND c.id = o.customer"

_quotes: TypeAdapter[Quote] = TypeAdapter(Quote)
_lines: TypeAdapter[tuple[DraftLine, ...]] = TypeAdapter(tuple[DraftLine, ...])


def as_uuid(value: Any) -> UUID:
    """Return the UUID that a column holds."""
    return value if isinstance(value, UUID) else UUID(str(value))


def as_time(value: Any) -> datetime | None:
    """Return the time that a column holds, if it holds one."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value))


def as_json(value: Any) -> Any:
    """Return what a JSON column holds."""
    return json.loads(value) if isinstance(value, str | bytes) else value


def known_time(value: Any) -> datetime:
    """Return the time of a column that always holds one."""
    found = as_time(value)
    if found is None:
        message = "a time is missing in the database"
        raise ValueError(message)
    return found


def _name(row: Mapping[str, Any]) -> str:
    full = f"{row['first_name']} {row['last_name']}".strip()
    return str(row["display_name"] or full or row["username"] or row["email"] or "")


def _summary(row: Mapping[str, Any]) -> dict[str, Any]:
    shipping = row["shipping_status"]
    return {
        "id": as_uuid(row["id"]),
        "store": row["store"],
        "number": row["number"],
        "customer": as_uuid(row["customer"]),
        "customer_name": _name(row),
        "customer_discord_id": row["discord_id"],
        "status": OrderStatus(row["status"]),
        "shipping_status": None if shipping is None else ShippingStatus(shipping),
        "payment_method": row["payment_method"],
        "currency": row["currency"],
        "total": row["total"],
        "created": known_time(row["created"]),
    }


def to_summary(row: Mapping[str, Any]) -> OrderSummary:
    """Return a row of `SUMMARY_COLUMNS` as what lists show."""
    return OrderSummary(**_summary(row))


def to_order(
    row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], adjustments: Sequence[Mapping[str, Any]]
) -> Order:
    """Return a row of `ORDER_COLUMNS` with its lines and adjustments as an order."""
    address, place = as_json(row["address"]), as_json(row["tax_place"])
    same = (
        "recipient_discord_id", "carrier", "tracking_number", "subtotal", "discount", "loyalty", "shipping", "tax",
        "credit", "due", "refunded", "refund_held", "written_off", "shipping_type", "cancel_reason", "locale", "notes",
        "version",
    )  # fmt: skip
    return Order(
        **_summary(row),
        **{name: row[name] for name in same},
        reserved_until=as_time(row["reserved_until"]),
        paid_at=as_time(row["paid_at"]),
        cancelled_at=as_time(row["cancelled_at"]),
        completed_at=as_time(row["completed_at"]),
        channel=Channel(row["channel"]),
        address=ShippingAddress(**address) if address else None,
        tax_place=ShippingAddress(**place) if place else None,
        accepted=as_json(row["accepted"]) or {},
        answers=as_json(row["answers"]) or {},
        updated=known_time(row["updated"]),
        imported=bool(row["imported"]),
        lines=tuple(to_line(line) for line in lines),
        adjustments=tuple(to_adjustment(adjustment) for adjustment in adjustments),
    )


def to_line(row: Mapping[str, Any]) -> OrderLine:
    """Return a row of `order_line` as a line item."""
    return OrderLine(
        id=as_uuid(row["id"]),
        product=None if row["product"] is None else as_uuid(row["product"]),
        sku=row["sku"],
        name=row["name"],
        kind=LineKind(row["kind"]),
        quantity=row["quantity"],
        unit_price=row["unit_price"],
        total=row["total"],
        position=row["position"],
        returned=row["returned"],
        return_held=row["return_held"],
        unsent=row["unsent"],
        sent=int(row["sent"]),
    )


def to_adjustment(row: Mapping[str, Any]) -> Adjustment:
    """Return a row of `order_adjustment` as an adjustment."""
    return Adjustment(
        phase=Phase(row["phase"]),
        plugin=row["plugin"],
        code=row["code"],
        label=row["label"],
        amount=row["amount"],
        included=bool(row["included"]),
        reference=row["reference"],
        shares=tuple(as_json(row["shares"]) or ()),
    )


def to_history(row: Mapping[str, Any]) -> OrderHistory:
    """Return a row of `order_history` as a row of the timeline."""
    return OrderHistory(
        id=as_uuid(row["id"]),
        at=known_time(row["at"]),
        kind=HistoryKind(row["kind"]),
        actor_kind=row["actor_kind"],
        actor_name=row["actor_name"],
        before=row["before"],
        after=row["after"],
        text=row["text"],
    )


def to_note(row: Mapping[str, Any]) -> OrderNote:
    """Return a row of `order_note` as a note."""
    return OrderNote(
        id=as_uuid(row["id"]),
        at=known_time(row["at"]),
        author=row["author"],
        public=bool(row["public"]),
        text=row["text"],
    )


def to_draft(row: Mapping[str, Any]) -> Draft:
    """Return a row of `order_draft` as a draft."""
    return Draft(
        id=as_uuid(row["id"]),
        store=row["store"],
        member=row["member"],
        customer=as_uuid(row["customer"]),
        currency=row["currency"],
        lines=_lines.validate_python(as_json(row["lines"])),
        answers=as_json(row["answers"]),
        payment_method=row["payment_method"],
        recipient=row["recipient"],
        items_done=bool(row["items_done"]),
        updated=known_time(row["updated"]),
        expires=known_time(row["expires"]),
        version=row["version"],
    )


def lines_json(lines: Sequence[DraftLine]) -> list[Any]:
    """Return the lines of a draft as its column keeps them."""
    dumped = _lines.dump_python(tuple(lines), mode="json")
    return list(dumped)


def to_quote(value: Any) -> Quote | None:
    """Return the quote that a draft's column holds, if it holds one."""
    found = as_json(value)
    return None if found is None else _quotes.validate_python(found)


def quote_json(quote: Quote) -> dict[str, Any]:
    """Return a quote as a draft's column keeps it."""
    dumped: dict[str, Any] = _quotes.dump_python(quote, mode="json")
    return dumped


def insert_order(
    work: Work,
    order: Mapping[str, Any],
    totals: Totals,
    lines: Sequence[Mapping[str, Any]],
    adjustments: Sequence[Adjustment],
    *,
    conflict: Exception,
) -> None:
    """Add an order with its lines and adjustments to a Work."""
    amounts = asdict(totals)
    del amounts["nets"]  # told by the shares of the adjustments
    work.insert(tables.Order, conflict=conflict, **order, **amounts)
    work.insert_many(
        tables.OrderLine,
        [{"id": new_id(), "order_id": order["id"], "position": at, **line} for at, line in enumerate(lines, 1)],
    )
    if adjustments:
        work.insert_many(
            tables.OrderAdjustment,
            [
                {"id": new_id(), "order_id": order["id"], "position": at, **adjustment_columns(adjustment)}
                for at, adjustment in enumerate(adjustments, 1)
            ],
        )


def adjustment_columns(adjustment: Adjustment) -> dict[str, Any]:
    """Return an adjustment as its columns hold it."""
    return {**asdict(adjustment), "shares": list(adjustment.shares) or None}


def add_history(
    work: Work, order: UUID, kind: HistoryKind, *, before: str = "", after: str = "", text: str = ""
) -> None:
    """Add a row to an order's timeline, in the name of whoever does the Work."""
    work.insert(
        tables.OrderHistory,
        id=new_id(),
        order_id=order,
        at=work.now,
        kind=kind.value,
        actor_kind=work.actor.kind.value,
        actor_id=work.actor.id[:100],
        actor_name=work.actor.name[:100],
        before=before,
        after=after,
        text=text,
    )


def line_columns(line: QuoteLine) -> dict[str, Any]:
    """Return a line of a quote as columns of a line item."""
    return {
        "product": line.product,
        "sku": line.sku,
        "name": line.name,
        "kind": (LineKind.SHIPPED if line.ships else LineKind.DIGITAL).value,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "total": line.total,
    }
