"""What plugins add to customers, as they return it from the hooks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Forbidden
from guildshop.money import Money
from guildshop.permissions import Actor
from guildshop.plugins.customers.api.people import Customer

if TYPE_CHECKING:
    from guildshop.database import Work


@dataclass(frozen=True, slots=True)
class CustomerTab:
    """A tab of a customer's page, read when it is opened, by staff with the permission.

    `name` is part of its address. `template`, such as `reviews/customer_tab.html`, is shown with what
    `load(actor, customer)` returns, the `customer`, and all that a page has. The title is shown through `_()`.
    Tabs of the same name are one, the template of each below that of the one before it.
    """

    name: str
    title: str
    permission: str
    template: str
    load: Callable[[Actor, Customer], Awaitable[Mapping[str, Any]]]
    position: int = 100


@dataclass(frozen=True, slots=True)
class CustomerAction:
    """Something staff can do to a customer, offered as an icon in each row of the list of customers.

    `label` is what the icon is called, shown through `_()`. `path(customer)` is the page of the workspace that it
    leads to, and `offered(customers)` says for which of those on the list it is there.
    """

    name: str
    label: str
    permission: str
    path: Callable[[Customer], str]
    offered: Callable[[Sequence[Customer]], Awaitable[Collection[UUID]]]
    icon: str = "dot"
    position: int = 100


@dataclass(frozen=True, slots=True)
class Purchase:
    """One of a customer's last orders, in words."""

    number: str
    created: datetime
    status: str
    total: Money


@dataclass(frozen=True, slots=True)
class Purchases:
    """What a customer bought: paid minus refunded for each currency, how many orders were paid, the last ones."""

    revenue: tuple[Money, ...]
    orders: int
    last: tuple[Purchase, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """Something that counts purchases: this shop, or another one, shown side by side under `title`.

    `read(customer, last)` returns what it counted, with that many of the last orders; None where it knows nothing of
    the customer, and nothing is shown.
    """

    title: str
    permission: str
    read: Callable[[Customer, int], Awaitable[Purchases | None]]
    position: int = 100


@dataclass(frozen=True, slots=True)
class CustomerLink:
    """Somewhere else that a customer may be known.

    `describe(customer)` says in a few words whether they are; nothing where the store has no such place.
    """

    permission: str
    describe: Callable[[Customer], Awaitable[str]]
    position: int = 100


@dataclass(frozen=True, slots=True)
class Moving:
    """What moves with a merge: `told` says it to staff beforehand, `join` joins the Work in which it happens."""

    told: Sequence[str]
    join: Callable[[Work], None]


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What a plugin keeps about a person, for `/my-data`, `/forget-me` and merging two records of one person.

    `export(customer)` returns it as values that JSON can hold (times and IDs too). `erase(customer)` reads what it
    needs and returns what joins the Work in which everything of the customer is erased: what identifies the person
    goes, accounting rows stay. It may refuse, then nothing is erased. `name` is the key in the file.

    `merge(gone, kept, member)` reads what it needs to give everything of one record of a person to another one of the
    same person, and returns it as a `Moving`; `member` is the Discord member that stays, of those that the records had.
    It may refuse, then nothing is merged. Leave it out where nothing is kept by customer.
    """

    name: str
    export: Callable[[Customer], Awaitable[object]]
    erase: Callable[[Customer], Awaitable[Callable[[Work], None]]]
    merge: Callable[[Customer, Customer, int | None], Awaitable[Moving]] | None = None


class AccountFunction(StrEnum):
    """What customers do with their account themselves, and what a plugin may keep them from."""

    ADDRESSES = "ADDRESSES"
    """Adding, changing and deleting addresses."""
    EMAIL = "EMAIL"
    """Giving another email address."""


class FunctionBlocked(Forbidden):
    """The customer may not do this with their account themselves; staff may do it for them."""

    code = "function-blocked"


AccountGuard = Callable[[Customer, AccountFunction], Awaitable[None]]
"""Refuses, by `FunctionBlocked`, what a customer may not do with their account."""


@dataclass(frozen=True, slots=True)
class CustomerSection:
    """A part of the Overview of a customer's page, for staff with the permission.

    `template` is shown with what `load(actor, customer)` returns as `section`, the `customer`, and all that a page has.
    """

    name: str
    permission: str
    template: str
    load: Callable[[Actor, Customer], Awaitable[Mapping[str, Any]]]
    position: int = 100


@dataclass(frozen=True, slots=True)
class CustomerChoice:
    """Something that lists of customers are narrowed by: one choice of several.

    `name` is the parameter in addresses, `label` and `everything` (such as "All branches") are shown through `_()`.
    `choices()` returns (value, text) of the store in scope. `customers` is a query of the IDs of the customers that
    have a value, with `:store` and, for the value, `:` and the `name`; `read` makes the value of its text, and raises
    ValueError for a text that is none.
    """

    name: str
    label: str
    everything: str
    choices: Callable[[], Awaitable[Sequence[tuple[str, str]]]]
    customers: str
    read: Callable[[str], object] = str


WriteColumns = Callable[["Work", int, UUID], bool]
"""Adds to the Work what a row says of its customer; returns whether that changes anything."""


@dataclass(frozen=True, slots=True)
class CustomerColumns:
    """Columns of the CSV file of customers.

    `columns` maps each to what it holds. `read(actor, rows)` checks (number, customer or None for a new one, texts by
    column) of all rows that give any of them; it returns (number, sentence) of what is wrong, and what writes a row.
    `export(customers)` returns the texts by column for those customers that have any.
    """

    columns: Mapping[str, str]
    read: Callable[
        [Actor, Sequence[tuple[int, UUID | None, Mapping[str, str]]]],
        Awaitable[tuple[Sequence[tuple[int, str]], WriteColumns]],
    ]
    export: Callable[[Collection[UUID]], Awaitable[Mapping[UUID, Mapping[str, str]]]]
