"""What discounts keep of a person: given out, and no longer theirs when they want to be forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Stale
from guildshop.i18n import _, ngettext
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.plugins.discounts import tables

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


class PersonalDiscounts:
    """Answers the hook `register_personal_data` of customers."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app

    async def export(self, customer: Customer) -> object:
        """Return the discounts assigned to the customer, and those that they used."""
        assigned = await self._app.database.fetch(
            "SELECT d.name, d.code, a.rule, a.total_allowed, a.used, a.expires, a.active, a.created"
            " FROM discount_assignment AS a JOIN discount AS d ON d.store = a.store AND d.id = a.discount"
            " WHERE a.store = :store AND a.customer = :customer ORDER BY a.created, a.id",
            store=customer.store,
            customer=customer.id,
        )
        used = await self._app.database.fetch(
            "SELECT d.name, d.code, u.amount, u.currency, u.created, u.given_back"
            " FROM discount_use AS u JOIN discount AS d ON d.store = u.store AND d.id = u.discount"
            " WHERE u.store = :store AND u.customer = :customer ORDER BY u.created, u.id",
            store=customer.store,
            customer=customer.id,
        )
        return {"assigned": [dict(row) for row in assigned], "used": [dict(row) for row in used]}

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what ends the customer's assignments; the uses stay, as the orders do, without a name."""

        def join(work: Work) -> None:
            work.guard(
                tables.DiscountAssignment,
                set="active = FALSE, ended = :now, version = version + 1",
                where="customer = :customer AND active",
                rows=None,
                customer=customer.id,
            )
            work.delete(tables.DiscountAttempt, where="customer = :customer", customer=customer.id)

        return join

    async def merge(self, gone: Customer, kept: Customer, _member: int | None) -> Moving:
        """Return what moves uses, their counters and assignments; of two of one discount, the other one's ends."""
        both: dict[str, Any] = {"gone": gone.id, "kept": kept.id}
        counters = await self._app.database.fetch(
            "SELECT discount, used FROM discount_customer WHERE store = :store AND customer = :gone ORDER BY discount",
            store=gone.store,
            gone=gone.id,
        )
        known = await self._app.database.fetch(
            "SELECT discount FROM discount_customer WHERE store = :store AND customer = :kept",
            store=gone.store,
            kept=kept.id,
        )
        ours = {row["discount"] for row in known}
        targeted = await self._targeted(gone, kept)
        open_now = await self._app.database.fetch_one(
            "SELECT COUNT(*) AS found FROM discount_assignment WHERE store = :store AND customer = :gone AND active",
            store=gone.store,
            gone=gone.id,
        )

        def join(work: Work) -> None:
            for row in counters:
                if row["discount"] in ours:
                    _add_used(work, row, gone, kept)
            # Those that the other record never used.
            work.guard(
                tables.DiscountCustomer,
                set="customer = :kept",
                where="customer = :gone",
                rows=None,
                conflict=_moved(),
                **both,
            )
            work.guard(
                tables.DiscountAssignment,
                set="active = FALSE, ended = :now, version = version + 1",
                where="customer = :gone AND active AND discount IN (SELECT a.discount FROM discount_assignment AS a"
                " WHERE a.store = :store AND a.customer = :kept AND a.active)",
                rows=None,
                **both,
            )
            for table in (tables.DiscountAssignment, tables.DiscountUse):
                work.guard(
                    table, set="customer = :kept", where="customer = :gone", rows=None, conflict=_moved(), **both
                )
            work.delete(tables.DiscountAttempt, where="customer = :gone", gone=gone.id)
            for discount in targeted:
                _retarget(work, *discount)

        uses, count = sum(row["used"] for row in counters), int(open_now["found"]) if open_now else 0
        told = [ngettext("{n} use of discounts", "{n} uses of discounts", uses).format(n=uses)] if uses else []
        if count:
            told.append(ngettext("{n} assigned discount", "{n} assigned discounts", count).format(n=count))
        return Moving(told, join)

    async def _targeted(self, gone: Customer, kept: Customer) -> list[tuple[UUID, int, list[str]]]:
        """Return the discounts that are for the record that goes, with whom they are for afterwards."""
        rows = await self._app.database.fetch(
            "SELECT id, version, targets FROM discount WHERE store = :store AND scope = 'CUSTOMERS'", store=gone.store
        )
        found = []
        for row in rows:
            targets = json.loads(row["targets"]) if isinstance(row["targets"], str | bytes) else row["targets"]
            if str(gone.id) in targets:
                wanted = [str(kept.id) if one == str(gone.id) else one for one in targets]
                found.append((row["id"], row["version"], list(dict.fromkeys(wanted))))
        return found


def _add_used(work: Work, row: Mapping[str, Any], gone: Customer, kept: Customer) -> None:
    """Count what the record that goes used of a discount with what the other one used."""
    work.guard(
        tables.DiscountCustomer,
        set="used = used + :used",
        where="discount = :discount AND customer = :kept",
        refusal=_moved(),
        discount=row["discount"],
        kept=kept.id,
        used=row["used"],
    )
    work.delete(
        tables.DiscountCustomer,
        where="discount = :discount AND customer = :gone AND used = :used",
        rows=1,
        refusal=_moved(),
        discount=row["discount"],
        gone=gone.id,
        used=row["used"],
    )


def _retarget(work: Work, key: UUID, version: int, targets: list[str]) -> None:
    """Let a discount that was for the record that goes be for the other one."""
    work.guard(
        tables.Discount,
        set="targets = :targets, version = version + 1",
        where="id = :id AND version = :version",
        refusal=_moved(),
        id=key,
        version=version,
        targets=targets,
    )


def _moved() -> Stale:
    return Stale(_("A discount of one of the two changed at the same moment. Try again."))
