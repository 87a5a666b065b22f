"""Linking and unlinking: one member is one Shopify customer, and it is the database that says so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, Refusal, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.customers.service.reading import blocked, blocked_for_staff
from guildshop.plugins.shopify_link import rules, tables
from guildshop.plugins.shopify_link.api import (
    LINK_UPDATE,
    CustomerAmbiguous,
    CustomerLinked,
    CustomerNotFound,
    Link,
    LinkAction,
    Linked,
    LinkMethod,
    MemberLinked,
    NotLinked,
    ShopifyCustomer,
    ShopifyCustomerLinked,
    ShopifyCustomerUnlinked,
    ShopifyLinkLogged,
    ShopifyMetafieldsDue,
    ShopifyRoleDue,
    Target,
)
from guildshop.plugins.shopify_link.client import PATIENCE, Found
from guildshop.plugins.shopify_link.service.reading import Reading
from guildshop.plugins.shopify_link.service.trouble import explained
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

    Join = Callable[[Work], None]

ATTEMPTS = 4
NAME_LIMIT = 100


class Raced(Stale):
    """Somebody linked the member or the customer at the same moment: look again."""


class Linking(Reading):
    """The use cases of staff and of members."""

    async def link_member(self, actor: Actor, target: Target, email: str) -> Linked:
        """Link a member to the customer who has that email address at Shopify."""
        actor.require(LINK_UPDATE)
        address = rules.clean_email(email)
        with explained("link-customer"):
            settings = self.configured()
            await self._refuse_blocked(actor, target)
            (found,) = await self.client.find(settings, [address], patience=PATIENCE)
            return await self.link(actor, target, known(found), address, LinkMethod.STAFF)

    async def link(
        self,
        actor: Actor,
        target: Target,
        customer: ShopifyCustomer,
        email: str,
        method: LinkMethod,
        join: Join | None = None,
    ) -> Linked:
        """Link a member to a customer, together with what `join` adds; nothing is checked of the actor.

        Who is linked to that customer already only has the counts brought up to date.
        """
        for left in reversed(range(ATTEMPTS)):
            link = await self.refuse_linked(actor, target.discord_id, customer)
            try:
                async with self.app.work(actor) as work:
                    if join is not None:
                        join(work)
                    if link is not None:
                        self.refresh_in(work, link, customer)
                    else:
                        self._insert(work, target, customer, email, method)
            except Raced:
                if not left:
                    raise
                continue
            await self._make_known(actor, target)
            made = await self.of_member(target.discord_id)
            if made is None:
                raise Raced(_("Somebody ended the link at the same moment. Try again."))
            return Linked(made, link is None)
        raise AssertionError(ATTEMPTS)

    async def refuse_linked(self, actor: Actor, member: int, customer: ShopifyCustomer) -> Link | None:
        """Return the link of a member to that customer, if there is one; refuse where either has another."""
        link = await self.of_member(member)
        if link is not None and link.shopify_id != customer.id:
            raise member_linked(actor, member)
        if link is None:
            link = await self.of_customer(customer.id)
            # It may be the member's own, made between the two looks.
            if link is not None and link.discord_id != member:
                raise customer_linked()
        return link

    async def unlink_member(self, actor: Actor, discord_id: int) -> Link:
        """End a member's link; return what it was."""
        actor.require(LINK_UPDATE)
        with explained("unlink-customer"):
            link = await self.of_member(discord_id)
            if link is None:
                raise not_linked(discord_id)
            await self._unlink(actor, link)
            return link

    async def unlink_own(self, actor: Actor) -> Link:
        """End the acting member's own link; return what it was."""
        if actor.discord_id is None:
            raise Forbidden(_("Only a member of the Discord server can do this."))
        with explained("unlink"):
            link = await self.of_member(actor.discord_id)
            if link is None:
                raise NotLinked(_("You are not linked to a Shopify customer. Use /link to link yourself."))
            await self._unlink(actor, link)
            return link

    # Joining a Work

    def unlink_in(self, work: Work, link: Link, note: str = "") -> None:
        """End a link in somebody's Work: its role and metafields are taken away by their own deliveries."""
        work.delete(
            tables.ShopifyLink,
            where="id = :id",
            rows=1,
            refusal=NotLinked(_("This link was ended already.")),
            id=link.id,
        )
        work.audit("customer_link.unlink", subject="discord_member", subject_id=link.discord_id, note=note)
        self.log_in(work, LinkAction.UNLINK, link.discord_id, link.shopify_id, link.email, note)
        work.record(ShopifyCustomerUnlinked(link.discord_id))
        self.clean_up_in(work, link)

    def clean_up_in(self, work: Work, link: Link) -> None:
        """Have the role and the metafields of a link that is gone taken away."""
        roles = {link.role_id, self.app.stores.get(work.store).client_role} - {None}
        work.record(ShopifyRoleDue(link.discord_id, tuple(sorted(role for role in roles if role is not None))))
        work.record(ShopifyMetafieldsDue(link.shopify_id))

    def refresh_in(self, work: Work, link: Link, customer: ShopifyCustomer) -> None:
        """Keep what Shopify says of a linked customer now, and have the role follow it."""
        work.guard(
            tables.ShopifyLink,
            set="name = :name, email = :email, orders = :orders, spent = :spent, currency = :currency,"
            " refreshed = :now, version = version + 1",
            where="id = :id AND shopify_id = :shopify_id",
            rows=None,
            id=link.id,
            shopify_id=link.shopify_id,
            name=customer.name,
            # An address that Shopify does not tell any more is not thereby another one.
            email=customer.email or link.email,
            orders=customer.orders,
            spent=customer.spent,
            currency=customer.currency,
        )
        store = self.app.stores.get(work.store)
        ordered = customer.orders >= 1
        lacks = ordered and store.auto_assign_on_join and store.client_role not in {None, link.role_id}
        if lacks or (not ordered and link.role_id is not None):
            work.record(ShopifyRoleDue(link.discord_id))

    def log_in(
        self, work: Work, action: LinkAction, discord_id: int, shopify_id: str, email: str, note: str = ""
    ) -> None:
        """Write a line of the log of links, for the database and for the staff's channel."""
        key = new_id()
        work.insert(
            tables.ShopifyLinkLog,
            id=key,
            action=action.value,
            actor_kind=work.actor.kind.value,
            actor_id=work.actor.id[:40],
            actor_name=work.actor.name[:NAME_LIMIT],
            discord_id=discord_id,
            shopify_id=shopify_id,
            email=email,
            note=note[:200],
            created=work.now,
        )
        work.record(ShopifyLinkLogged(key))

    def told_in(self, work: Work, entry: UUID, channel_id: int | None, message_id: int | None) -> None:
        """Keep in which message a line of the log stands."""
        work.guard(
            tables.ShopifyLinkLog,
            set="channel_id = :channel, message_id = :message",
            where="id = :id",
            rows=None,
            id=entry,
            channel=channel_id,
            message=message_id,
        )

    # Within

    def _insert(self, work: Work, target: Target, customer: ShopifyCustomer, email: str, method: LinkMethod) -> None:
        key = new_id()
        work.insert(
            tables.ShopifyLink,
            conflict=Raced(_("Somebody linked this member or customer at the same moment. Try again.")),
            id=key,
            discord_id=target.discord_id,
            username=target.username[:64],
            shopify_id=customer.id,
            name=customer.name,
            email=customer.email or email,
            orders=customer.orders,
            spent=customer.spent,
            currency=customer.currency,
            method=method.value,
            linked_by=work.actor.name[:NAME_LIMIT],
            created=work.now,
            refreshed=work.now,
        )
        work.audit("customer_link.link", subject="discord_member", subject_id=target.discord_id, note=method.value)
        self.log_in(work, LinkAction.LINK, target.discord_id, customer.id, customer.email or email)
        work.record(ShopifyCustomerLinked(target.discord_id, key))
        work.record(ShopifyRoleDue(target.discord_id))
        work.record(ShopifyMetafieldsDue(customer.id))

    async def _unlink(self, actor: Actor, link: Link) -> None:
        async with self.app.work(actor) as work:
            self.unlink_in(work, link)

    async def _refuse_blocked(self, actor: Actor, target: Target) -> None:
        customer = await self.app.get(CustomerService).by_discord_id(target.discord_id)
        if customer is not None and customer.blocked:
            raise blocked() if actor.discord_id == target.discord_id else blocked_for_staff(customer)

    async def _make_known(self, actor: Actor, target: Target) -> None:
        """Make the member a customer of this shop too; a name that is not known comes with their first contact."""
        customers = self.app.get(CustomerService)
        named = bool(target.username and target.display_name)
        if not named and await customers.by_discord_id(target.discord_id) is not None:
            return
        names = (target.username, target.display_name) if named else ("", "")
        member = Actor(ActorKind.MEMBER, str(target.discord_id), names[0], current_store(), frozenset(), actor.origin)
        # Whoever is deactivated is known already.
        with suppress(Refusal):
            await customers.register(member, *names)


