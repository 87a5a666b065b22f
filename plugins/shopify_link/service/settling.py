"""Making Discord and Shopify what the links say: the client role, and the metafields of the customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from guildshop.bot.events import MemberJoined
from guildshop.bot.sending import Outcome, Problem
from guildshop.database import Work
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.plugins.shopify_link import rules, tables
from guildshop.plugins.shopify_link.api import (
    Link,
    MetafieldState,
    ShopifyMetafieldsDue,
    ShopifyRoleDue,
    ShopifyRoleRefused,
    ShopifyRolesDue,
)
from guildshop.plugins.shopify_link.client import METAFIELDS
from guildshop.plugins.shopify_link.service.reading import Reading
from guildshop.plugins.shopify_link.wire import ShopifyDenied, ShopifyUnauthorized
from guildshop.settings_watch import StoreChanged
from guildshop.store_settings import STORE_SECTION
from guildshop.stores import Store

log = structlog.get_logger(__name__)

TEXT_LIMIT = 300
LINKS_A_STEP = 200
ROLE_SETTINGS = frozenset({"client_role", "auto_assign_on_join"})


class Settling(Reading):
    """What follows from a link, by deliveries that are tried again until they are done."""

    async def member_joined(self, event: MemberJoined, delivery: Delivery) -> None:
        """Give a linked member who joins their client role again, by the same conditions."""
        link = await self.of_member(event.discord_id)
        async with delivery.work() as work:
            if link is not None:
                work.record(ShopifyRoleDue(event.discord_id))

    async def store_changed(self, event: StoreChanged, delivery: Delivery) -> None:
        """Have linked members get the client role that was chosen for them just now."""
        async with delivery.work() as work:
            if event.section == STORE_SECTION and ROLE_SETTINGS.intersection(event.names):
                work.record(ShopifyRolesDue())

    async def settle_roles(self, event: ShopifyRolesDue, delivery: Delivery) -> None:
        """Have the roles of those looked at who are to get one that they lack; switching off takes none away."""
        # Another process may have changed it, and ours not have heard of that yet.
        await self.app.settings_watch.look()
        store = self.app.stores.get(delivery.store)
        rows: list[dict[str, Any]] = []
        if store.client_role is not None and store.auto_assign_on_join:
            rows = await self.app.database.fetch(
                "SELECT id, discord_id FROM shopify_link WHERE store = :store AND id > :after AND orders >= 1"
                f" AND (role_id IS NULL OR role_id <> :role) ORDER BY id LIMIT {LINKS_A_STEP}",
                store=store.id,
                after=event.after,
                role=store.client_role,
            )
        async with delivery.work() as work:
            for row in rows:
                work.record(ShopifyRoleDue(row["discord_id"]))
            if len(rows) == LINKS_A_STEP:
                work.record(ShopifyRolesDue(rows[-1]["id"]))

    async def settle_role(self, event: ShopifyRoleDue, delivery: Delivery) -> None:
        """Give the client role, or take it away, as the link says by now."""
        store = self.app.stores.get(delivery.store)
        link = await self.of_member(event.discord_id)
        if link is not None and rules.wants_role(link, store.client_role, auto_assign=store.auto_assign_on_join):
            await self._give_role(link, store, delivery)
            return
        roles = set(event.roles)
        if link is not None:
            roles.discard(link.role_id or 0)
            if rules.loses_role(link) and link.role_id is not None:
                roles.add(link.role_id)
        outcome = await self._take_roles(store, event.discord_id, sorted(roles))
        async with delivery.work() as work:
            if link is not None and rules.loses_role(link):
                gone = outcome is None or outcome.delivered
                self._keep_role(work, link, None if gone else link.role_id, None if gone else outcome)
        if link is None and outcome is not None:
            log.warning("shopify.role_left", store=store.id, member=event.discord_id, reason=outcome.reason)

    async def settle_metafields(self, event: ShopifyMetafieldsDue, delivery: Delivery) -> None:
        """Write into Shopify who the customer is in Discord, or take it off; what is refused for good is kept."""
        settings, link = self.settings(delivery.store), await self.of_customer(event.shopify_id)
        problem = ""
        try:
            if link is None:
                await self.client.remove_metafields(settings, event.shopify_id)
            else:
                store = self.app.stores.get(delivery.store)
                values = (str(link.discord_id), link.username, str(store.guild_id or ""))
                fields = dict(zip(METAFIELDS, values, strict=True))
                await self.client.write_metafields(settings, link.shopify_id, fields)
        except (ShopifyDenied, ShopifyUnauthorized) as failure:
            problem = str(failure)[:TEXT_LIMIT] or _("Shopify refused it.")
            log.warning("shopify.metafields_refused", store=delivery.store, reason=problem)
        async with delivery.work() as work:
            if link is not None:
                work.guard(
                    tables.ShopifyLink,
                    set="metafields = :state, metafields_problem = :problem",
                    where="id = :id AND shopify_id = :shopify_id",
                    rows=None,
                    id=link.id,
                    shopify_id=event.shopify_id,
                    state=(MetafieldState.FAILED if problem else MetafieldState.WRITTEN).value,
                    problem=problem,
                )

    # Within

    async def _give_role(self, link: Link, store: Store, delivery: Delivery) -> None:
        role = store.client_role or 0
        reason = _("Linked to a Shopify customer")
        outcome = await self.app.messenger.grant_role(store, link.discord_id, role, reason=reason)
        if outcome.delivered and link.role_id not in {None, role}:
            await self._take_roles(store, link.discord_id, [link.role_id or 0])
        async with delivery.work() as work:
            self._keep_role(work, link, role if outcome.delivered else link.role_id, outcome)

    async def _take_roles(self, store: Store, discord_id: int, roles: Sequence[int]) -> Outcome | None:
        """Take roles away; return how the one ended that could not be, None when all are gone."""
        failed = None
        for role in roles:
            reason = _("Not linked to a Shopify customer any more")
            outcome = await self.app.messenger.revoke_role(store, discord_id, role, reason=reason)
            if not outcome.delivered and outcome.problem not in {Problem.MEMBER_GONE, Problem.ROLE_GONE}:
                failed = outcome
        return failed

    def _keep_role(self, work: Work, link: Link, role: int | None, outcome: Outcome | None) -> None:
        # A member who left gets it when they come back; there is nothing for staff to mend.
        failed = outcome is not None and not outcome.delivered and outcome.problem is not Problem.MEMBER_GONE
        work.guard(
            tables.ShopifyLink,
            set="role_id = :role, role_problem = :problem, role_remedy = :remedy",
            where="id = :id",
            rows=None,
            id=link.id,
            role=role,
            problem=outcome.reason[:TEXT_LIMIT] if outcome is not None and failed else "",
            remedy=outcome.remedy[:TEXT_LIMIT] if outcome is not None and failed else "",
        )
        if outcome is not None and failed and outcome.reason[:TEXT_LIMIT] != link.role_problem:
            work.record(ShopifyRoleRefused(link.discord_id))
