"""A customer's email address: confirmed by a link that was sent there, and the link that ends such emails."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from guildshop.database import new_id
from guildshop.errors import Invalid, NotConfigured, Refusal
from guildshop.events import Delivery
from guildshop.i18n import _, current_locale, use_locale
from guildshop.mail import Letter, link_tokens, token_hash, token_of
from guildshop.permissions import Actor, Origin
from guildshop.plugins.customers import tables
from guildshop.plugins.customers.api import (
    CUSTOMER_UPDATE,
    AccountFunction,
    Customer,
    EmailConfirmationAsked,
    EmailLinkGone,
    MessageTopic,
)
from guildshop.plugins.customers.rules import clean_email, email_key
from guildshop.plugins.customers.service.editing import stale
from guildshop.plugins.customers.service.preferences import Preferences
from guildshop.plugins.customers.service.registering import Registering, searched, taken
from guildshop.plugins.customers.service.speaking import Speaking
from guildshop.tenancy import every_store, scope

if TYPE_CHECKING:
    from guildshop.stores import Store

log = structlog.get_logger(__name__)

LIFETIME = timedelta(hours=24)
MOST_AT_ONCE = 3
"""How many unused links a customer can have, so that nobody's mailbox is filled by a stranger."""
CONFIRM, STOP = "confirm-email", "stop-emails"
SEARCHED = ("display_name", "username", "first_name", "last_name", "phone", "account_number", "discord_id")


