"""Customers from and to CSV files: all rows checked first, then all of them or none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Refusal
from guildshop.hookspecs import ImportReport, ProgressCallback
from guildshop.i18n import _
from guildshop.isolation import isolated
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CUSTOMER_READ, CUSTOMER_UPDATE, Customer, Source, WriteColumns
from guildshop.plugins.customers.rules import new_account_number
from guildshop.plugins.customers.rules.importing import CustomerRow, read_row
from guildshop.plugins.customers.service.reading import Reading
from guildshop.plugins.customers.service.records import ADDRESS_COLUMNS, CUSTOMER_COLUMNS, address_of, customer_of
from guildshop.plugins.customers.service.registering import end_links, searched, taken
from guildshop.plugins.customers.tables import Address as AddressTable
from guildshop.plugins.customers.tables import Customer as CustomerTable

if TYPE_CHECKING:
    from guildshop.database import Work

CHUNK = 500
_KEYS = ("discord_id", "email_key", "account_number")
_LABELS = {"discord_id": "discord_id", "email_key": "email", "account_number": "account_number"}
_ADDRESS = ("recipient", "company", "street", "street2", "city", "region", "postal_code", "country", "phone")
_NAMES = ("display_name", "username", "first_name", "last_name", "email", "phone", "account_number", "discord_id")

Checked = tuple[int, CustomerRow]
New = tuple[int, CustomerRow, UUID]
Problem = tuple[int, str]


class Importing(Reading):
    """Importing and exporting customers."""

    async def import_customers(
        self, actor: Actor, rows: Sequence[Mapping[str, str]], dry_run: bool, progress: ProgressCallback
    ) -> ImportReport:
        """Create the customers of a file, or change those it names by Discord ID or email; row 1 is the first one.

        What a row leaves empty stays as it is. Nothing is written while a single row is bad.
        """
        actor.require(CUSTOMER_UPDATE)
        checked, problems = await _check(rows, self.app.now(), progress)
        problems += _twice(checked)
        known, clashes = await self._known(actor.store, checked)
        problems += clashes
        wrong, write = await self._read_added(actor, rows, known)
        problems += wrong
        if problems or dry_run:
            return ImportReport(len(rows), 0, tuple(sorted(set(problems))))
        addresses = await self._saved_addresses(actor.store, [customer.id for customer in known.values()])
        created: list[New] = []
        changed = 0
        async with self.app.work(actor) as work:
            for number, row in checked:
                customer = known.get(number)
                if customer is None:
                    created.append((number, row, new_id()))
                else:
                    own = _update(work, customer, row, addresses.get(customer.id, ()))
                    changed += write(work, number, customer.id) or own
            await asyncio.to_thread(_create, work, created, write)
            work.audit("customer.import", subject="customer", after={"created": len(created), "changed": changed})
        return ImportReport(len(rows), len(created) + changed)

    async def export_customers(self, actor: Actor) -> AsyncIterator[Mapping[str, str]]:
        """Yield every customer as a row of the file that the import takes, with the default address."""
        actor.require(CUSTOMER_READ)
        now, after = self.app.now(), UUID(int=0)
        while True:
            rows = await self.app.database.fetch(
                f"SELECT {CUSTOMER_COLUMNS} FROM customer WHERE store = :store AND id > :after AND merged_into IS NULL"
                f" ORDER BY id LIMIT {CHUNK}",
                store=actor.store,
                after=after,
            )
            if not rows:
                return
            customers = [customer_of(row) for row in rows]
            addresses = await self._saved_addresses(actor.store, [customer.id for customer in customers])
            added = await self._export_added(actor.store, [customer.id for customer in customers])
            for customer in customers:
                row = _exported(customer, addresses.get(customer.id, ()), now)
                yield {**row, **added.get(customer.id, {})}
            after = customers[-1].id

    def added_columns(self) -> dict[str, str]:
        """Return the columns that plugins add to the file."""
        found = self.app.hooks("register_customer_columns")
        return {name: text for _plugin, some in found for added in some for name, text in added.columns.items()}

    async def _read_added(
        self, actor: Actor, rows: Sequence[Mapping[str, str]], known: Mapping[int, Customer]
    ) -> tuple[list[Problem], WriteColumns]:
        """Check what rows give of columns that plugins add; return what is wrong, and what writes a row."""
        problems: list[Problem] = []
        writers: list[WriteColumns] = []
        for plugin, some in self.app.hooks("register_customer_columns"):
            for added in some:
                given = []
                for number, row in enumerate(rows, 1):
                    texts = {name: row[name].strip() for name in added.columns if (row.get(name) or "").strip()}
                    if texts:
                        given.append((number, known[number].id if number in known else None, texts))
                if given and not self.app.stores.enabled(actor.store, plugin):
                    told = _("“{column}” belongs to the plugin {plugin}, which is switched off. Leave it empty.")
                    problems += [(one[0], told.format(column=next(iter(one[2])), plugin=plugin)) for one in given]
                elif given:
                    with isolated(plugin, "customer columns"):
                        wrong, write = await added.read(actor, given)
                    problems += wrong
                    writers.append(write)

        def write_all(work: Work, number: int, customer: UUID) -> bool:
            changes = [write(work, number, customer) for write in writers]
            return any(changes)

        return problems, write_all

    async def _export_added(self, store: int, customers: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
        found: dict[UUID, dict[str, str]] = {
            customer: dict.fromkeys(self.added_columns(), "") for customer in customers
        }
        for plugin, some in self.app.hooks("register_customer_columns"):
            for added in some if self.app.stores.enabled(store, plugin) else ():
                for customer, texts in (await added.export(customers)).items():
                    found[customer].update(texts)
        return found

    async def _known(self, store: int, checked: Sequence[Checked]) -> tuple[dict[int, Customer], list[Problem]]:
        """Return the customers that rows name, by row, and the rows that name two or take another one's number."""
        found: dict[str, dict[Any, Customer]] = {}
        for key in _KEYS:
            found[key] = await self._by_key(store, key, [row.columns[key] for _n, row in checked if key in row.columns])
        known: dict[int, Customer] = {}
        problems: list[Problem] = []
        for number, row in checked:
            named = {key: found[key].get(row.columns.get(key)) for key in _KEYS}
            customer = named["discord_id"] or named["email_key"]
            clash = next((key for key in _KEYS if named[key] is not None and named[key] != customer), None)
            if clash is None and customer and row.discord_id and customer.discord_id not in {None, row.discord_id}:
                clash = "email_key"
            if clash is not None:
                problems.append(
                    (
                        number,
                        _("The {column} “{value}” belongs to another customer. Correct it, or take it out.").format(
                            column=_LABELS[clash], value=row.columns[clash]
                        ),
                    )
                )
            elif customer is not None:
                known[number] = customer
        return known, problems

    async def _by_key(self, store: int, key: str, values: Sequence[Any]) -> dict[Any, Customer]:
        found: dict[Any, Customer] = {}
        for part in _chunks(values):
            rows = await self.app.database.fetch(
                f"SELECT {CUSTOMER_COLUMNS}, email_key FROM customer WHERE store = :store AND {key} IN :values",
                store=store,
                values=part,
            )
            found |= {row[key]: customer_of(row) for row in rows}
        return found

    async def _saved_addresses(self, store: int, customers: Sequence[UUID]) -> dict[UUID, list[Mapping[str, Any]]]:
        found: dict[UUID, list[Mapping[str, Any]]] = {}
        for part in _chunks(customers):
            rows = await self.app.database.fetch(
                f"SELECT {ADDRESS_COLUMNS} FROM address WHERE store = :store AND customer IN :customers"
                " ORDER BY is_default DESC, created, id",
                store=store,
                customers=part,
            )
            for row in rows:
                found.setdefault(row["customer"], []).append(row)
        return found


