"""What staff change of a customer: profile, tags, deactivation and blocking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from guildshop.errors import Refusal, Stale
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CUSTOMER_UPDATE, Customer, CustomerChange
from guildshop.plugins.customers.rules import (
    clean,
    clean_account_number,
    clean_discord_id,
    clean_email,
    clean_phone,
    clean_tags,
    email_key,
    tags_key,
)
from guildshop.plugins.customers.rules.people import NAME_LIMIT, NOTES_LIMIT
from guildshop.plugins.customers.service.registering import Registering, end_links, searched, shown, taken
from guildshop.plugins.customers.tables import Customer as CustomerTable


class Editing(Registering):
    """Changing customers on behalf of the shop."""

    async def change(
        self, actor: Actor, customer_id: UUID, change: CustomerChange, *, version: int | None = None
    ) -> Customer:
        """Change what `change` gives; refuse when somebody else changed the customer since `version`."""
        actor.require(CUSTOMER_UPDATE)
        before = await self._customer(actor.store, customer_id)
        self.ensure_present(before)
        if version is not None and version != before.version:
            raise stale(before)
        columns = _changed(before, change)
        if not columns:
            return before
        if "discord_id" in columns and before.discord_id is not None:
            raise Refusal(
                _("{customer} is the Discord member {member}. Make another customer for another member.").format(
                    customer=before.name, member=before.discord_id
                )
            )
        await self._refuse_taken(actor.store, columns, customer_id)
        async with self.app.work(actor) as work:
            assignments = ", ".join(f"{name} = :{name}" for name in columns)
            work.guard(
                CustomerTable,
                set=f"{assignments}, version = version + 1",
                where="id = :id AND version = :seen",
                refusal=stale(before),
                conflict=taken(),
                id=customer_id,
                seen=before.version,
                **columns,
            )
            if "email" in columns:
                end_links(work, customer_id)
            audited = shown(columns)
            old = {name: _old(before, name) for name in audited}
            work.audit(_action(columns), subject="customer", subject_id=customer_id, before=old, after=audited)
        return await self._customer(actor.store, customer_id)

    async def deactivate(self, actor: Actor, customer_id: UUID) -> Customer:
        """Deactivate the customer: nothing is deleted, but they can no longer order."""
        return await self.change(actor, customer_id, CustomerChange(active=False))

    async def reactivate(self, actor: Actor, customer_id: UUID) -> Customer:
        """Let a deactivated customer order again."""
        return await self.change(actor, customer_id, CustomerChange(active=True))

    async def block(self, actor: Actor, customer_id: UUID) -> Customer:
        """Block the customer, who is told so at the next attempt to use the shop."""
        return await self.change(actor, customer_id, CustomerChange(blocked=True))

    async def unblock(self, actor: Actor, customer_id: UUID) -> Customer:
        """Lift the block."""
        return await self.change(actor, customer_id, CustomerChange(blocked=False))

    async def tag(
        self, actor: Actor, customer_ids: Sequence[UUID], *, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> int:
        """Add and remove tags of many customers in one unit; return how many of them changed."""
        actor.require(CUSTOMER_UPDATE)
        added, removed = clean_tags(add), {fold(tag) for tag in remove}
        changes: list[tuple[Customer, dict[str, Any]]] = []
        for customer_id in dict.fromkeys(customer_ids):
            customer = await self._customer(actor.store, customer_id)
            self.ensure_present(customer)
            wanted = [tag for tag in customer.tags if fold(tag) not in removed]
            columns = _changed(customer, CustomerChange(tags=(*wanted, *added)))
            if columns:
                changes.append((customer, columns))
        async with self.app.work(actor) as work:
            for customer, columns in changes:
                work.guard(
                    CustomerTable,
                    set="tags = :tags, tags_key = :tags_key, version = version + 1",
                    where="id = :id AND version = :seen",
                    refusal=stale(customer),
                    id=customer.id,
                    seen=customer.version,
                    **columns,
                )
                work.audit(
                    "customer.tag",
                    subject="customer",
                    subject_id=customer.id,
                    before={"tags": ", ".join(customer.tags)},
                    after={"tags": columns["tags"]},
                )
        return len(changes)


def stale(customer: Customer) -> Stale:
    """Return the refusal of a change to a customer who was changed in the meantime."""
    return Stale(
        _("Somebody else changed {customer} in the meantime. Open the customer again, then repeat your change.").format(
            customer=customer.name
        )
    )


def _changed(before: Customer, change: CustomerChange) -> dict[str, Any]:
    """Return the columns that really change, clean, with those derived from them."""
    columns = {name: value for name, value in _cleaned(change).items() if value != _old(before, name)}
    if "email" in columns:
        columns |= {"email_key": email_key(columns["email"]), "email_confirmed": False}
    if "tags" in columns:
        columns["tags_key"] = tags_key(columns["tags"].split(", ") if columns["tags"] else ())
    if "display_name" in columns:
        columns["display_name_by_staff"] = bool(columns["display_name"])
    if columns.keys() & {"display_name", "first_name", "last_name", "email", "phone", "account_number", "discord_id"}:
        kept = ("display_name", "username", "first_name", "last_name", "email", "phone", "account_number", "discord_id")
        columns["search"] = searched({name: getattr(before, name) for name in kept} | columns)
    return columns


def _cleaned(change: CustomerChange) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for name, label in (
        ("display_name", _("Display name")),
        ("first_name", _("First name")),
        ("last_name", _("Last name")),
    ):
        value = getattr(change, name)
        if value is not None:
            cleaned[name] = clean(_camel(name), label, value, NAME_LIMIT)
    if change.email is not None:
        cleaned["email"] = clean_email(change.email)
    if change.phone is not None:
        cleaned["phone"] = clean_phone(change.phone)
    if change.account_number is not None:
        cleaned["account_number"] = clean_account_number(change.account_number) or None
    if change.notes is not None:
        cleaned["notes"] = clean("notes", _("Notes"), change.notes, NOTES_LIMIT, lines=True)
    if change.tags is not None:
        cleaned["tags"] = ", ".join(clean_tags(change.tags))
    if change.discord_id is not None:
        cleaned["discord_id"] = clean_discord_id(change.discord_id)
    if change.active is not None:
        cleaned["active"] = change.active
    if change.blocked is not None:
        cleaned["blocked"] = change.blocked
    return cleaned


def _old(customer: Customer, name: str) -> Any:
    if name == "tags":
        return ", ".join(customer.tags)
    if name == "account_number":
        return customer.account_number or None
    return getattr(customer, name)


def _action(columns: dict[str, Any]) -> str:
    if "blocked" in columns:
        return "customer.block" if columns["blocked"] else "customer.unblock"
    if "active" in columns:
        return "customer.reactivate" if columns["active"] else "customer.deactivate"
    return "customer.update"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
