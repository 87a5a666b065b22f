"""Past orders from and to CSV files.

Imported orders are history: they take nothing from stock, move nothing later on, and send no messages. One that is
unpaid still expires, counted from the import: else it would count against its customer for ever. When staff confirm the
payment of an imported one, its status moves, and nothing is granted and nobody told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Invalid, Refusal
from guildshop.folding import fold
from guildshop.hookspecs import ImportReport, ProgressCallback
from guildshop.i18n import _, lazy
from guildshop.money import known_currency, parse_money, to_decimal
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    IMPORTED,
    PHASE_LABELS,
    Adjustment,
    Channel,
    Order,
    OrderFilter,
    OrdersImported,
    OrdersSettings,
    OrderStatus,
    QuoteLine,
)
from guildshop.plugins.orders.service import rows as records
from guildshop.plugins.orders.service.past import PastOrder, write_orders
from guildshop.plugins.orders.service.queries import conditions

if TYPE_CHECKING:
    from guildshop.app import App

COLUMNS: Mapping[str, str] = {
    "number": lazy("The order's number, up to 16 letters, digits and dashes; unique in the store."),
    "customer": lazy("A Discord ID or an email address of a customer."),
    "placed_days_ago": lazy("Days before now, with decimals for the time of day; or give placed_at."),
    "placed_at": lazy("When it was placed, ISO 8601 with a time zone."),
    "status": lazy("The order's status, such as COMPLETE or CANCELLED."),
    "payment_method": lazy("The method's code, such as venmo."),
    "lines": lazy("SKU:quantity or SKU:quantity:unit price, with | between; without a price, today's."),
    "currency": lazy("ISO 4217; empty: the store's."),
    "discount": lazy("In major units; empty: none."),
    "loyalty": lazy("What points took off, in major units; empty: nothing."),
    "shipping": lazy("In major units; empty: free."),
    "tax": lazy("In major units; empty: none."),
    "credit": lazy("What store credit paid of it, in major units; empty: nothing."),
    "carrier": lazy("Who shipped it."),
    "tracking": lazy("The tracking number."),
    "note": lazy("A note for everybody."),
    "channel": lazy("DISCORD, WEB or API: where it was ordered."),
}
REQUIRED = frozenset({"number", "customer", "status", "lines"})
CHUNK = 500
FIRST_YEAR = 2000
"""An earlier order would come of a slip of the pen, and give reports centuries of days to count."""
_AMOUNTS = ("discount", "loyalty", "shipping", "tax", "credit")
_NUMBER_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")


@dataclass(frozen=True, slots=True)
class Sold:
    """What an import must know of a product."""

    id: UUID
    sku: str
    name: str
    price: int
    currency: str
    ships: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What rows may refer to: products by folded SKU, customers by Discord ID and folded email."""

    products: Mapping[str, Sold]
    customers: Mapping[str, UUID]
    numbers: frozenset[str]
    currency: str
    now: datetime


