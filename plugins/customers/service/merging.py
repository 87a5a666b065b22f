"""Merging two records of one person: everything goes to the one that stays, in one Work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from guildshop.errors import Forbidden, Invalid, Refusal
from guildshop.i18n import _, ngettext
from guildshop.isolation import isolated
from guildshop.permissions import Actor
from guildshop.plugins.customers import tables
from guildshop.plugins.customers.api import CUSTOMER_UPDATE, Customer, CustomersMerged, Moving
from guildshop.plugins.customers.rules.merging import merged
from guildshop.plugins.customers.rules.people import search_text
from guildshop.plugins.customers.service.addresses import Addresses, ensure_default
from guildshop.plugins.customers.service.editing import stale
from guildshop.plugins.customers.service.registering import end_links, searched, shown, taken
from guildshop.tenancy import current_store

MERGE = "customer.merge"
_COUNTED = ("revenue", "paid_orders", "last_order", "last_paid")
_FIGURES = "revenue, revenue_currency, paid_orders, last_order, last_paid, last_seen, display_name_by_staff, erased"


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge would do: which record goes, which stays, what moves in words, and the choice that is open."""

    gone: Customer
    kept: Customer
    moves: tuple[str, ...]
    members: tuple[int, ...] = ()
    """The two Discord members of whom one has to be chosen; empty where there is nothing to choose."""


