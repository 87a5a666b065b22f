"""What is kept of a person: given out, and erased when Shopify, the shop's owner or they themselves want it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from guildshop.database import Work
from guildshop.errors import Refusal
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.plugins.shopify_link import rules, tables
from guildshop.plugins.shopify_link.api import (
    LINK_READ,
    Link,
    LinkAction,
    ShopifyLinkLogged,
    ShopifyRoleDue,
    ShopifyShopErased,
)
from guildshop.plugins.shopify_link.service.linking import Raced
from guildshop.plugins.shopify_link.service.reading import LINK_COLUMNS, LOG_COLUMNS, email_hash, entry_of, link_of
from guildshop.plugins.shopify_link.service.verifying import KEPT, Verifying
from guildshop.tenancy import current_store

LINKS_A_STEP = 200
WEBHOOKS_KEPT = timedelta(days=90)
LISTS_KEPT = timedelta(days=30)


class Erasing(Verifying):
    """Personal data: what `/my-data`, `/forget-me` and Shopify's compliance webhooks ask for."""

    async def export(self, customer: Customer) -> object:
        """Return the link of a customer and what was done to it; None for whoever was never linked."""
        if customer.discord_id is None:
            return None
        return await self._kept("discord_id = :value", customer.discord_id)

    async def data_of(self, actor: Actor, shopify_id: str) -> object:
        """Return what is kept of a Shopify customer, for the shop's owner to pass on."""
        actor.require(LINK_READ)
        return await self._kept("shopify_id = :value", shopify_id)

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what ends the link of a customer and erases what it said of them."""
        member = customer.discord_id
        link = None if member is None else await self.of_member(member)
        told = [] if member is None else await self._in_channel("discord_id = :value", member)

        def join(work: Work) -> None:
            if member is None:
                return
            work.delete(tables.ShopifyLink, where="discord_id = :member", member=member)
            work.delete(tables.ShopifyVerification, where="discord_id = :member", member=member)
            work.delete(tables.ShopifyBulkRow, where="member = :member", member=str(member))
            work.guard(
                tables.ShopifyLinkLog,
                set="email = '', shopify_id = '', discord_id = 0, note = ''",
                where="discord_id = :member",
                rows=None,
                member=member,
            )
            work.guard(
                tables.ShopifyLinkLog,
                set="actor_id = '', actor_name = ''",
                where="actor_id = :actor",
                rows=None,
                actor=str(member),
            )
            if link is not None:
                self.clean_up_in(work, link)
            for entry in told:
                work.record(ShopifyLinkLogged(entry))

        return join

    async def merge(self, gone: Customer, kept: Customer, member: int | None) -> Moving:
        """Return what lets the member who stays have the link of the other one, where two records are one person's."""
        members = {one.discord_id for one in (gone, kept) if one.discord_id is not None}
        linked = [link for one in sorted(members) if (link := await self.of_member(one)) is not None]
        if len(linked) > 1:
            raise Refusal(
                _("Both records are linked to Shopify customers. Use /unlink-customer for one of them first.")
            )

        def join(work: Work) -> None:
            if member is None:
                return
            username = next(one.username for one in (gone, kept) if one.discord_id == member)
            for link in linked:
                if link.discord_id != member:
                    self._give_in(work, link, member, username)
            for other in members - {member}:
                work.guard(
                    tables.ShopifyLinkLog,
                    set="discord_id = :member",
                    where="discord_id = :other",
                    rows=None,
                    member=member,
                    other=other,
                )
                work.delete(tables.ShopifyVerification, where="discord_id = :other", other=other)
                work.guard(
                    tables.ShopifyBulkRow,
                    set="member = :member",
                    where="member = :other",
                    rows=None,
                    member=str(member),
                    other=str(other),
                )

        told = [_("the link to the Shopify customer {id}").format(id=link.shopify_id) for link in linked]
        return Moving(told, join)

    async def erase_customer_in(self, work: Work, shopify_id: str, email: str, link: Link | None) -> None:
        """Erase in somebody's Work all that came from Shopify of one customer; their member stays a member."""
        told = await self._in_channel("shopify_id = :value", shopify_id) if shopify_id else []
        hashes = {email_hash(one) for one in (email, link.email if link is not None else "") if one}
        if shopify_id:
            work.delete(tables.ShopifyLink, where="shopify_id = :shopify_id", shopify_id=shopify_id)
            work.guard(
                tables.ShopifyLinkLog,
                set="email = '', shopify_id = '', note = ''",
                where="shopify_id = :shopify_id",
                rows=None,
                shopify_id=shopify_id,
            )
            for column in ("subject", "other"):
                work.guard(
                    tables.ShopifyWebhook,
                    set=f"{column} = ''",
                    where=f"{column} = :shopify_id",
                    rows=None,
                    shopify_id=shopify_id,
                )
        for hashed in sorted(hashes):
            work.delete(tables.ShopifyVerification, where="email_hash = :hash", hash=hashed)
            work.guard(
                tables.ShopifyBulkRow,
                set="email = '', email_hash = '', message = ''",
                where="email_hash = :hash",
                rows=None,
                hash=hashed,
            )
        # No name, neither of the customer nor of the member.
        work.audit("customer_link.redact", subject="shopify_customer")
        if link is not None:
            self.clean_up_in(work, link)
        for entry in told:
            work.record(ShopifyLinkLogged(entry))

    def erase_shop_in(self, work: Work) -> None:
        """Begin to erase in somebody's Work all that came from the shop at Shopify."""
        work.audit("customer_link.redact_shop", subject="store", subject_id=work.store)
        work.record(ShopifyShopErased())

    async def erase_shop(self, event: ShopifyShopErased, delivery: Delivery) -> None:
        """Erase some of what came from the shop, and ask for the next round until nothing is left."""
        rows = await self.app.database.fetch(
            f"SELECT {LINK_COLUMNS} FROM shopify_link WHERE store = :store ORDER BY id LIMIT {LINKS_A_STEP}",
            store=delivery.store,
        )
        told = await self._in_channel("shopify_id <> :value", "")
        async with delivery.work() as work:
            for row in rows:
                work.delete(tables.ShopifyLink, where="id = :id", id=row["id"])
                self.clean_up_in(work, link_of(row))
            for entry in told:
                work.guard(
                    tables.ShopifyLinkLog,
                    set="email = '', shopify_id = '', note = ''",
                    where="id = :id",
                    rows=None,
                    id=entry,
                )
                work.record(ShopifyLinkLogged(entry))
            if rows or told:
                work.record(ShopifyShopErased(event.round + 1))
                return
            work.guard(
                tables.ShopifyLinkLog,
                set="email = '', shopify_id = '', note = ''",
                where="shopify_id <> '' OR email <> ''",
                rows=None,
            )
            for table in (tables.ShopifyVerification, tables.ShopifyBulk):
                work.delete(table, where="id IS NOT NULL")
            work.guard(tables.ShopifyWebhook, set="subject = '', other = ''", where="subject <> ''", rows=None)

    async def tidy(self, store: int) -> None:
        """Delete what is over: links in emails, webhooks, and lists."""
        async with self.app.work(Actor.system(store, "shopify_link.tidy")) as work:
            work.delete(tables.ShopifyVerification, where="expires < :before", before=work.now - KEPT)
            work.delete(tables.ShopifyWebhook, where="received < :before", before=work.now - WEBHOOKS_KEPT)
            work.delete(tables.ShopifyBulk, where="created < :before", before=work.now - LISTS_KEPT)

    # Within

    def _give_in(self, work: Work, link: Link, member: int, username: str) -> None:
        """Let another Discord member of the same person have a link."""
        changed = Raced(_("The link to Shopify changed at the same moment. Try again."))
        work.guard(
            tables.ShopifyLink,
            set="discord_id = :member, username = :username, role_id = NULL, role_problem = '', role_remedy = '',"
            " metafields = 'PENDING', version = version + 1",
            where="id = :id AND version = :seen",
            refusal=changed,
            conflict=changed,
            id=link.id,
            seen=link.version,
            member=member,
            username=username[:64],
        )
        work.audit("customer_link.merge", subject="discord_member", subject_id=member)
        self.log_in(
            work, LinkAction.LINK, member, link.shopify_id, link.email, _("Two records of one person were merged.")
        )
        self.clean_up_in(work, link)
        work.record(ShopifyRoleDue(member))

    async def _in_channel(self, where: str, value: object) -> list[Any]:
        """Return the lines of the log that stand in the staff's channel, to be written there anew."""
        rows = await self.app.database.fetch(
            f"SELECT id FROM shopify_link_log WHERE store = :store AND message_id IS NOT NULL AND {where}"
            f" ORDER BY id LIMIT {LINKS_A_STEP}",
            store=current_store(),
            value=value,
        )
        return [row["id"] for row in rows]

    async def _kept(self, where: str, value: object) -> dict[str, object] | None:
        links = await self.app.database.fetch(
            f"SELECT {LINK_COLUMNS} FROM shopify_link WHERE store = :store AND {where}",
            store=current_store(),
            value=value,
        )
        entries = await self.app.database.fetch(
            f"SELECT {LOG_COLUMNS} FROM shopify_link_log WHERE store = :store AND {where} ORDER BY created, id",
            store=current_store(),
            value=value,
        )
        if not links and not entries:
            return None
        link = link_of(links[0]) if links else None
        return {
            "link": None if link is None else _told(link),
            "log": [
                {
                    "action": entry.action,
                    "shopify_customer": entry.shopify_id,
                    "email": entry.email,
                    "note": entry.note,
                    "created": entry.created,
                }
                for entry in map(entry_of, entries)
            ],
        }


def _told(link: Link) -> dict[str, object]:
    return {
        "discord_id": str(link.discord_id),
        "shopify_customer": rules.gid(rules.CUSTOMER, link.shopify_id),
        "name": link.name,
        "email": link.email,
        "orders": link.orders,
        "spent": link.spent,
        "currency": link.currency,
        "method": link.method,
        "linked": link.created,
        "refreshed": link.refreshed,
    }
