"""Making, changing and finding discounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, Refusal, Stale
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.paging import Slice, from_cursor, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.discounts import rules, tables
from guildshop.plugins.discounts.api import (
    DISCOUNT_CREATE,
    DISCOUNT_READ,
    DISCOUNT_UPDATE,
    CodeTaken,
    Discount,
    DiscountInput,
    DiscountUnknown,
    DiscountUse,
)
from guildshop.plugins.discounts.service.records import (
    DISCOUNT_COLUMNS,
    columns_of,
    discount_of,
    key_in,
    told_of,
)
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

PAGE_LIMIT = 200
CHOICES = 25
"""As many as Discord shows."""


class Editing:
    """Discounts as staff see and change them."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    # Reading

    async def get(self, discount_id: UUID) -> Discount:
        """Return the discount of that ID; refuse an unknown one."""
        row = await self.app.database.fetch_one(
            f"SELECT {DISCOUNT_COLUMNS} FROM discount WHERE store = :store AND id = :id",
            store=current_store(),
            id=discount_id,
        )
        if row is None:
            raise unknown(str(discount_id))
        return discount_of(row)

    async def find(self, text: str) -> Discount:
        """Return the discount of that ID, code or name; refuse an unknown one."""
        key = key_in(text)
        rows: list[dict[str, Any]] = []
        if key is not None:
            rows = await self._select("id = :value", key)
        rows = rows or await self._select("code_key = :value", rules.code_key(text))
        if not rows:
            rows = await self._select("name = :value", " ".join(text.split()))
        if len(rows) != 1:
            raise unknown(text)
        return discount_of(rows[0])

    async def list_discounts(
        self, actor: Actor, *, text: str = "", cursor: str = "", limit: int = 50
    ) -> Slice[Discount]:
        """Return discounts in whose name or code the text occurs, newest first, `limit` after the cursor."""
        actor.require(DISCOUNT_READ)
        where, values = "store = :store", dict[str, Any](store=actor.store)
        if cursor:
            created, after = from_cursor(cursor, 2)
            where += " AND (created, id) < (:created, :after)"
            values |= {"created": _moment(created), "after": _key(after)}
        size, wanted = min(max(limit, 1), PAGE_LIMIT), fold(text)
        found: list[Discount] = []
        # Names are not kept folded: a store has some hundred discounts, not a million.
        cap = "" if wanted else f" LIMIT {size + 1}"
        rows = await self.app.database.fetch(
            f"SELECT {DISCOUNT_COLUMNS} FROM discount WHERE {where} ORDER BY created DESC, id DESC{cap}", **values
        )
        for row in rows:
            discount = discount_of(row)
            if wanted in fold(f"{discount.name} {discount.code}"):
                found.append(discount)
            if len(found) > size:
                break
        last = found[size - 1] if len(found) > size else None
        return Slice(found[:size], to_cursor([last.created.isoformat(), str(last.id)]) if last else "")

    async def search(self, actor: Actor, code: str) -> Sequence[Discount]:
        """Return the discount of a code, however it is written."""
        actor.require(DISCOUNT_READ)
        return [discount_of(row) for row in await self._select("code_key = :value", rules.code_key(code))]

    async def autocomplete(self, actor: Actor, text: str) -> Sequence[Discount]:
        """Return up to 25 discounts that are switched on, for staff who may see them."""
        if not actor.may(DISCOUNT_READ):
            return ()
        found = await self.list_discounts(actor, text=text, limit=100)
        return [discount for discount in found.items if discount.active][:CHOICES]

    async def uses(self, actor: Actor, discount_id: UUID, *, limit: int = 50) -> Sequence[DiscountUse]:
        """Return the latest uses of a discount."""
        actor.require(DISCOUNT_READ)
        rows = await self.app.database.fetch(
            "SELECT u.id, u.discount, u.order_id, u.customer, u.amount, u.currency, u.created, u.given_back,"
            " c.display_name, c.username, o.number FROM discount_use AS u"
            " JOIN customer AS c ON c.store = u.store AND c.id = u.customer"
            " LEFT JOIN orders AS o ON o.store = :store AND o.id = u.order_id"
            " WHERE u.store = :store AND u.discount = :discount ORDER BY u.created DESC, u.id DESC LIMIT :limit",
            store=actor.store,
            discount=discount_id,
            limit=min(max(limit, 1), PAGE_LIMIT),
        )
        return [
            DiscountUse(
                id=row["id"],
                discount=row["discount"],
                order=row["order_id"],
                customer=row["customer"],
                customer_name=row["display_name"] or row["username"] or "",
                order_number=row["number"] or "",
                amount=row["amount"],
                currency=row["currency"],
                created=row["created"],
                given_back=row["given_back"],
            )
            for row in rows
        ]

    # Writing

    async def create(self, actor: Actor, given: DiscountInput) -> Discount:
        """Make a discount; refuse a code that another one has."""
        actor.require(DISCOUNT_CREATE)
        now = self.app.now()
        checked = rules.check(given, self.app.stores.get(actor.store).currency, now)
        discount_id = new_id()
        async with self.app.work(actor) as work:
            work.insert(
                tables.Discount,
                conflict=taken(checked.code),
                id=discount_id,
                created=work.now,
                used=0,
                version=1,
                **columns_of(checked),
            )
            work.audit("discount.create", subject="discount", subject_id=discount_id, after=told_of(checked))
        return await self.get(discount_id)

    async def change(
        self, actor: Actor, discount_id: UUID, given: DiscountInput, *, version: int | None = None
    ) -> Discount:
        """Change a discount to what is given; `version` is the one that the actor saw.

        Summaries that promised it as it was are shown anew.
        """
        actor.require(DISCOUNT_UPDATE)
        before = await self.get(discount_id)
        if version is not None and version != before.version:
            raise stale(before)
        checked = rules.check(given, self.app.stores.get(actor.store).currency, self.app.now())
        if checked == before.as_input:
            return before
        columns = columns_of(checked)
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        old, new = told_of(before), told_of(checked)
        changed = [name for name in new if new[name] != old[name]]
        async with self.app.work(actor) as work:
            work.guard(
                tables.Discount,
                set=f"{assignments}, version = version + 1",
                where="id = :id AND version = :seen",
                refusal=stale(before),
                conflict=taken(checked.code),
                id=before.id,
                seen=before.version,
                **columns,
            )
            work.audit(
                "discount.update",
                subject="discount",
                subject_id=before.id,
                before={name: old[name] for name in changed},
                after={name: new[name] for name in changed},
                note=before.name,
            )
        return await self.get(discount_id)

    async def set_active(self, actor: Actor, discount_id: UUID, active: bool) -> Discount:
        """Switch a discount on or off."""
        before = await self.get(discount_id)
        return await self.change(actor, discount_id, replace(before.as_input, active=active), version=before.version)

    async def remove(self, actor: Actor, discount_id: UUID) -> bool:
        """Delete a discount that was never used nor assigned, else switch it off; return whether it was deleted."""
        actor.require(DISCOUNT_UPDATE)
        discount = await self.get(discount_id)
        if await self._is_referred_to(discount):
            await self.set_active(actor, discount_id, False)
            return False
        async with self.app.work(actor) as work:
            work.delete(
                tables.Discount,
                where="id = :id AND version = :seen AND used = 0",
                rows=1,
                refusal=stale(discount),
                id=discount.id,
                seen=discount.version,
            )
            work.audit("discount.delete", subject="discount", subject_id=discount.id, before=told_of(discount))
        return True

    # Within

    async def _select(self, condition: str, value: UUID | str) -> list[dict[str, Any]]:
        return await self.app.database.fetch(
            f"SELECT {DISCOUNT_COLUMNS} FROM discount WHERE store = :store AND {condition} LIMIT 2",
            store=current_store(),
            value=value,
        )

    async def _is_referred_to(self, discount: Discount) -> bool:
        row = await self.app.database.fetch_one(
            "SELECT (SELECT COUNT(*) FROM discount_use WHERE store = :store AND discount = :id)"
            " + (SELECT COUNT(*) FROM discount_assignment WHERE store = :store AND discount = :id) AS found",
            store=discount.store,
            id=discount.id,
        )
        return bool(row and row["found"])


def unknown(text: str) -> DiscountUnknown:
    """Return the refusal of a discount that is not there."""
    return DiscountUnknown(
        _("There is no discount “{text}” in this shop. Choose one from the suggestions.").format(text=text[:80])
    )


def taken(code: str) -> Refusal:
    """Return the refusal of a code that is in use."""
    return CodeTaken(
        _("Another discount has the code {code}. Choose another one, or change that discount.").format(code=code)
    )


def stale(discount: Discount) -> Stale:
    """Return the refusal of a change to a discount that was changed in the meantime."""
    return Stale(
        _("Somebody changed “{name}” since you opened it. Load it again, then repeat your change.").format(
            name=discount.name
        )
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong_cursor() from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise wrong_cursor() from None


def wrong_cursor() -> Invalid:
    """Return the refusal of a cursor that this list did not give out."""
    return Invalid.field("cursor", _("This cursor belongs to no list. Start again from the first page."))