class Confirming(Preferences, Registering, Speaking):
    """Email addresses of customers and the links in emails to them."""

    async def ask_own_email(self, actor: Actor, email: str) -> str:
        """Send the acting member a link to an address; once they open it, it is theirs. Return the address."""
        address = clean_email(email)
        if not address:
            raise Invalid.field("email", _("Write an email address like name@example.org."))
        customer = await self.of_member(actor)
        if address != customer.email:
            await self.require_function(actor, customer, AccountFunction.EMAIL)
        await self._ask(actor, customer, address, current_locale())
        return address

    async def ask_email(self, actor: Actor, customer_id: UUID) -> str:
        """Send a link to the address on file, so that the customer confirms it. Return the address."""
        actor.require(CUSTOMER_UPDATE)
        customer = await self._customer(actor.store, customer_id)
        if not customer.email:
            raise Refusal(_("{customer} has no email address on file.").format(customer=customer.name))
        if customer.email_confirmed:
            raise Refusal(
                _("{customer} has confirmed {email} already.").format(customer=customer.name, email=customer.email)
            )
        await self._ask(actor, customer, customer.email, self.spoken(customer.locale))
        return customer.email

    async def asked(self, token: str) -> tuple[Store, str]:
        """Return the store and the address that a link confirms; EmailLinkGone when it is good for nothing any more."""
        row = await self._confirmation(token)
        return self.app.stores.get(row["store"]), str(row["email"])

    async def confirm_email(self, token: str) -> tuple[Store, str]:
        """Make the address the customer's confirmed one, once. Return the store and the address."""
        row = await self._confirmation(token)
        store = self.app.stores.get(row["store"])
        with scope(store.id):
            customer = await self._customer(store.id, row["customer"])
            email = str(row["email"])
            columns: dict[str, Any] = {"email": email, "email_key": email_key(email), "email_confirmed": True}
            columns["search"] = searched({name: getattr(customer, name) for name in SEARCHED} | columns)
            await self._refuse_taken(store.id, columns, customer.id)
            async with self.app.work(Actor.system(store.id, "customers.confirm_email", origin=Origin.WEB)) as work:
                work.delete(
                    tables.EmailConfirmation,
                    where="id = :id AND expires > :now",
                    rows=1,
                    refusal=_gone(),
                    id=row["id"],
                )
                work.delete(tables.EmailConfirmation, where="customer = :customer", customer=customer.id)
                assignments = ", ".join(f"{name} = :{name}" for name in columns)
                work.guard(
                    tables.Customer,
                    set=f"{assignments}, version = version + 1",
                    where="id = :id AND version = :seen",
                    refusal=stale(customer),
                    conflict=taken(),
                    id=customer.id,
                    seen=customer.version,
                    **columns,
                )
                before, after = {"email": customer.email}, {"email": email}
                work.audit(
                    "customer.confirm_email", subject="customer", subject_id=customer.id, before=before, after=after
                )
        return store, email

    async def email_link(self, event: EmailConfirmationAsked, delivery: Delivery) -> None:
        """Send the link, unless it has ended meanwhile."""
        row = await self.app.database.fetch_one(
            "SELECT email, token_hash, expires FROM email_confirmation WHERE store = :store AND id = :id",
            store=delivery.store,
            id=event.confirmation,
        )
        if row is None or row["expires"] <= self.app.now():
            return
        token = token_of(self.app.settings, CONFIRM, event.confirmation, row["token_hash"])
        if token is None:
            return
        store = self.app.stores.get(delivery.store)
        with use_locale(event.locale):
            letter = Letter(
                _("Confirm your email address"),
                [
                    _("{shop} was told that this is your address. Confirm it to get news of your orders here.").format(
                        shop=store.name
                    ),
                    _("The link works for 24 hours. If this was not you, do nothing."),
                ],
                button=_("Confirm"),
                link=f"{self.app.settings.web.public_url}/confirm-email/{token}",
            )
            content = self.app.mail.letter(store, letter)
        outcome = await self.app.mail.send(store, row["email"], content, key=delivery.id)
        if not outcome.delivered:
            log.warning("email_confirmation.undelivered", store=store.id, reason=outcome.reason)

    # Ending emails

    def stop_link(self, customer: Customer, topic: str) -> str:
        """Return the address that ends the emails of a topic, for whoever has such an email; empty without a key."""
        try:
            seal = link_tokens(self.app.settings, f"{STOP}:{customer.store}:{topic}", customer.id)[0]
        except NotConfigured:
            return ""
        return f"{self.app.settings.web.public_url}/stop-emails/{customer.store}/{customer.id.hex}/{topic}/{seal}"

    async def stop_asked(self, store: str, customer: str, topic: str, seal: str) -> tuple[Customer, MessageTopic]:
        """Return whose emails on what a link ends; EmailLinkGone for one that we did not make."""
        try:
            store_id, customer_id = int(store), UUID(customer)
        except ValueError:
            raise _gone() from None
        seals = link_tokens(self.app.settings, f"{STOP}:{store_id}:{topic}", customer_id)
        if not any(hmac.compare_digest(known, seal) for known in seals if seal.isascii()):
            raise _gone()
        with scope(store_id):
            customer_found = await self.get(customer_id)
            known = next((one for one in self.topics() if one.name == topic), MessageTopic(topic, topic))
        return customer_found, known

    # Within

    async def _ask(self, actor: Actor, customer: Customer, email: str, locale: str) -> None:
        if not self.app.mail.enabled:
            raise NotConfigured(_("This shop sends no email at present."))
        row = await self.app.database.fetch_one(
            "SELECT COUNT(*) AS n FROM email_confirmation"
            " WHERE store = :store AND customer = :customer AND created > :recently",
            store=customer.store,
            customer=customer.id,
            recently=self.app.now() - timedelta(hours=1),
        )
        if row is not None and row["n"] >= MOST_AT_ONCE:
            raise Refusal(_("Links were sent already. Look into the mailbox, or try again in an hour."))
        key = new_id()
        hashed = token_hash(link_tokens(self.app.settings, CONFIRM, key)[0])
        async with self.app.work(actor) as work:
            work.delete(tables.EmailConfirmation, where="expires < :now")
            work.insert(
                tables.EmailConfirmation,
                id=key,
                customer=customer.id,
                email=email,
                token_hash=hashed,
                created=work.now,
                expires=work.now + LIFETIME,
            )
            work.record(EmailConfirmationAsked(key, locale))
            work.audit("customer.ask_email", subject="customer", subject_id=customer.id)

    async def _confirmation(self, token: str) -> dict[str, Any]:
        with every_store():
            row = await self.app.database.fetch_one(
                "SELECT id, store, customer, email, expires FROM email_confirmation WHERE token_hash = :hash",
                hash=token_hash(token),
            )
        if row is None or row["expires"] <= self.app.now():
            raise _gone()
        return row


def _gone() -> EmailLinkGone:
    return EmailLinkGone(_("This link was used already or has expired. Use /email-prefs to get a new one."))
