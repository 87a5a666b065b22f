"""How customers come to be: by their first contact in Discord, or entered by staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, Refusal
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import (
    CUSTOMER_UPDATE,
    AlreadyTaken,
    Customer,
    CustomerInput,
    CustomerRegistered,
    Source,
)
from guildshop.plugins.customers.rules import (
    clean,
    clean_account_number,
    clean_email,
    clean_phone,
    clean_tags,
    email_key,
    new_account_number,
    search_text,
    tags_key,
)
from guildshop.plugins.customers.rules.people import NAME_LIMIT, NOTES_LIMIT
from guildshop.plugins.customers.service.reading import SEEN_EVERY, Reading
from guildshop.plugins.customers.service.speaking import heard_locale
from guildshop.plugins.customers.tables import Customer as CustomerTable
from guildshop.plugins.customers.tables import EmailConfirmation

if TYPE_CHECKING:
    from guildshop.database import Work

USERNAME_LIMIT = 64
ATTEMPTS = 5


class Registering(Reading):
    """Creating customers, and noticing them again."""

    async def register(self, actor: Actor, username: str, display_name: str) -> Customer:
        """Return the acting member's customer, created at the first contact; doing so again changes nothing.

        The username follows Discord, and so does the display name until staff edit it. Blocked and deactivated
        customers are refused.
        """
        if actor.discord_id is None:
            raise Forbidden(_("Only a member of the Discord server can register."))
        username = clean("username", _("Username"), username[:USERNAME_LIMIT], USERNAME_LIMIT)
        display_name = clean("displayName", _("Display name"), display_name[:NAME_LIMIT], NAME_LIMIT) or username
        for _attempt in range(ATTEMPTS):
            known = await self._member(actor.store, actor.discord_id)
            if known is not None:
                self.ensure_can_order(known)
                return await self._notice(actor, known, username, display_name)
            try:
                return await self._create_member(actor, actor.discord_id, username, display_name)
            except AlreadyTaken:
                continue  # Registered twice at once, or the account number was drawn before: look again.
        raise Refusal(_("The registration did not succeed. Please try again."))

    async def create(self, actor: Actor, given: CustomerInput) -> Customer:
        """Enter a customer by hand; refuse an email, account number or Discord ID that another customer has."""
        actor.require(CUSTOMER_UPDATE)
        columns = new_columns(given)
        await self._refuse_taken(actor.store, columns, None)
        customer_id = new_id()
        async with self.app.work(actor) as work:
            work.insert(
                CustomerTable, conflict=taken(), id=customer_id, created=work.now, **columns | {"dm_preferences": {}}
            )
            work.audit("customer.create", subject="customer", subject_id=customer_id, after=shown(columns))
            if given.discord_id is not None:
                work.record(CustomerRegistered(customer_id))
        return await self._customer(actor.store, customer_id)

    async def _create_member(self, actor: Actor, discord_id: int, username: str, display_name: str) -> Customer:
        customer_id = new_id()
        number = new_account_number()
        async with self.app.work(actor) as work:
            work.insert(
                CustomerTable,
                conflict=taken(),
                id=customer_id,
                discord_id=discord_id,
                username=username,
                display_name=display_name,
                account_number=number,
                source=Source.DISCORD.value,
                dm_preferences={},
                locale=heard_locale(),
                search=search_text(display_name, username, number, str(discord_id)),
                created=work.now,
                last_seen=work.now,
            )
            work.audit("customer.register", subject="customer", subject_id=customer_id, after={"username": username})
            work.record(CustomerRegistered(customer_id))
        return await self._customer(actor.store, customer_id)

    async def _notice(self, actor: Actor, known: Customer, username: str, display_name: str) -> Customer:
        """Follow Discord's names and remember when the customer was seen."""
        now = self.app.now()
        renamed = known.username != username or (known.display_name != display_name and not await self._named(known))
        if not renamed:
            if known.last_seen is None or now - known.last_seen >= SEEN_EVERY:
                async with self.app.work(actor) as work:
                    work.update(CustomerTable, known.id, last_seen=work.now)
                return await self._customer(actor.store, known.id)
            return known
        if await self._named(known):
            display_name = known.display_name
        async with self.app.work(actor) as work:
            work.update(
                CustomerTable,
                known.id,
                username=username,
                display_name=display_name,
                search=search_text(
                    display_name,
                    username,
                    known.first_name,
                    known.last_name,
                    known.email,
                    known.phone,
                    known.account_number,
                    str(known.discord_id or ""),
                ),
                last_seen=work.now,
                version=known.version + 1,
            )
        return await self._customer(actor.store, known.id)

    async def _named(self, customer: Customer) -> bool:
        """Tell whether staff gave the customer a display name, which then stays."""
        row = await self.app.database.fetch_one(
            "SELECT display_name_by_staff FROM customer WHERE store = :store AND id = :id",
            store=customer.store,
            id=customer.id,
        )
        return bool(row and row["display_name_by_staff"])

    async def _refuse_taken(self, store: int, columns: dict[str, Any], but: UUID | None) -> None:
        """Refuse, saying which, an email, account number or Discord ID that another customer of the store has."""
        for column, sentence in (
            ("email_key", _("Another customer has the email address {value}. Open that one, or give another address.")),
            ("account_number", _("Another customer has the account number {value}. Give another one.")),
            ("discord_id", _("The Discord member {value} is a customer already. Open that one.")),
        ):
            value = columns.get(column)
            if value is None:
                continue
            row = await self.app.database.fetch_one(
                f"SELECT id FROM customer WHERE store = :store AND {column} = :value", store=store, value=value
            )
            if row is not None and row["id"] != but:
                raise AlreadyTaken(sentence.format(value=columns["email"] if column == "email_key" else value))


