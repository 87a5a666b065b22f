"""A customer's refunds and returns as their personal data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from guildshop.errors import Refusal
from guildshop.i18n import _, ngettext
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.plugins.refunds import tables
from guildshop.plugins.refunds.api import ReturnRefused

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

OPEN_RETURN = "customer = :customer AND status IN ('REQUESTED', 'APPROVED', 'RECEIVED')"


class PersonalRefunds:
    """Answers the hook `register_personal_data` of customers."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app

    async def export(self, customer: Customer) -> object:
        """Return every refund and return of the customer's orders."""
        refunds = await self._rows(
            "SELECT r.order_number, r.state, r.amount, r.currency, r.reason, r.created, r.settled_at FROM refund r"
            " JOIN orders o ON o.store = r.store AND o.id = r.order_id"
            " WHERE r.store = :store AND o.customer = :customer ORDER BY r.created, r.id",
            customer,
        )
        returns = await self._rows(
            "SELECT order_number, status, reason, decision, created, updated FROM return_request"
            " WHERE store = :store AND customer = :customer ORDER BY created, id",
            customer,
        )
        return {"refunds": refunds, "returns": returns}

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what takes the customer's own words off their returns; refused while money or goods are on the way."""
        pending = await self._rows(
            "SELECT r.order_number FROM refund r JOIN orders o ON o.store = r.store AND o.id = r.order_id"
            " WHERE r.store = :store AND o.customer = :customer AND r.state = 'PENDING'",
            customer,
        )
        if pending:
            raise Refusal(
                _("A refund of order {number} is on its way to you. Wait until it is done, then ask again.").format(
                    number=pending[0]["order_number"]
                )
            )
        unfinished = ReturnRefused(_("A return of yours is not finished yet. Wait until it is, then ask again."))
        if await self._rows(f"SELECT id FROM return_request WHERE store = :store AND {OPEN_RETURN}", customer):
            raise unfinished

        def join(work: Work) -> None:
            # One may have been asked for since.
            work.guard(
                tables.ReturnRequest,
                set="version = version",
                where=OPEN_RETURN,
                rows=0,
                refusal=unfinished,
                customer=customer.id,
            )
            work.guard(
                tables.ReturnRequest,
                set="reason = '', version = version + 1",
                where="customer = :customer",
                rows=None,
                customer=customer.id,
            )

        return join

    async def merge(self, gone: Customer, kept: Customer, _member: int | None) -> Moving:
        """Return what moves the returns; refunds belong to orders."""
        returns = await self._rows("SELECT id FROM return_request WHERE store = :store AND customer = :customer", gone)

        def join(work: Work) -> None:
            work.guard(
                tables.ReturnRequest,
                set="customer = :kept, version = version + 1",
                where="customer = :gone",
                rows=None,
                gone=gone.id,
                kept=kept.id,
            )

        told = ngettext("{n} return", "{n} returns", len(returns)).format(n=len(returns))
        return Moving([told] if returns else [], join)

    async def _rows(self, sql: str, customer: Customer) -> list[dict[str, Any]]:
        return await self._app.database.fetch(sql, store=customer.store, customer=customer.id)
