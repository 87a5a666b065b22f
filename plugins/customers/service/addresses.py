"""The addresses of a customer: exactly one is the default whenever there is at least one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, Refusal, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import (
    CUSTOMER_UPDATE,
    AccountFunction,
    Address,
    AddressCheck,
    AddressInput,
    AddressUnknown,
    Customer,
)
from guildshop.plugins.customers.rules import check_address, check_place
from guildshop.plugins.customers.service.reading import Reading, merged_away
from guildshop.plugins.customers.service.records import ADDRESS_COLUMNS, address_of
from guildshop.plugins.customers.tables import Address as AddressTable
from guildshop.plugins.customers.tables import Customer as CustomerTable
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

ADDRESS_LIMIT = 25
"""How many addresses a customer may have: as many as a select of Discord shows."""

_FIELDS = ("recipient", "company", "street", "street2", "city", "region", "postal_code", "country", "phone")

_NO_DEFAULT = (
    "id = (SELECT a.id FROM address AS a WHERE a.store = :store AND a.customer = :customer"
    " ORDER BY a.created, a.id LIMIT 1)"
    " AND NOT EXISTS (SELECT 1 FROM address AS d WHERE d.store = :store AND d.customer = :customer AND d.is_default)"
)
"""The oldest address of a customer who has no default one."""


_THE_LOCKED = "(SELECT c.id FROM customer AS c WHERE c.store = :store AND c.id = :customer)"
"""The customer that `_lock` locked: reading the row again, PostgreSQL looks at the addresses only once it is ours."""


class Addresses(Reading):
    """Adding, changing and removing addresses: the customer's own, or staff for them."""

    async def addresses(self, customer_id: UUID) -> list[Address]:
        """Return a customer's addresses, the default one first, then in the order in which they were added."""
        rows = await self.app.database.fetch(
            f"SELECT {ADDRESS_COLUMNS} FROM address WHERE store = :store AND customer = :customer"
            " ORDER BY is_default DESC, created, id",
            store=current_store(),
            customer=customer_id,
        )
        return [address_of(row) for row in rows]

    async def address(self, address_id: UUID) -> Address:
        """Return the address of that ID; refuse an unknown one."""
        return await self._address(current_store(), address_id)

    async def own_address(self, actor: Actor, address_id: UUID) -> Address:
        """Return an address of the acting member; refuse anybody else's as one that does not exist."""
        address = await self._address(actor.store, address_id)
        if (await self._customer(actor.store, address.customer)).discord_id != actor.discord_id:
            raise _unknown()
        return address

    def check_address(self, given: AddressInput) -> AddressCheck:
        """Return the address tidied, and as its country would write it where that differs; refuse a wrong one."""
        return check_address(given)

    def check_place(self, country: str, region: str, postal_code: str) -> AddressInput:
        """Return country, region and postal code tidied, with nothing else; refuse a place that does not exist."""
        return check_place(country, region, postal_code)

    async def add_address(self, actor: Actor, customer_id: UUID, given: AddressInput) -> Address:
        """Save an address as it is given, tidied; the first one becomes the default."""
        await self._allow(actor, await self._customer(actor.store, customer_id))
        tidy = check_address(given).given
        existing = await self.app.database.fetch_one(
            "SELECT COUNT(*) AS found FROM address WHERE store = :store AND customer = :customer",
            store=actor.store,
            customer=customer_id,
        )
        if existing and existing["found"] >= ADDRESS_LIMIT:
            raise Refusal(
                _(
                    "{limit} addresses are saved already, which is the most. Delete one you no longer need first."
                ).format(limit=ADDRESS_LIMIT)
            )
        address_id = new_id()
        async with self.app.work(actor) as work:
            _lock(work, customer_id)
            work.insert(
                AddressTable, id=address_id, customer=customer_id, created=work.now, version=1, **_columns(tidy)
            )
            ensure_default(work, customer_id)
            work.audit("address.add", subject="customer", subject_id=customer_id, note=str(address_id))
        return await self._address(actor.store, address_id)

    async def update_address(
        self, actor: Actor, address_id: UUID, given: AddressInput, *, version: int | None = None
    ) -> Address:
        """Change an address; orders keep the copy that they were placed with."""
        before = await self._address(actor.store, address_id)
        await self._allow(actor, await self._customer(actor.store, before.customer))
        if version is not None and version != before.version:
            raise _stale()
        columns = _columns(check_address(given).given)
        changed = {name: value for name, value in columns.items() if getattr(before, name) != value}
        if not changed:
            return before
        async with self.app.work(actor) as work:
            work.guard(
                AddressTable,
                set=", ".join(f"{name} = :{name}" for name in changed) + ", version = version + 1",
                where="id = :id AND version = :seen",
                refusal=_stale(),
                id=address_id,
                seen=before.version,
                **changed,
            )
            work.audit("address.update", subject="customer", subject_id=before.customer, note=str(address_id))
        return await self._address(actor.store, address_id)

    async def use_suggestion(self, actor: Actor, address_id: UUID) -> Address:
        """Write a saved address as its country would; nothing changes where that is the same."""
        address = await self._address(actor.store, address_id)
        suggestion = check_address(address.as_input).suggestion
        return address if suggestion is None else await self.update_address(actor, address_id, suggestion)

    async def delete_address(self, actor: Actor, address_id: UUID) -> None:
        """Delete an address; when it was the default, the oldest of the others takes its place."""
        address = await self._address(actor.store, address_id)
        await self._allow(actor, await self._customer(actor.store, address.customer))
        async with self.app.work(actor) as work:
            _lock(work, address.customer)
            work.delete(AddressTable, where="id = :id", rows=1, refusal=_unknown(), id=address_id)
            ensure_default(work, address.customer)
            work.audit("address.delete", subject="customer", subject_id=address.customer, note=str(address_id))

    async def set_default(self, actor: Actor, address_id: UUID) -> Address:
        """Ship to this address unless told otherwise."""
        return await self._mark(actor, address_id, "is_default")

    async def set_billing(self, actor: Actor, address_id: UUID) -> Address:
        """Use this as the customer's one billing address."""
        return await self._mark(actor, address_id, "is_billing")

    async def _mark(self, actor: Actor, address_id: UUID, mark: str) -> Address:
        address = await self._address(actor.store, address_id)
        await self._allow(actor, await self._customer(actor.store, address.customer))
        async with self.app.work(actor) as work:
            _lock(work, address.customer)
            work.guard(
                AddressTable,
                set=f"{mark} = FALSE",
                where=f"customer = {_THE_LOCKED} AND {mark} AND id <> :id",
                rows=None,
                customer=address.customer,
                id=address_id,
            )
            work.guard(AddressTable, set=f"{mark} = TRUE", where="id = :id", refusal=_unknown(), id=address_id)
            work.audit("address.update", subject="customer", subject_id=address.customer, after={mark: str(address_id)})
        return await self._address(actor.store, address_id)

    async def _allow(self, actor: Actor, customer: Customer) -> None:
        if actor.discord_id is not None and actor.discord_id == customer.discord_id:
            await self.require_function(actor, customer, AccountFunction.ADDRESSES)
            return
        if not actor.is_staff:
            raise Forbidden(_("These are somebody else's addresses."))
        actor.require(CUSTOMER_UPDATE)
        self.ensure_present(customer)

    async def _address(self, store: int, address_id: UUID) -> Address:
        row = await self.app.database.fetch_one(
            f"SELECT {ADDRESS_COLUMNS} FROM address WHERE store = :store AND id = :id", store=store, id=address_id
        )
        if row is None:
            raise _unknown()
        return address_of(row)


def _lock(work: Work, customer_id: UUID) -> None:
    """Let one unit at a time change a customer's addresses, so that each sees what the other left as default."""
    work.guard(
        CustomerTable,
        set="version = version",
        where="id = :id AND merged_into IS NULL",
        refusal=merged_away(),
        id=customer_id,
    )


def ensure_default(work: Work, customer_id: UUID) -> None:
    """Make the oldest address the default where none is."""
    work.guard(AddressTable, set="is_default = TRUE", where=_NO_DEFAULT, rows=None, customer=customer_id)


def _columns(given: AddressInput) -> dict[str, Any]:
    return {name: getattr(given, name) for name in _FIELDS}


def _unknown() -> AddressUnknown:
    return AddressUnknown(_("This address no longer exists. Look at /address-list."))


def _stale() -> Stale:
    return Stale(_("This address was changed in the meantime. Look at it again, then repeat your change."))
