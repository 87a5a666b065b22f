"""Finding customers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.folding import fold, like
from guildshop.i18n import _
from guildshop.paging import Slice, from_cursor, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import (
    CUSTOMER_READ,
    Customer,
    CustomerBlocked,
    CustomerFilter,
    CustomerInactive,
    CustomerStatus,
    CustomerType,
    CustomerUnknown,
)
from guildshop.plugins.customers.service.records import CUSTOMER_COLUMNS, customer_of
from guildshop.plugins.customers.tables import Customer as CustomerTable
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

COUNT_CAP = 1001
PAGE_LIMIT = 200


class Reading:
    """The queries on customers, all within the store in scope."""

    def __init__(self, app: App) -> None:
        """Belong to an application."""
        self.app = app

    async def get(self, customer_id: UUID) -> Customer:
        """Return the customer of that ID; refuse an unknown one."""
        return await self._customer(current_store(), customer_id)

    async def by_discord_id(self, discord_id: int) -> Customer | None:
        """Return the customer who is that Discord member, if there is one."""
        return await self._member(current_store(), discord_id)

    async def of_member(self, actor: Actor) -> Customer:
        """Return the acting member's own customer; refuse, pointing to /register, when there is none."""
        found = None if actor.discord_id is None else await self._member(actor.store, actor.discord_id)
        if found is None:
            raise CustomerUnknown(_("You are not registered in this shop yet. Use /register first."))
        return found

    async def get_many(self, ids: Collection[UUID]) -> dict[UUID, Customer]:
        """Return those of the customers that exist, by ID."""
        rows = await self.app.database.fetch(
            f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE store = :store AND id IN :ids",
            store=current_store(),
            ids=ids,
        )
        return {row["id"]: customer_of(row) for row in rows}

    async def find(self, actor: Actor, text: str, *, limit: int = 25) -> list[Customer]:
        """Return the customers in whose names, email, phone or account number the text occurs, newest first."""
        found = await self.list_customers(actor, CustomerFilter(text=text), limit=limit)
        return list(found.items)

    async def list_customers(
        self, actor: Actor, chosen: CustomerFilter | None = None, *, cursor: str = "", limit: int = 50
    ) -> Slice[Customer]:
        """Return customers that fit the filter, newest first, `limit` after the cursor."""
        actor.require(CUSTOMER_READ)
        where, values = _conditions(actor.store, chosen or CustomerFilter())
        if cursor:
            where += " AND (created, id) < (:created, :after)"
            values |= _after(cursor)
        size = min(max(limit, 1), PAGE_LIMIT)
        rows = await self.app.database.fetch(
            f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE {where} ORDER BY created DESC, id DESC LIMIT :size",
            size=size + 1,
            **values,
        )
        found = [customer_of(row) for row in rows[:size]]
        return Slice(found, to_cursor([found[-1].created.isoformat(), str(found[-1].id)]) if len(rows) > size else "")

    async def count(self, actor: Actor, chosen: CustomerFilter | None = None) -> int:
        """Return how many customers fit the filter, never more than 1,001."""
        actor.require(CUSTOMER_READ)
        where, values = _conditions(actor.store, chosen or CustomerFilter())
        row = await self.app.database.fetch_one(
            f"SELECT COUNT(*) AS found FROM (SELECT 1 FROM customer WHERE {where} LIMIT {COUNT_CAP}) AS capped",
            **values,
        )
        return int(row["found"]) if row else 0

    async def told_together(self, actor: Actor, *, tag: str = "", members: bool = False) -> list[UUID]:
        """Return the active customers with a tag, or all, who can be told something; `members`: of Discord only."""
        actor.require(CUSTOMER_READ)
        where, values = _conditions(actor.store, CustomerFilter(status=CustomerStatus.ACTIVE, tag=tag))
        reached = "discord_id IS NOT NULL" if members else "(discord_id IS NOT NULL OR email <> '')"
        rows = await self.app.database.fetch(
            f"SELECT id FROM customer WHERE {where} AND {reached} ORDER BY created, id", **values
        )
        return [row["id"] for row in rows]

    def ensure_can_order(self, customer: Customer) -> None:
        """Refuse a customer who was blocked or deactivated."""
        if customer.blocked:
            raise blocked()
        if not customer.active:
            raise inactive()

    def require_orderable(self, work: Work, customer_id: UUID) -> None:
        """Make the Work happen only if the customer is still active and not blocked."""
        work.require(CustomerTable, where="id = :id AND NOT blocked", refusal=blocked(), id=customer_id)
        work.require(CustomerTable, where="id = :id AND active", refusal=inactive(), id=customer_id)

    async def _customer(self, store: int, customer_id: UUID) -> Customer:
        row = await self.app.database.fetch_one(
            f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE store = :store AND id = :id", store=store, id=customer_id
        )
        if row is None:
            raise CustomerUnknown(_("There is no such customer in this shop."))
        return customer_of(row)

    async def _member(self, store: int, discord_id: int) -> Customer | None:
        row = await self.app.database.fetch_one(
            f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE store = :store AND discord_id = :discord_id",
            store=store,
            discord_id=discord_id,
        )
        return customer_of(row) if row else None


def blocked() -> CustomerBlocked:
    """Return the refusal that a blocked customer reads."""
    return CustomerBlocked(_("You are blocked in this shop. If you think that is a mistake, ask its staff."))


def inactive() -> CustomerInactive:
    """Return the refusal that a deactivated customer reads."""
    return CustomerInactive(_("Your customer account is deactivated. Ask the shop's staff to reactivate it."))


def _conditions(store: int, chosen: CustomerFilter) -> tuple[str, dict[str, Any]]:
    conditions, values = ["store = :store"], dict[str, Any](store=store)
    for index, word in enumerate(fold(chosen.text).split()[:8]):
        conditions.append(f"search LIKE :word{index} ESCAPE '!'")
        values[f"word{index}"] = like(word)
    if chosen.status is not None:
        conditions.append(
            {
                CustomerStatus.ACTIVE: "active AND NOT blocked",
                CustomerStatus.INACTIVE: "NOT active AND NOT blocked",
                CustomerStatus.BLOCKED: "blocked",
            }[chosen.status]
        )
    if chosen.type is not None:
        wanted = "IS NOT NULL" if chosen.type is CustomerType.REGISTERED else "IS NULL"
        conditions.append(f"discord_id {wanted}")
    if chosen.tag:
        conditions.append("tags_key LIKE :tag ESCAPE '!'")
        values["tag"] = f"%,{like(chosen.tag)[1:-1]},%"
    return " AND ".join(conditions), values


def _after(cursor: str) -> dict[str, Any]:
    created, after = from_cursor(cursor, 2)
    try:
        return {"created": datetime.fromisoformat(created), "after": UUID(after)}
    except ValueError:
        raise Invalid.field("cursor", _("This cursor belongs to no list. Start again from the first page.")) from None
