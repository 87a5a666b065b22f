"""Tracking numbers from a CSV file: every row checked first, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.errors import Invalid, Refusal
from guildshop.folding import fold
from guildshop.hookspecs import ImportReport, ProgressCallback
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import Order, ShipmentChange, ShippingStatus
from guildshop.plugins.orders.service.orders import OrderService
from guildshop.plugins.orders.service.packing import Packing

if TYPE_CHECKING:
    from guildshop.app import App

UPDATE = "order.update"
COLUMNS: Mapping[str, str] = {
    "number": lazy("The order's number."),
    "carrier": lazy("Who carries the parcel, such as UPS."),
    "tracking": lazy("The tracking number; spaces do not matter."),
    "status": lazy("LABEL_CREATED, SHIPPED or DELIVERED; empty: SHIPPED."),
    "items": lazy("What is in it, SKU:quantity with | between; empty: all that is in no parcel yet."),
}
REQUIRED = frozenset({"number", "carrier", "tracking"})
MOST_ROWS = 5_000
"""How many parcels one file takes: they are written at once."""


class TrackingFile:
    """The import of tracking numbers."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def run(
        self, actor: Actor, rows: Sequence[Mapping[str, str]], dry_run: bool, progress: ProgressCallback
    ) -> ImportReport:
        """Pack and send what the rows name; with a single bad row, nothing is written."""
        actor.require(UPDATE)
        if len(rows) > MOST_ROWS:
            raise Invalid(
                _("The file has {rows} rows; one import takes at most {most}. Split it.").format(
                    rows=len(rows), most=MOST_ROWS
                )
            )
        problems: list[tuple[int, str]] = []
        packings: dict[UUID, tuple[Order, Packing]] = {}
        for at, row in enumerate(rows, 1):
            try:
                await self._row(row, packings)
            except Refusal as refusal:
                problems.append((at, refusal.message))
            if at % 100 == 0 or at == len(rows):
                progress(at, len(rows), len(problems))
        if problems or dry_run:
            return ImportReport(len(rows), 0, tuple(problems))
        orders = self.app.get(OrderService)
        async with self.app.work(actor) as work:
            for _key, (order, packing) in sorted(packings.items()):
                if packing.changed:
                    orders.write_packing(work, order, packing)
        return ImportReport(len(rows), len(rows))

    async def _row(self, row: Mapping[str, str], packings: dict[UUID, tuple[Order, Packing]]) -> None:
        orders = self.app.get(OrderService)
        order = await orders.get(row.get("number", ""))
        if order.id not in packings:
            packings[order.id] = order, Packing(order, await orders.shipments(order.id), self.app.now())
        _order, packing = packings[order.id]
        change = orders.clean_change(
            order.store,
            ShipmentChange(
                status=_status(row.get("status", "")),
                carrier=row.get("carrier", ""),
                tracking_number=row.get("tracking", ""),
            ),
        )
        if not change.carrier or not change.tracking_number:
            raise Invalid(_("Carrier and tracking number are needed for order {number}.").format(number=order.number))
        packing.send(change, _items(order, row.get("items", "")))


def _status(text: str) -> ShippingStatus:
    wanted = text.strip().upper().replace(" ", "_") or ShippingStatus.SHIPPED.value
    allowed = (ShippingStatus.LABEL_CREATED, ShippingStatus.SHIPPED, ShippingStatus.DELIVERED)
    for status in allowed:
        if wanted == status.value:
            return status
    raise Invalid(
        _("“{text}” is no status of a parcel here. Use one of: {choices}.").format(
            text=text[:40], choices=", ".join(allowed)
        )
    )


def _items(order: Order, text: str) -> dict[UUID, int] | None:
    """Return the quantities by line; None where everything is meant."""
    parts = [part.strip() for part in text.split("|") if part.strip()]
    if not parts:
        return None
    lines = {fold(line.sku): line.id for line in order.lines}
    found: dict[UUID, int] = {}
    for part in parts:
        sku, _colon, quantity = part.partition(":")
        line = lines.get(fold(sku.strip()))
        if line is None:
            raise Invalid(_("Order {number} has no item “{sku}”.").format(number=order.number, sku=sku.strip()[:64]))
        found[line] = found.get(line, 0) + rules.check_quantity(quantity or "1")
    return found
