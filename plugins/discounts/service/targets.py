"""What a discount is for, as staff write it: SKUs, names of categories, roles, tags, account numbers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from guildshop.errors import Invalid, NotFound
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.discounts.api import Discount, DiscountScope
from guildshop.plugins.discounts.service.editing import Editing
from guildshop.plugins.discounts.service.records import DISCOUNT_COLUMNS, discount_of
from guildshop.plugins.organization.service import OrganizationService
from guildshop.tenancy import current_store

GROUPS_OF = "organization"
"""The plugin that keeps discount groups."""

Named = Sequence[tuple[str, str]]
"""What is stored, and what people read."""


class Targets(Editing):
    """Between what is stored of a discount's targets and what people write."""

    async def choices(self) -> dict[DiscountScope, Named]:
        """Return what can be chosen from, where that is a list: categories and, with Discord, roles."""
        categories = await self.app.get(CatalogService).categories()
        return {
            DiscountScope.CATEGORIES: [(str(category.id), category.name) for category in categories],
            DiscountScope.ROLES: self._roles(),
            DiscountScope.GROUPS: await self._groups(),
        }

    async def written(self, actor: Actor, discount: Discount) -> list[str]:
        """Return the targets as staff write them, what is gone as it is stored."""
        if discount.scope is DiscountScope.PRODUCTS:
            products = await self.app.get(CatalogService).get_many([UUID(one) for one in discount.targets])
            names = {str(product.id): product.sku for product in products.values()}
        elif discount.scope is DiscountScope.CATEGORIES:
            names = dict((await self.choices())[DiscountScope.CATEGORIES])
        elif discount.scope is DiscountScope.GROUPS:
            names = dict(await self._groups())
        elif discount.scope is DiscountScope.ROLES:
            names = dict(self._roles())
        elif discount.scope is DiscountScope.CUSTOMERS and actor.may("customer.read"):
            customers = await self.app.get(CustomerService).get_many([UUID(one) for one in discount.targets])
            names = {str(one.id): one.account_number for one in customers.values()}
        else:
            names = {}
        return [names.get(target) or target for target in discount.targets]

    async def for_group(self, group: UUID) -> list[str]:
        """Return the names of the discounts for a group that go on, or are still to begin."""
        rows = await self.app.database.fetch(
            f"SELECT {DISCOUNT_COLUMNS} FROM discount WHERE store = :store AND scope = 'GROUPS' AND active"
            " AND (ends IS NULL OR ends > :now) ORDER BY name, id",
            store=current_store(),
            now=self.app.now(),
        )
        found = [discount_of(row) for row in rows]
        return [_("the discount “{name}”").format(name=one.name) for one in found if str(group) in one.targets]

    async def read(self, actor: Actor, scope: DiscountScope, texts: Sequence[str]) -> tuple[str, ...]:
        """Return what people wrote as it is stored; refuse what there is not."""
        found: list[str] = []
        for text in (one.strip() for one in texts):
            if text:
                found.append(await self._read(actor, scope, text))
        return tuple(dict.fromkeys(found))

    async def _read(self, actor: Actor, scope: DiscountScope, text: str) -> str:
        if scope is DiscountScope.PRODUCTS:
            try:
                return str((await self.app.get(CatalogService).find(text)).id)
            except NotFound as refusal:
                raise Invalid.field("targets", refusal.message) from None
        if scope is DiscountScope.CATEGORIES:
            for key, name in (await self.choices())[scope]:
                if text == key or fold(text) == fold(name):
                    return key
            raise Invalid.field("targets", _("There is no category “{name}” in this shop.").format(name=text[:80]))
        if scope is DiscountScope.GROUPS:
            for key, name in await self._groups():
                if text == key or fold(text) == fold(name):
                    return key
            raise Invalid.field(
                "targets", _("There is no discount group “{name}” in this shop.").format(name=text[:80])
            )
        if scope is DiscountScope.ROLES:
            return next((key for key, name in self._roles() if fold(name) == fold(text.lstrip("@"))), text)
        if scope is DiscountScope.CUSTOMERS:
            return await self._customer(actor, text)
        return text

    async def _customer(self, actor: Actor, text: str) -> str:
        actor.require("customer.read")
        return str((await self.app.get(CustomerService).find_one(actor, text, field="targets")).id)

    async def _groups(self) -> Named:
        """Return the discount groups, none where the plugin that keeps them is not installed."""
        if GROUPS_OF not in self.app.plugins:
            return ()
        return [(str(group.id), group.name) for group in await self.app.get(OrganizationService).groups()]

    def _roles(self) -> Named:
        """Return the roles of the store's Discord server, as far as this process knows them."""
        guild_id = self.app.stores.get(current_store()).guild_id
        if self.app.bot is None or guild_id is None:
            return ()
        guild = self.app.bot.get_guild(guild_id)
        if guild is None:
            return ()
        return [(str(role.id), role.name) for role in reversed(guild.roles) if not role.is_default()]
