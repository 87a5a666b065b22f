"""Finding customers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.folding import fold, like
from guildshop.i18n import _
from guildshop.isolation import isolated
from guildshop.paging import Slice, from_cursor, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import (
    CUSTOMER_READ,
    AccountFunction,
    Customer,
    CustomerBlocked,
    CustomerChoice,
    CustomerFilter,
    CustomerInactive,
    CustomerMerged,
    CustomerSort,
    CustomerStatus,
    CustomerType,
    CustomerUnknown,
)
from guildshop.plugins.customers.service.records import CUSTOMER_COLUMNS, customer_of
from guildshop.plugins.customers.service.searching import conditions_of, in_order
from guildshop.plugins.customers.tables import Customer as CustomerTable
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

REGISTERED = "discord_id IS NOT NULL OR user_account IS NOT NULL"
Conditions = tuple[str, dict[str, Any]]
Last = tuple[Any, UUID] | None
_SORTED_BY = {
    CustomerSort.CREATED: "created",
    CustomerSort.SPEND: "revenue",
    CustomerSort.LAST_ORDER: "last_order",
}
COUNT_CAP = 1001
PAGE_LIMIT = 200
NAMESAKES = 5000
SEEN_EVERY = timedelta(hours=1)
"""How exactly the last-seen time is kept."""


class Reading:
    """The queries on customers, all within the store in scope."""

    def __init__(self, app: App) -> None:
        """Belong to an application."""
        self.app = app

    async def get(self, customer_id: UUID) -> Customer:
        """Return the customer of that ID; refuse an unknown one."""
        return await self._customer(current_store(), customer_id)

    async def at(self, written: str) -> Customer:
        """Return the customer of the ID that stands in an address; refuse what is none."""
        try:
            key = UUID(written)
        except ValueError:
            raise unknown() from None
        return await self.get(key)

    async def records_of(self, customer_id: UUID) -> list[UUID]:
        """Return a customer's record and those that were merged into it."""
        rows = await self.app.database.fetch(
            "SELECT id FROM customer WHERE store = :store AND merged_into = :customer ORDER BY id",
            store=current_store(),
            customer=customer_id,
        )
        return [customer_id, *(row["id"] for row in rows)]

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

    async def ids_found(self, text: str, limit: int) -> list[UUID]:
        """Return the IDs that `find` would, to a plugin that looks for rows of its own and has its own permission."""
        where, values = await self._conditions(current_store(), CustomerFilter(text=text))
        rows = await self.app.database.fetch(
            f"SELECT id FROM customer WHERE {where}"
            f" ORDER BY {in_order('created', values)} DESC, {in_order('id', values)} DESC LIMIT {limit:d}",
            **values,
        )
        return [row["id"] for row in rows]

    async def find_one(self, actor: Actor, text: str, *, field: str = "customer") -> Customer:
        """Return the customer of that ID, account number, username, email, phone or Discord ID; refuse, at `field`."""
        wanted = text.strip().lstrip("@")
        try:
            found = await self._customer(actor.store, UUID(wanted))
        except ValueError:
            pass
        else:
            self.ensure_present(found)
            return found
        actor.require(CUSTOMER_READ)
        word = fold(wanted)
        where, values = await self._conditions(actor.store, CustomerFilter(text=wanted))
        # Hundreds may have it somewhere, few as a word of their own.
        rows = await self.app.database.fetch(
            f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE {where} AND ' ' || search || ' ' LIKE :whole ESCAPE '!'"
            f" LIMIT {NAMESAKES}",
            whole=f"% {like(wanted)[1:-1]} %",
            **values,
        )
        exact = [
            one
            for one in map(customer_of, rows)
            if word
            in {fold(one.account_number), fold(one.username), fold(one.email), one.phone, str(one.discord_id or "")}
        ]
        if len(exact) != 1 or not word:
            raise Invalid.field(
                field,
                _("“{text}” is no account number, username, email or phone number of one customer here.").format(
                    text=text.strip()[:80]
                ),
            )
        return exact[0]

    async def list_customers(
        self,
        actor: Actor,
        chosen: CustomerFilter | None = None,
        *,
        cursor: str = "",
        limit: int = 50,
        sort: CustomerSort = CustomerSort.CREATED,
    ) -> Slice[Customer]:
        """Return customers that fit the filter, newest first unless sorted otherwise, `limit` after the cursor."""
        actor.require(CUSTOMER_READ)
        size = min(max(limit, 1), PAGE_LIMIT)
        conditions = await self._conditions(actor.store, chosen or CustomerFilter())
        last = _after(cursor, sort) if cursor else None
        if sort is CustomerSort.LAST_ORDER:
            rows = [] if last and last[0] is None else await self._sorted(conditions, sort, last, size + 1)
            if len(rows) <= size:
                seen = last[1] if last and last[0] is None else None
                rows += await self._without_order(conditions, seen, size + 1 - len(rows))
        else:
            rows = await self._sorted(conditions, sort, last, size + 1)
        found = [customer_of(row) for row in rows[:size]]
        return Slice(found, _cursor(found[-1], sort) if len(rows) > size else "")

    async def _sorted(self, conditions: Conditions, sort: CustomerSort, last: Last, size: int) -> list[dict[str, Any]]:
        (where, values), column = conditions, _SORTED_BY[sort]
        if sort is CustomerSort.LAST_ORDER:
            where += " AND last_order IS NOT NULL"
        if last is not None:
            where += f" AND ({column}, id) < (:last, :after)"
            values = values | {"last": last[0], "after": last[1]}
        return await self.app.database.fetch(
            f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE {where}"
            f" ORDER BY {in_order(column, values)} DESC, {in_order('id', values)} DESC LIMIT :size",
            size=size,
            **values,
        )

    async def _without_order(self, conditions: Conditions, after: UUID | None, size: int) -> list[dict[str, Any]]:
        """Return those who never ordered: the two databases differ on where nothing sorts, so they come by hand."""
        where, values = conditions
        if after is not None:
            where, values = f"{where} AND id < :after", values | {"after": after}
        return await self.app.database.fetch(
            f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE {where} AND last_order IS NULL"
            f" ORDER BY {in_order('id', values)} DESC LIMIT :size",
            size=size,
            **values,
        )

    async def count(self, actor: Actor, chosen: CustomerFilter | None = None) -> int:
        """Return how many customers fit the filter, never more than 1,001."""
        actor.require(CUSTOMER_READ)
        where, values = await self._conditions(actor.store, chosen or CustomerFilter())
        # The index of all texts has no versions, so that SQLite reads those that were found rather than all of it.
        read = "version" if "pieces" in values else "1"
        row = await self.app.database.fetch_one(
            f"SELECT COUNT(*) AS found FROM (SELECT {read} FROM customer WHERE {where} LIMIT {COUNT_CAP}) AS capped",
            **values,
        )
        return int(row["found"]) if row else 0

    async def matching(self, actor: Actor, chosen: CustomerFilter, limit: int) -> list[tuple[UUID, str]]:
        """Return the ID and name of every customer that fits the filter, oldest first, at most `limit`."""
        actor.require(CUSTOMER_READ)
        where, values = await self._conditions(actor.store, chosen)
        rows = await self.app.database.fetch(
            f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE {where} ORDER BY created, id LIMIT :most",
            most=limit,
            **values,
        )
        return [(customer.id, customer.name or customer.account_number) for customer in map(customer_of, rows)]

    async def told_together(self, actor: Actor, *, tag: str = "", members: bool = False) -> list[UUID]:
        """Return the active customers with a tag, or all, who can be told something; `members`: of Discord only."""
        actor.require(CUSTOMER_READ)
        where, values = await self._conditions(actor.store, CustomerFilter(status=CustomerStatus.ACTIVE, tag=tag))
        reached = "discord_id IS NOT NULL" if members else "(discord_id IS NOT NULL OR email <> '')"
        rows = await self.app.database.fetch(
            f"SELECT id FROM customer WHERE {where} AND {reached} ORDER BY created, id", **values
        )
        return [row["id"] for row in rows]

    def ensure_present(self, customer: Customer) -> None:
        """Refuse a record that was merged into another one."""
        if customer.merged_into is not None:
            raise CustomerMerged(
                _("{number} was merged into another record of the same person. Open that one.").format(
                    number=customer.account_number
                )
            )

    def ensure_can_order(self, customer: Customer) -> None:
        """Refuse a customer who was blocked or deactivated."""
        if customer.blocked:
            raise blocked()
        if not customer.active:
            raise inactive()

    def require_present(self, work: Work, customer_id: UUID) -> None:
        """Make the Work happen only if the record was not merged into another one meanwhile."""
        work.require(CustomerTable, where="id = :id AND merged_into IS NULL", refusal=merged_away(), id=customer_id)

    def require_orderable(self, work: Work, customer_id: UUID) -> None:
        """Make the Work happen only if the customer is still active and not blocked."""
        work.require(CustomerTable, where="id = :id AND NOT blocked", refusal=blocked(), id=customer_id)
        work.require(CustomerTable, where="id = :id AND active", refusal=inactive(), id=customer_id)

    def choices(self, store: int) -> list[CustomerChoice]:
        """Return what plugins let lists be narrowed by in a store."""
        found = self.app.hooks("register_customer_choices")
        return [choice for plugin, some in found if self.app.stores.enabled(store, plugin) for choice in some]

    async def require_function(self, actor: Actor, customer: Customer, function: AccountFunction) -> None:
        """Refuse what plugins keep a customer from doing; staff, and whoever is not the customer, are not kept."""
        if actor.discord_id is None or actor.discord_id != customer.discord_id:
            return
        for plugin, guards in self.app.hooks("register_account_guards"):
            if self.app.stores.enabled(actor.store, plugin):
                for guard in guards:
                    with isolated(plugin, "account guard"):
                        await guard(customer, function)

    async def _conditions(self, store: int, chosen: CustomerFilter) -> Conditions:
        worded, given = await conditions_of(self.app.database, chosen.text)
        where, values = _conditions(store, chosen)
        where, values = " AND ".join([where, *worded]), values | given
        for choice in self.choices(store) if chosen.choices else ():
            if chosen.choices.get(choice.name):
                try:
                    values[choice.name] = choice.read(chosen.choices[choice.name])
                except ValueError:
                    return f"{where} AND 1 = 0", values
                where += f" AND customer.id IN ({choice.customers})"
        return where, values

    async def _customer(self, store: int, customer_id: UUID) -> Customer:
        row = await self.app.database.fetch_one(
            f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE store = :store AND id = :id", store=store, id=customer_id
        )
        if row is None:
            raise unknown()
        return customer_of(row)

    async def _member(self, store: int, discord_id: int) -> Customer | None:
        row = await self.app.database.fetch_one(
            f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE store = :store AND discord_id = :discord_id",
            store=store,
            discord_id=discord_id,
        )
        return customer_of(row) if row else None


