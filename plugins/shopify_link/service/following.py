"""Following Shopify: what its webhooks tell, what it says when asked now and then, and what it wants erased.

A webhook is kept with what it causes in one transaction. What it says of a customer is not believed but asked anew, so
webhooks may come twice, late or in another order.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import structlog

from guildshop.database import Work, new_id
from guildshop.errors import Invalid, NotConfigured, Refusal, Unavailable
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor, Origin
from guildshop.plugins.shopify_link import rules, tables
from guildshop.plugins.shopify_link.api import (
    Link,
    LinkAction,
    MetafieldState,
    ShopifyCustomer,
    ShopifyCustomerGone,
    ShopifyMetafieldsDue,
    ShopifyRoleDue,
    ShopifyTold,
)
from guildshop.plugins.shopify_link.client import SECONDS
from guildshop.plugins.shopify_link.rules import Told
from guildshop.plugins.shopify_link.service.erasing import Erasing
from guildshop.plugins.shopify_link.service.linking import Raced
from guildshop.plugins.shopify_link.wire import ShopifyDenied, ShopifyUnauthorized
from guildshop.tenancy import current_store

log = structlog.get_logger(__name__)

GONE_AFTER = timedelta(hours=1)
"""How long a customer may be unknown to Shopify before their link is ended: a merge is told of a little later."""
MERGE_TRIES = 3
REFRESHED_AFTER = timedelta(hours=20)
LINKS_A_ROUND = 1000
ID_LENGTH = 100
LONG = SECONDS * 6
"""Seconds that a delivery waits for Shopify."""


class Duplicate(Refusal):
    """This webhook came before."""


class BehindHand(Unavailable):
    """Shopify told of something that it does not show yet."""


class Following(Erasing):
    """Keeps links true."""

    async def accept(self, topic: str, webhook_id: str, domain: str, body: bytes, signature: str) -> bool:
        """Take a webhook: verified, then kept together with what it causes; False for one that came before."""
        settings = self.settings()
        if not settings.webhook_secrets:
            raise NotConfigured(_("Shopify is not set up in this shop: webhook_secret is missing."))
        rules.verify(settings.webhook_secrets, signature, body)
        topic = topic.strip().lower()
        if "\0" in topic + webhook_id or not topic or len(topic) > ID_LENGTH or len(webhook_id) > ID_LENGTH:
            raise Invalid(_("The headers X-Shopify-Topic and X-Shopify-Webhook-Id are needed, up to 100 characters."))
        if settings.shop and domain and domain.lower() != settings.shop:
            # The same app in another shop signs with the same secret.
            log.warning("shopify.other_shop", store=current_store(), shop=domain[:ID_LENGTH])
            return False
        told = rules.read_webhook(topic, body)
        key = webhook_id or hashlib.sha256(topic.encode() + b"\n" + body).hexdigest()
        link = await self.of_customer(told.subject) if told.subject else None
        try:
            async with self.app.work(Actor.system(current_store(), "shopify", origin=Origin.WEB)) as work:
                work.insert(
                    tables.ShopifyWebhook,
                    conflict=Duplicate(_("This webhook came before.")),
                    id=new_id(),
                    webhook_id=key,
                    topic=topic,
                    subject="" if topic == rules.CUSTOMERS_REDACT else told.subject,
                    other=told.other,
                    received=work.now,
                )
                await self._cause(work, told, link)
        except Duplicate:
            log.info("shopify.duplicate_webhook", topic=topic, webhook_id=key)
            return False
        return True

    async def told(self, event: ShopifyTold, delivery: Delivery) -> None:
        """Bring the links up to date that a webhook is about."""
        if event.topic == rules.CUSTOMERS_MERGE:
            await self._merged(event, delivery)
        elif event.topic == rules.REFUNDS_CREATE:
            await self._refresh(await self._customer_of(event.subject, delivery), delivery)
        else:
            await self._refresh(event.subject, delivery)

    async def gone(self, event: ShopifyCustomerGone, delivery: Delivery) -> None:
        """End the link of a customer whom Shopify still does not know."""
        link = await self.of_customer(event.shopify_id)
        if link is None:
            return
        found = await self.client.customers(self.settings(delivery.store), [event.shopify_id], patience=LONG)
        async with delivery.work() as work:
            if event.shopify_id in found:
                self.refresh_in(work, link, found[event.shopify_id])
            else:
                self.unlink_in(work, link, _("The customer was deleted in Shopify."))

    async def refresh_some(self, store: int) -> None:
        """Bring those links up to date that were not for longest, since webhooks get lost; tidy up what is over."""
        await self.tidy(store)
        settings = self.settings(store)
        if not settings.complete:
            return
        rows = await self.app.database.fetch(
            "SELECT shopify_id FROM shopify_link WHERE store = :store AND refreshed < :before"
            f" ORDER BY refreshed, id LIMIT {LINKS_A_ROUND}",
            store=store,
            before=self.app.now() - REFRESHED_AFTER,
        )
        if not rows:
            return
        try:
            found = await self.client.customers(settings, [row["shopify_id"] for row in rows], patience=LONG)
        except (ShopifyDenied, ShopifyUnauthorized) as failure:
            # The doctor says what to do; until then trying again helps nobody.
            log.warning("shopify.not_refreshed", store=store, reason=str(failure))
            return
        for row in rows:
            link = await self.of_customer(row["shopify_id"])
            if link is not None:
                async with self.app.work(Actor.system(store, "shopify_link.refresh")) as work:
                    self._keep(work, link, found.get(link.shopify_id))
                    if link.metafields is MetafieldState.FAILED:
                        # The app may have been given the permission since.
                        work.record(ShopifyMetafieldsDue(link.shopify_id))

    # Within

    async def _cause(self, work: Work, told: Told, link: Link | None) -> None:
        if told.topic == rules.CUSTOMERS_REDACT:
            await self.erase_customer_in(work, told.subject, told.email, link)
        elif told.topic == rules.DATA_REQUEST:
            if told.subject:
                member = link.discord_id if link is not None else 0
                email = link.email if link is not None else ""
                self.log_in(work, LinkAction.DATA_REQUEST, member, told.subject, email)
        elif told.topic == rules.SHOP_REDACT:
            self.erase_shop_in(work)
        elif told.subject:
            work.record(ShopifyTold(told.topic, told.subject, told.other))

    async def _customer_of(self, order: str, delivery: Delivery) -> str:
        try:
            return await self.client.customer_of_order(self.settings(delivery.store), order)
        except ShopifyDenied as failure:
            # Without read_orders the hourly round finds it.
            log.warning("shopify.order_denied", store=delivery.store, reason=str(failure))
            return ""

    async def _refresh(self, shopify_id: str, delivery: Delivery) -> None:
        link = await self.of_customer(shopify_id) if shopify_id else None
        if link is None:
            return
        found = await self.client.customers(self.settings(delivery.store), [shopify_id], patience=LONG)
        async with delivery.work() as work:
            self._keep(work, link, found.get(shopify_id))

    def _keep(self, work: Work, link: Link, customer: ShopifyCustomer | None) -> None:
        if customer is not None:
            self.refresh_in(work, link, customer)
            return
        work.guard(tables.ShopifyLink, set="refreshed = :now", where="id = :id", rows=None, id=link.id)
        work.record(ShopifyCustomerGone(link.shopify_id), due=work.now + GONE_AFTER)

    async def _merged(self, event: ShopifyTold, delivery: Delivery) -> None:
        """Let the link of a customer who was merged into another one be that of the other one."""
        kept = await self._last_kept(event.other)
        link = await self.of_customer(event.subject)
        if link is None:
            await self._refresh(kept, delivery)
            return
        found = await self.client.customers(self.settings(delivery.store), [event.subject, kept], patience=LONG)
        if event.subject in found:
            if delivery.attempt < MERGE_TRIES:
                raise BehindHand(_("Shopify still shows the customer whom it merged."))
            async with delivery.work() as work:
                self.refresh_in(work, link, found[event.subject])
            return
        if kept not in found:
            async with delivery.work() as work:
                self._keep(work, link, None)
            return
        other = await self.of_customer(kept)
        async with delivery.work() as work:
            if other is not None:
                self.unlink_in(work, link, _("The customer was merged into one who is linked to another member."))
                self.refresh_in(work, other, found[kept])
            else:
                self._move_in(work, link, found[kept])

    def _move_in(self, work: Work, link: Link, customer: ShopifyCustomer) -> None:
        changed = Raced(_("The link changed at the same moment."))
        work.guard(
            tables.ShopifyLink,
            set="shopify_id = :kept, metafields = 'PENDING', metafields_problem = '', version = version + 1",
            where="id = :id AND version = :seen",
            refusal=changed,
            conflict=changed,
            id=link.id,
            seen=link.version,
            kept=customer.id,
        )
        moved = Link(**{name: getattr(link, name) for name in Link.__slots__} | {"shopify_id": customer.id})
        self.refresh_in(work, moved, customer)
        note = _("Shopify merged the customer into this one.")
        work.audit("customer_link.merge", subject="discord_member", subject_id=link.discord_id)
        self.log_in(work, LinkAction.LINK, link.discord_id, customer.id, customer.email or link.email, note)
        work.record(ShopifyRoleDue(link.discord_id))
        work.record(ShopifyMetafieldsDue(customer.id))

    async def _last_kept(self, kept: str) -> str:
        """Return into whom a customer was merged in the end, as far as Shopify told us by now."""
        for _step in range(20):
            row = await self.app.database.fetch_one(
                "SELECT other FROM shopify_webhook WHERE store = :store AND subject = :subject AND topic = :topic"
                " AND other <> '' ORDER BY received DESC, id DESC LIMIT 1",
                store=current_store(),
                subject=kept,
                topic=rules.CUSTOMERS_MERGE,
            )
            if row is None:
                break
            kept = row["other"]
        return kept