async def _check(
    rows: Sequence[Mapping[str, str]], now: datetime, progress: ProgressCallback
) -> tuple[list[Checked], list[Problem]]:
    """Check all rows, in a thread, since 100,000 of them take half a minute."""
    checked: list[Checked] = []
    problems: list[Problem] = []

    def check(start: int, part: Sequence[Mapping[str, str]]) -> None:
        for number, row in enumerate(part, start):
            try:
                checked.append((number, read_row(row, now)))
            except Refusal as refusal:
                problems.append((number, refusal.message))

    for begin in range(0, len(rows), CHUNK):
        await asyncio.to_thread(check, begin + 1, rows[begin : begin + CHUNK])
        progress(min(begin + CHUNK, len(rows)), len(rows), len(problems))
    return checked, problems


def _twice(checked: Sequence[Checked]) -> list[Problem]:
    """Return the rows whose Discord ID, email or account number an earlier row has."""
    seen: dict[tuple[str, Any], int] = {}
    problems: list[Problem] = []
    for number, row in checked:
        for key in _KEYS:
            value = row.columns.get(key)
            if value is None:
                continue
            first = seen.setdefault((key, value), number)
            if first != number:
                problems.append(
                    (
                        number,
                        _("The {column} “{value}” is in an earlier row already. Keep one of the two.").format(
                            column=_LABELS[key], value=value
                        ),
                    )
                )
    return problems