def taken() -> AlreadyTaken:
    """Return the refusal of whoever lost a race for an email, account number or Discord ID."""
    return AlreadyTaken(
        _("Another customer has this email address, account number or Discord member. Look for that customer first.")
    )


def new_columns(given: CustomerInput) -> dict[str, Any]:
    """Return the columns of a new customer, clean; refuse what is not acceptable."""
    names = {
        "display_name": clean("displayName", _("Display name"), given.display_name, NAME_LIMIT),
        "first_name": clean("firstName", _("First name"), given.first_name, NAME_LIMIT),
        "last_name": clean("lastName", _("Last name"), given.last_name, NAME_LIMIT),
        "username": clean("username", _("Username"), given.username, USERNAME_LIMIT),
    }
    email = clean_email(given.email)
    tags = clean_tags(given.tags)
    if not (any(names.values()) or email or given.discord_id):
        raise Refusal(_("A customer needs a name or an email address. Fill in one of them."))
    columns: dict[str, Any] = names | {
        "display_name_by_staff": bool(names["display_name"]),
        "email": email,
        "email_key": email_key(email),
        "phone": clean_phone(given.phone),
        "account_number": clean_account_number(given.account_number) or new_account_number(),
        "discord_id": given.discord_id,
        "source": given.source.value,
        "notes": clean("notes", _("Notes"), given.notes, NOTES_LIMIT, lines=True),
        "tags": ", ".join(tags),
        "tags_key": tags_key(tags),
    }
    return columns | {"search": searched(columns)}


def searched(columns: dict[str, Any]) -> str:
    """Return the search text of a customer's columns."""
    names = ("display_name", "username", "first_name", "last_name", "email", "phone", "account_number", "discord_id")
    return search_text(*(str(columns[name] or "") for name in names))


def end_links(work: Work, customer_id: UUID) -> None:
    """End the links that confirm an email address: whoever has one to a former address could put that one back."""
    work.delete(EmailConfirmation, where="customer = :customer", customer=customer_id)


def shown(columns: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that an audit entry keeps: not the derived ones."""
    derived = {"email_key", "tags_key", "search", "display_name_by_staff", "dm_preferences", "email_preferences"}
    return {
        name: str(value) if name == "discord_id" and value else value
        for name, value in columns.items()
        if name not in derived
    }