def unknown() -> CustomerUnknown:
    """Return the refusal of a customer who is not there."""
    return CustomerUnknown(_("There is no such customer in this shop."))


def merged_away() -> CustomerMerged:
    """Return the refusal of a change to a record that was merged into another one at the same moment."""
    return CustomerMerged(_("This record was merged into another one of the same person. Open that one."))


def blocked() -> CustomerBlocked:
    """Return the refusal that a blocked customer reads."""
    return CustomerBlocked(_("You are blocked in this shop. If you think that is a mistake, ask its staff."))


def blocked_for_staff(customer: Customer) -> CustomerBlocked:
    """Return the refusal that staff read who want to do something with a blocked customer."""
    return CustomerBlocked(_("{customer} is blocked. Unblock them first.").format(customer=customer.name))


def inactive() -> CustomerInactive:
    """Return the refusal that a deactivated customer reads."""
    return CustomerInactive(_("Your customer account is deactivated. Ask the shop's staff to reactivate it."))


def _conditions(store: int, chosen: CustomerFilter) -> Conditions:
    conditions, values = ["customer.store = :store AND merged_into IS NULL"], dict[str, Any](store=store)
    if chosen.status is not None:
        conditions.append(
            {
                CustomerStatus.ACTIVE: "active AND NOT blocked",
                CustomerStatus.INACTIVE: "NOT active AND NOT blocked",
                CustomerStatus.BLOCKED: "blocked",
            }[chosen.status]
        )
    if chosen.type is not None:
        wanted = "" if chosen.type is CustomerType.REGISTERED else "NOT "
        conditions.append(f"{wanted}({REGISTERED})")
    if chosen.tag:
        conditions.append("tags_key LIKE :tag ESCAPE '!'")
        values["tag"] = f"%,{like(chosen.tag)[1:-1]},%"
    return " AND ".join(conditions), values


def _cursor(last: Customer, sort: CustomerSort) -> str:
    value = getattr(last, _SORTED_BY[sort])
    text = value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)
    return to_cursor([sort.value, text, str(last.id)])


def _after(cursor: str, sort: CustomerSort) -> tuple[Any, UUID]:
    """Return the sorted value and the ID of the last customer seen; the value is None where there was none."""
    given, text, after = from_cursor(cursor, 3)
    try:
        if given != sort.value:
            raise ValueError(given)
        if sort is CustomerSort.SPEND:
            if len(text) > 20 or abs(int(text)) >= 2**63:
                raise ValueError(text)
            return int(text), UUID(after)
        if not text and sort is CustomerSort.LAST_ORDER:
            return None, UUID(after)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), UUID(after)
    except ValueError:
        raise Invalid.field("cursor", _("This cursor belongs to no list. Start again from the first page.")) from None