def _create(work: Work, rows: Sequence[New], write: WriteColumns) -> None:
    """Add new customers to the Work; called in a thread, so that a large file leaves the shop responsive."""
    customers, addresses = [], []
    for _number, row, key in rows:
        columns = _new_columns(row)
        customers.append(columns | {"id": key, "created": row.created or work.now})
        if row.address is not None:
            addresses.append(_address_columns(row, key, work.now, default=True))
    work.insert_many(CustomerTable, customers, conflict=taken())
    work.insert_many(AddressTable, addresses)
    for number, _row, key in rows:
        write(work, number, key)


def _new_columns(row: CustomerRow) -> dict[str, Any]:
    discord_id = row.discord_id
    columns: dict[str, Any] = {
        "discord_id": None,
        "username": "",
        "display_name": "",
        "first_name": "",
        "last_name": "",
        "email": "",
        "email_key": None,
        "phone": "",
        "source": (Source.EMAIL if discord_id is None else Source.DISCORD).value,
        "locale": "",
        "notes": "",
        "tags": "",
        "tags_key": "",
        "active": True,
        "blocked": False,
    }
    columns |= row.columns
    columns["account_number"] = row.account_number or new_account_number()
    columns["display_name_by_staff"] = bool(columns["display_name"]) and discord_id is None
    return columns | {"dm_preferences": {}, "search": searched(columns)}


def _update(work: Work, customer: Customer, row: CustomerRow, saved: Sequence[Mapping[str, Any]]) -> int:
    """Add what the row changes of a customer; return 1 if it changes anything."""
    before = {name: getattr(customer, name) for name in row.columns if name not in {"email_key", "tags_key", "tags"}}
    before["tags"] = ", ".join(customer.tags)
    columns = {name: value for name, value in row.columns.items() if name in before and value != before[name]}
    if "email" in columns:
        columns |= {"email_key": row.email_key, "email_confirmed": False}
    if "tags" in columns:
        columns["tags_key"] = row.columns["tags_key"]
    new_address = row.address is not None and not any(
        all(address[name] == getattr(row.address, name) for name in _ADDRESS if name != "phone") for address in saved
    )
    if columns:
        columns["search"] = searched({name: getattr(customer, name) for name in _NAMES} | columns)
        columns["version"] = customer.version + 1
        work.update(CustomerTable, customer.id, conflict=taken(), **columns)
    if "email" in columns:
        end_links(work, customer.id)
    if new_address:
        work.insert(AddressTable, **_address_columns(row, customer.id, work.now, default=not saved))
    return int(bool(columns or new_address))


def _address_columns(row: CustomerRow, customer: UUID, now: datetime, *, default: bool) -> dict[str, Any]:
    values = {name: getattr(row.address, name) for name in _ADDRESS}
    return values | {
        "id": new_id(),
        "customer": customer,
        "is_default": default,
        "is_billing": False,
        "created": now,
        "version": 1,
    }


def _exported(customer: Customer, addresses: Sequence[Mapping[str, Any]], now: datetime) -> Mapping[str, str]:
    row = {
        "discord_id": str(customer.discord_id or ""),
        "username": customer.username,
        "display_name": customer.display_name,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone": customer.phone,
        "account_number": customer.account_number,
        "source": customer.source.value,
        "language": customer.locale,
        "tags": "|".join(customer.tags),
        "notes": customer.notes,
        "active": str(customer.active).lower(),
        "blocked": str(customer.blocked).lower(),
        "created_days_ago": f"{(now - customer.created).total_seconds() / 86400:.4f}",
    }
    first = address_of(addresses[0]) if addresses else None
    return row | {
        "recipient": first.recipient if first else "",
        "street": first.street if first else "",
        "line2": first.street2 if first else "",
        "city": first.city if first else "",
        "state": first.region if first else "",
        "postal_code": first.postal_code if first else "",
        "country": first.country if first else "",
    }


def _chunks(values: Sequence[Any], size: int = 5000) -> Iterable[list[Any]]:
    for begin in range(0, len(values), size):
        yield list(values[begin : begin + size])