class OrderFiles:
    """Importing and exporting orders of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def import_orders(
        self, actor: Actor, rows: Sequence[Mapping[str, str]], dry_run: bool, progress: ProgressCallback
    ) -> ImportReport:
        """Write past orders as they ended; with a single bad row, nothing is written."""
        actor.require("order.create")
        known = await self._known(actor.store, rows)
        problems: list[tuple[int, str]] = []
        checked: list[PastOrder] = []
        seen: set[str] = set()

        def check(start: int, part: Sequence[Mapping[str, str]]) -> None:
            for at, row in enumerate(part, start):
                try:
                    order = read_row(row, known)
                    if order.number in seen:
                        raise Invalid(_("The number {number} stands in this file twice.").format(number=order.number))
                    seen.add(order.number)
                    checked.append(order)
                except Refusal as refusal:
                    problems.append((at, refusal.message))

        for begin in range(0, len(rows), CHUNK):
            # In a thread, so that a large file leaves the shop responsive.
            await asyncio.to_thread(check, begin + 1, rows[begin : begin + CHUNK])
            progress(min(begin + CHUNK, len(rows)), len(rows), len(problems))
        if problems or dry_run:
            return ImportReport(len(rows), 0, tuple(problems))
        async with self.app.work(actor) as work:
            hours = self.app.stores.settings(actor.store, OrdersSettings).expire_hours
            customers, expires = self.app.get(CustomerService), work.now + timedelta(hours=hours)
            await asyncio.to_thread(write_orders, work, checked, customers, expires)
            if checked:
                placed = [order.placed for order in checked]
                work.record(OrdersImported(len(checked), min(placed), max(placed)))
            work.audit("order.import", subject="order", after={"orders": len(checked)})
        return ImportReport(len(rows), len(checked))

    async def export_orders(self, actor: Actor, wanted: OrderFilter | None = None) -> AsyncIterator[Mapping[str, str]]:
        """Yield every order that fits, oldest first, as a row of the file that the import takes."""
        actor.require("order.read")
        where, values = conditions(wanted or OrderFilter())
        after_time, after_id = datetime(1, 1, 1, tzinfo=UTC), UUID(int=0)
        while True:
            found = await self.app.database.fetch(
                f"SELECT {records.ORDER_COLUMNS} {records.FROM} WHERE o.store = :store{where}"
                " AND (o.created > :after_time OR (o.created = :after_time AND o.id > :after_id))"
                f" ORDER BY o.created, o.id LIMIT {CHUNK}",
                store=actor.store,
                after_time=after_time,
                after_id=after_id,
                **values,
            )
            lines = await self._lines(actor.store, [row["id"] for row in found])
            for row in found:
                yield to_row(replace(records.to_order(row, lines.get(row["id"], []), ())), row["email"])
            if len(found) < CHUNK:
                return
            after_time, after_id = found[-1]["created"], found[-1]["id"]

    async def _lines(self, store: int, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
        found = await self.app.database.fetch(
            f"SELECT {records.LINE_COLUMNS} FROM order_line"
            " WHERE store = :store AND order_id IN :ids ORDER BY position",
            store=store,
            ids=list(ids),
        )
        grouped: dict[UUID, list[dict[str, Any]]] = {}
        for row in found:
            grouped.setdefault(row["order_id"], []).append(row)
        return grouped

    async def _known(self, store: int, rows: Sequence[Mapping[str, str]]) -> Known:
        """Read what the rows refer to, in a few large queries."""
        skus = {fold(part.split(":")[0]) for row in rows for part in row.get("lines", "").split("|")}
        people = {row.get("customer", "").strip() for row in rows}
        products = {
            row["sku_key"]: Sold(
                row["id"], row["sku"], row["name"], row["price"], row["currency"], row["kind"] == ProductKind.SHIPPED
            )
            for row in await self._in_parts(
                "SELECT id, sku, sku_key, name, price, currency, kind FROM product"
                " WHERE store = :store AND sku_key IN :keys",
                store,
                sorted(skus),
            )
        }
        customers: dict[str, UUID] = {}
        for row in await self._in_parts(
            "SELECT id, discord_id FROM customer WHERE store = :store AND discord_id IN :keys",
            store,
            sorted(int(person) for person in people if person.isascii() and person.isdigit() and len(person) < 20),
        ):
            customers[str(row["discord_id"])] = row["id"]
        for row in await self._in_parts(
            "SELECT id, email_key FROM customer WHERE store = :store AND email_key IN :keys",
            store,
            sorted(person.casefold() for person in people if "@" in person),
        ):
            customers[row["email_key"]] = row["id"]
        taken = await self._in_parts(
            "SELECT number FROM orders WHERE store = :store AND number IN :keys",
            store,
            sorted({rules.normal_number(row.get("number", "")) for row in rows}),
        )
        currency = self.app.stores.get(store).currency
        return Known(products, customers, frozenset(row["number"] for row in taken), currency, self.app.now())

    async def _in_parts(self, text: str, store: int, keys: Sequence[Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for start in range(0, len(keys), CHUNK):
            found += await self.app.database.fetch(text, store=store, keys=keys[start : start + CHUNK])
        return found


def read_row(row: Mapping[str, str], known: Known) -> PastOrder:
    """Return a row checked; refuse a bad one in one sentence."""
    number = rules.normal_number(row.get("number", ""))
    if not number or len(number) > 16 or not set(number) <= _NUMBER_SIGNS:
        raise Invalid(_("“{number}” is no order number: 1 to 16 letters, digits, dashes.").format(number=number[:40]))
    if number in known.numbers:
        raise Invalid(_("The store has an order {number} already.").format(number=number))
    person = row.get("customer", "").strip()
    customer = known.customers.get(person) or known.customers.get(person.casefold())
    if customer is None:
        raise Invalid(_("There is no customer “{person}”. Import customers first.").format(person=person[:100]))
    status = _choice(OrderStatus, row.get("status", ""), "status")
    if status is OrderStatus.PARTIALLY_REFUNDED:
        raise Invalid(_("A partly refunded order cannot be imported, since the file does not say what was refunded."))
    currency = known_currency(row["currency"]) if row.get("currency") else known.currency
    lines = _lines(row.get("lines", ""), currency, known.products)
    adjustments = _adjustments(row, currency)
    totals = rules.add_up(currency, lines, adjustments)
    if status is OrderStatus.PENDING_PAYMENT and not totals.due:
        raise Invalid(_("Nothing is due of this order, so that it cannot wait for its payment. Give another status."))
    return PastOrder(
        number=number,
        customer=customer,
        placed=_placed(row, known.now),
        status=status,
        payment_method=row.get("payment_method", "").strip().lower()[:32],
        lines=lines,
        adjustments=adjustments,
        totals=totals,
        carrier=row.get("carrier", "").strip()[:64],
        tracking=row.get("tracking", "").strip()[:100],
        note=row.get("note", "").strip()[:2000],
        channel=_choice(Channel, row.get("channel", "") or "DISCORD", "channel"),
    )


def to_row(order: Order, email: str) -> dict[str, str]:
    """Return an order as a row of the file."""
    decimal = {name: str(to_decimal(getattr(order, name), order.currency)) for name in _AMOUNTS}
    lines = [f"{line.sku}:{line.quantity}:{to_decimal(line.unit_price, order.currency)}" for line in order.lines]
    return {
        "number": order.number,
        "customer": str(order.customer_discord_id or email),
        "placed_days_ago": "",
        "placed_at": order.created.isoformat(),
        "status": order.status.value,
        "payment_method": order.payment_method,
        "lines": "|".join(lines),
        "currency": order.currency,
        **decimal,
        "carrier": order.carrier,
        "tracking": order.tracking_number,
        "note": "",
        "channel": order.channel.value,
    }


def _choice(kind: Any, text: str, column: str) -> Any:
    wanted = text.strip().upper().replace(" ", "_")
    try:
        return kind(wanted)
    except ValueError:
        raise Invalid(
            _("“{text}” is no {column}. Use one of: {choices}.").format(
                text=text[:40], column=column, choices=", ".join(one.value for one in kind)
            )
        ) from None


def _placed(row: Mapping[str, str], now: datetime) -> datetime:
    at, ago = row.get("placed_at", "").strip(), row.get("placed_days_ago", "").strip()
    try:
        if at:
            placed = datetime.fromisoformat(at)
            placed = placed.astimezone(UTC) if placed.tzinfo else placed.replace(tzinfo=UTC)
        else:
            placed = now - timedelta(days=float(Decimal(ago)))
    except (ValueError, InvalidOperation, OverflowError):
        raise Invalid(
            _("“{text}” is no time. Give placed_at like 2026-01-31T12:00:00Z, or placed_days_ago like 12.5.").format(
                text=(at or ago)[:40]
            )
        ) from None
    if placed.year < FIRST_YEAR:
        raise Invalid(
            _("The order was placed in {year}, before {first}: that must be a mistake.").format(
                year=placed.year, first=FIRST_YEAR
            )
        )
    if placed > now:
        raise Invalid(_("The order lies in the future: {time}.").format(time=placed.isoformat()))
    return placed


def _lines(text: str, currency: str, products: Mapping[str, Sold]) -> tuple[QuoteLine, ...]:
    lines: list[QuoteLine] = []
    for part in (part.strip() for part in text.split("|") if part.strip()):
        sku, _colon, rest = part.partition(":")
        quantity, _colon, price = rest.partition(":")
        product = products.get(fold(sku))
        if product is None:
            raise Invalid(_("There is no product with the SKU “{sku}”. Import products first.").format(sku=sku[:64]))
        if not price and product.currency != currency:
            raise Invalid(
                _("{sku} is sold in {other}, not in {currency}: give its unit price.").format(
                    sku=product.sku, other=product.currency, currency=currency
                )
            )
        unit_price = parse_money(price, currency, field="lines") if price else product.price
        if unit_price < 0:
            raise Invalid(_("The unit price of {sku} is negative.").format(sku=product.sku))
        count = rules.check_quantity(quantity or "1")
        lines.append(QuoteLine(product.id, product.sku, product.name, product.ships, count, unit_price))
    if not lines:
        raise Invalid(_("The order has no lines. Write them like SKU:2|OTHER:1."))
    return tuple(lines)


def _adjustments(row: Mapping[str, str], currency: str) -> tuple[Adjustment, ...]:
    found = []
    for phase, label in PHASE_LABELS.items():
        text = row.get(phase.value, "").strip()
        amount = parse_money(text, currency, field=phase.value) if text else 0
        if amount:
            found.append(Adjustment(phase, "orders", IMPORTED, label, amount))
    return tuple(found)