class Merging(Addresses):
    """One person, one record."""

    async def plan_merge(self, actor: Actor, gone_id: UUID, kept_id: UUID) -> MergePlan:
        """Return what a merge would move, refusing what `merge` would refuse but for an open choice."""
        gone, kept = await self._mergeable(actor, gone_id, kept_id)
        moves = [told for moving in await self._moving(gone, kept) for told in moving.told]
        count = len(await self.addresses(gone.id))
        if count:
            moves.insert(0, ngettext("{n} address", "{n} addresses", count).format(n=count))
        return MergePlan(gone, kept, tuple(moves), _members(gone, kept))

    async def merge(
        self,
        actor: Actor,
        gone_id: UUID,
        kept_id: UUID,
        *,
        member: int | None = None,
        versions: tuple[int, int] | None = None,
    ) -> Customer:
        """Move everything of one record to the other, which is returned; the first one only leads to it from then on.

        Where both are Discord members, `member` says which of the two stays. `versions` are those of both as they were
        looked at.
        """
        gone, kept = await self._mergeable(actor, gone_id, kept_id)
        if versions is not None and versions != (gone.version, kept.version):
            raise stale(gone if versions[0] != gone.version else kept)
        if _members(gone, kept) and member not in _members(gone, kept):
            raise Invalid.field(
                "member", _("Both records are Discord members. Choose which of the two stays with the customer.")
            )
        if not _members(gone, kept):
            member = gone.discord_id or kept.discord_id
        theirs, ours = await self._figures(gone), await self._figures(kept)
        columns = self._columns(gone, kept, member, theirs, ours)
        moving = await self._moving(gone, kept, member)
        own = await self._own_addresses(gone, kept)
        async with self.app.work(actor) as work:
            self._empty(work, gone, kept, theirs)
            where, seen = _as_read(kept, ours)
            work.guard(
                tables.Customer,
                set=", ".join(f"{name} = :{name}" for name in columns) + ", version = version + 1",
                where=where,
                refusal=stale(kept),
                conflict=taken(),
                **seen,
                **columns,
            )
            own(work)
            for one in moving:
                one.join(work)
            # What was merged into the one that goes leads to the one that stays.
            work.guard(
                tables.Customer,
                set="merged_into = :kept",
                where="merged_into = :gone",
                rows=None,
                kept=kept.id,
                gone=gone.id,
            )
            after = shown({name: columns[name] for name in ("email", "phone", "discord_id", "tags", "username")})
            before = {"account_number": gone.account_number, "name": gone.name}
            work.audit("customer.merge", subject="customer", subject_id=kept.id, before=before, after=after)
            work.audit("customer.merged", subject="customer", subject_id=gone.id, after={"into": str(kept.id)})
            work.record(CustomersMerged(gone.id, kept.id))
        return await self._customer(actor.store, kept.id)

    # Within

    async def _mergeable(self, actor: Actor, gone_id: UUID, kept_id: UUID) -> tuple[Customer, Customer]:
        actor.require(CUSTOMER_UPDATE)
        actor.require(MERGE)
        gone, kept = await self._customer(actor.store, gone_id), await self._customer(actor.store, kept_id)
        if gone.id == kept.id:
            raise Invalid.field("customer", _("A customer cannot be merged with themselves. Choose another record."))
        for one in (gone, kept):
            self.ensure_present(one)
            if await self._erased(one):
                raise Refusal(
                    _("{number} was erased because the person wanted it: nothing can be merged with it.").format(
                        number=one.account_number
                    )
                )
        if gone.blocked != kept.blocked:
            raise Refusal(
                _("One of the two is blocked. Unblock it, or block the other one too, before you merge them.")
            )
        if gone.user is not None and kept.user is not None:
            raise Refusal(_("Both records are linked to a user. Unlink one of the users first."))
        if actor.discord_id is not None and actor.discord_id in {gone.discord_id, kept.discord_id}:
            raise Forbidden(_("You cannot merge your own record. Ask another member of the staff."))
        return gone, kept

    async def _moving(self, gone: Customer, kept: Customer, member: int | None = None) -> list[Moving]:
        found: list[Moving] = []
        for plugin, some in self.app.hooks("register_personal_data"):
            for data in some:
                if data.merge is not None:
                    with isolated(plugin, f"personal data {data.name}: merge"):
                        found.append(await data.merge(gone, kept, member))
        return found

    async def _erased(self, customer: Customer) -> bool:
        return bool((await self._figures(customer))["erased"])

    async def _figures(self, customer: Customer) -> dict[str, Any]:
        row = await self.app.database.fetch_one(
            f"SELECT {_FIGURES} FROM customer WHERE store = :store AND id = :id", store=current_store(), id=customer.id
        )
        return dict(row or {})

    def _columns(
        self, gone: Customer, kept: Customer, member: int | None, theirs: dict[str, Any], ours: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what the record that stays holds afterwards."""
        currency = self.app.stores.get(kept.store).currency
        columns = merged(gone, kept, member)
        columns |= merged_figures(theirs, ours, currency)
        columns["display_name_by_staff"] = bool(ours["display_name_by_staff"] or theirs["display_name_by_staff"])
        return columns | {"search": searched({**columns, "account_number": kept.account_number})}

    async def _own_addresses(self, gone: Customer, kept: Customer) -> Any:
        """Return what moves the addresses: those that the other record has already are not kept twice."""
        ours, theirs = await self.addresses(kept.id), await self.addresses(gone.id)
        known = {one.as_input for one in ours}
        twice = [one.id for one in theirs if one.as_input in known]

        def join(work: Any) -> None:
            for address in twice:
                work.delete(tables.Address, where="id = :id AND customer = :gone", id=address, gone=gone.id)
            for mark in ("is_default", "is_billing"):
                work.guard(
                    tables.Address,
                    set=f"{mark} = FALSE",
                    where=f"customer = :gone AND {mark} AND EXISTS (SELECT 1 FROM address AS a"
                    f" WHERE a.store = :store AND a.customer = :kept AND a.{mark})",
                    rows=None,
                    gone=gone.id,
                    kept=kept.id,
                )
            work.guard(
                tables.Address,
                set="customer = :kept, version = version + 1",
                where="customer = :gone",
                rows=None,
                conflict=stale(kept),
                gone=gone.id,
                kept=kept.id,
            )
            ensure_default(work, kept.id)

        return join

    def _empty(self, work: Any, gone: Customer, kept: Customer, figures: dict[str, Any]) -> None:
        """Leave a record that says nothing of the person, and leads to the other one."""
        texts = ("username", "display_name", "first_name", "last_name", "email", "phone", "notes", "tags")
        columns: dict[str, Any] = {
            **dict.fromkeys((*texts, "tags_key", "locale"), ""),
            "discord_id": None,
            "user_account": None,
            "email_key": None,
            "email_confirmed": False,
            "active": False,
            "dm_preferences": {},
            "email_preferences": {},
            "last_seen": None,
            "last_order": None,
            "last_paid": None,
            "revenue": 0,
            "revenue_currency": "",
            "paid_orders": 0,
            "merged_into": kept.id,
            "search": search_text(gone.account_number),
        }
        where, seen = _as_read(gone, figures)
        work.guard(
            tables.Customer,
            set=", ".join(f"{name} = :{name}" for name in columns) + ", version = version + 1",
            where=where,
            refusal=stale(gone),
            **seen,
            **columns,
        )
        for one in (gone, kept):
            end_links(work, one.id)


def _as_read(customer: Customer, figures: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the condition that a record is as it was read: sales are counted without a new version."""
    where, values = "id = :id AND version = :seen AND merged_into IS NULL", dict[str, Any]()
    for name in _COUNTED:
        if figures[name] is None:
            where += f" AND {name} IS NULL"
        else:
            where += f" AND {name} = :seen_{name}"
            values[f"seen_{name}"] = figures[name]
    return where, {"id": customer.id, "seen": customer.version, **values}


def merged_figures(gone: dict[str, Any], kept: dict[str, Any], currency: str) -> dict[str, Any]:
    """Return the purchases of both; of two currencies, those in the store's."""
    figures = {
        "paid_orders": gone["paid_orders"] + kept["paid_orders"],
        "revenue": kept["revenue"],
        "revenue_currency": kept["revenue_currency"],
    }
    if gone["revenue_currency"] == kept["revenue_currency"]:
        figures["revenue"] += gone["revenue"]
    elif gone["revenue_currency"] == currency or not kept["revenue_currency"]:
        figures |= {"revenue": gone["revenue"], "revenue_currency": gone["revenue_currency"]}
    for name in ("last_order", "last_paid", "last_seen"):
        figures[name] = max((one[name] for one in (gone, kept) if one[name] is not None), default=None)
    return figures


def _members(gone: Customer, kept: Customer) -> tuple[int, ...]:
    return () if gone.discord_id is None or kept.discord_id is None else (kept.discord_id, gone.discord_id)