def known(found: Found) -> ShopifyCustomer:
    """Return who was found; refuse nobody, and several."""
    if found.several:
        raise CustomerAmbiguous(
            _(
                "Several Shopify customers have that email address, spelt with upper and lower case. Merge them in"
                " Shopify first."
            )
        )
    if found.customer is None:
        raise CustomerNotFound(_("No customer found with that email address."))
    return found.customer


def not_linked(discord_id: int) -> NotLinked:
    """Return the refusal of a member who is not linked."""
    return NotLinked(_("{member} is not linked to a Shopify customer.").format(member=f"<@{discord_id}>"))


def member_linked(actor: Actor, discord_id: int) -> MemberLinked:
    """Return the refusal of a member who is linked to another customer."""
    if actor.discord_id == discord_id:
        return MemberLinked(
            _("You are already linked to another Shopify customer. Use /unlink first, then /link again.")
        )
    return MemberLinked(
        _("{member} is already linked to another customer. Use /unlink-customer first.").format(
            member=f"<@{discord_id}>"
        )
    )


def customer_linked() -> CustomerLinked:
    """Return the refusal of a customer who is linked to another member."""
    return CustomerLinked(
        _(
            "This Shopify customer is already linked to another member. Use /unlink-customer for that member first;"
            " the page Shopify names them."
        )
    )
