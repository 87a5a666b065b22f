"""What the shop knows of a person: given out to themselves, and erased when they want it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers import tables
from guildshop.plugins.customers.api import Customer, PersonalData
from guildshop.plugins.customers.rules import search_text
from guildshop.plugins.customers.service.addresses import Addresses
from guildshop.plugins.customers.service.editing import stale

if TYPE_CHECKING:
    from guildshop.database import Work

ERASED = "Erased customer"
CONFIRMATION = "FORGET ME"
TEXTS = ("username", "first_name", "last_name", "email", "phone", "notes", "tags", "tags_key")


class Personal(Addresses):
    """A member's own data."""

    async def my_data(self, actor: Actor) -> dict[str, object]:
        """Return everything that the plugins keep about the acting member, by what each calls it."""
        customer = await self.of_member(actor)
        return {"profile": await self._profile(customer)} | {
            kept.name: await kept.export(customer) for kept in self._personal_data()
        }

    async def forget(self, actor: Actor, typed: str) -> None:
        """Erase what identifies the acting member, everywhere at once; orders stay, without a name."""
        if typed.strip().upper() != CONFIRMATION:
            raise Invalid.field(
                "typed", _("Type {words} to have your data erased. Nothing was erased.").format(words=CONFIRMATION)
            )
        customer = await self.of_member(actor)
        joins = [await kept.erase(customer) for kept in self._personal_data()]
        async with self.app.work(Actor.system(actor.store, "customers.forget", origin=actor.origin)) as work:
            self._erase(work, customer)
            for join in joins:
                join(work)

    def _personal_data(self) -> list[PersonalData]:
        return [kept for _plugin, found in self.app.hooks("register_personal_data") for kept in found]

    async def _profile(self, customer: Customer) -> dict[str, Any]:
        return {
            "discord_id": customer.discord_id,
            "username": customer.username,
            "display_name": customer.display_name,
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "email": customer.email,
            "email_confirmed": customer.email_confirmed,
            "phone": customer.phone,
            "account_number": customer.account_number,
            "source": customer.source,
            "locale": customer.locale,
            "tags": customer.tags,
            "notes": customer.notes,
            "dm_preferences": dict(customer.dm_preferences),
            "email_preferences": dict(customer.email_preferences),
            "created": customer.created,
            "last_seen": customer.last_seen,
            "addresses": [
                {name: getattr(address, name) for name in address.as_input.__slots__}
                for address in await self.addresses(customer.id)
            ],
        }

    def _erase(self, work: Work, customer: Customer) -> None:
        """Leave a customer of whom nobody can say who it was."""
        empty = dict.fromkeys(
            ("username", "first_name", "last_name", "email", "phone", "notes", "tags", "tags_key", "locale"), ""
        )
        columns: dict[str, Any] = {
            **empty,
            "display_name": ERASED,
            "display_name_by_staff": True,
            "discord_id": None,
            "email_key": None,
            "email_confirmed": False,
            "active": False,
            "dm_preferences": {},
            "email_preferences": {},
            "last_seen": None,
            "user_account": None,
            "erased": True,
            "search": search_text(ERASED, customer.account_number),
        }
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        work.guard(
            tables.Customer,
            set=f"{assignments}, version = version + 1",
            where="id = :id AND version = :seen",
            refusal=stale(customer),
            id=customer.id,
            seen=customer.version,
            **columns,
        )
        work.delete(tables.Address, where="customer = :customer", customer=customer.id)
        work.delete(tables.EmailConfirmation, where="customer = :customer", customer=customer.id)
        # The audit log keeps that it happened, and not to whom.
        work.audit("customer.forget", subject="customer", subject_id=customer.id)
