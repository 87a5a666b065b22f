"""Discount groups: what their customers pay, what they may not do themselves, and which role leads to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, Stale
from guildshop.folding import fold
from guildshop.i18n import _, ngettext
from guildshop.isolation import isolated
from guildshop.permissions import Actor
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.organization import tables
from guildshop.plugins.organization.api import (
    ORGANIZATION_UPDATE,
    DiscountGroup,
    GroupInput,
    GroupRolesChanged,
    InUse,
    NameTaken,
)
from guildshop.plugins.organization.rules import blocks_text, check_group
from guildshop.plugins.organization.service.reading import Reading

if TYPE_CHECKING:
    from guildshop.database import Work


class Groups(Reading):
    """Making, changing and deleting groups."""

    async def group_input(self, group_id: UUID) -> GroupInput:
        """Return a group as staff would write it again."""
        group = await self.group(group_id)
        return GroupInput(
            name=group.name,
            percent=group.percent,
            role=group.role,
            position=group.position,
            blocks=group.blocks,
            prices={one.product: one.price for one in await self.prices_of(group_id)},
        )

    async def create_group(self, actor: Actor, given: GroupInput) -> DiscountGroup:
        """Add a group; refuse a name or a Discord role that another one has."""
        actor.require(ORGANIZATION_UPDATE)
        given = check_group(given)
        group_id = new_id()
        currencies = await self._currencies(given)
        async with self.app.work(actor) as work:
            columns = _columns(given)
            work.insert(tables.DiscountGroup, conflict=_taken(given), id=group_id, created=work.now, **columns)
            _write_prices(work, group_id, given, currencies)
            if given.role is not None:
                work.record(GroupRolesChanged())
            work.audit("organization.group.create", subject="discount_group", subject_id=group_id, after=_shown(given))
        return await self.group(group_id)

    async def change_group(
        self, actor: Actor, group_id: UUID, given: GroupInput, *, version: int | None = None
    ) -> DiscountGroup:
        """Change a group; its customers have the new conditions at once, placed orders keep theirs."""
        actor.require(ORGANIZATION_UPDATE)
        given = check_group(given)
        group, before = await self.group(group_id), await self.group_input(group_id)
        if given == before:
            return group
        currencies = await self._currencies(given)
        async with self.app.work(actor) as work:
            columns = _columns(given)
            work.guard(
                tables.DiscountGroup,
                set=", ".join(f"{name} = :{name}" for name in columns) + ", version = version + 1",
                where="id = :id AND version = :seen",
                refusal=Stale(
                    _("Somebody else changed {group} in the meantime. Open it again, then repeat your change.").format(
                        group=group.name
                    )
                ),
                conflict=_taken(given),
                id=group_id,
                seen=group.version if version is None else version,
                **columns,
            )
            if given.prices != before.prices:
                work.delete(tables.GroupPrice, where="discount_group = :group", group=group_id)
                _write_prices(work, group_id, given, currencies)
            if (given.role, given.position) != (before.role, before.position):
                work.record(GroupRolesChanged())
            work.audit(
                "organization.group.update",
                subject="discount_group",
                subject_id=group_id,
                before=_shown(before),
                after=_shown(given),
            )
        return await self.group(group_id)

    async def delete_group(self, actor: Actor, group_id: UUID) -> None:
        """Delete a group with its prices; refuse while customers belong to it, or something is for it."""
        actor.require(ORGANIZATION_UPDATE)
        group = await self.group(group_id)
        used_by = await self._used_by(group_id)
        if used_by:
            raise InUse(
                _("{group} is still needed by {names}. End that, or make it for others, before you delete it.").format(
                    group=group.name, names=", ".join(used_by)
                )
            )
        refusal = InUse(
            ngettext(
                "{count} customer belongs to {group}. Give them another group before you delete it.",
                "{count} customers belong to {group}. Give them another group before you delete it.",
                group.customers,
            ).format(count=group.customers, group=group.name)
        )
        async with self.app.work(actor) as work:
            work.require(
                tables.DiscountGroup,
                where="id = :id AND NOT EXISTS (SELECT 1 FROM customer_organization AS o WHERE o.store = :store"
                " AND o.discount_group = :id)",
                refusal=refusal,
                id=group_id,
            )
            work.delete(tables.GroupPrice, where="discount_group = :group", group=group_id)
            work.delete(tables.DiscountGroup, where="id = :id", rows=1, refusal=refusal, id=group_id)
            before = {"name": group.name, "percent": group.percent}
            work.audit("organization.group.delete", subject="discount_group", subject_id=group_id, before=before)

    async def _used_by(self, group_id: UUID) -> list[str]:
        """Return what plugins name as being for a group, also those that are switched off: they may come back."""
        found: list[str] = []
        for plugin, some in self.app.hooks("register_group_uses"):
            for uses in some:
                with isolated(plugin, "uses of a discount group"):
                    found += await uses(group_id)
        return found

    async def _currencies(self, given: GroupInput) -> dict[UUID, str]:
        """Return the currencies of the products that a group has prices for; refuse one that is not there."""
        products = await self.app.get(CatalogService).get_many(list(given.prices))
        for product in given.prices:
            if product not in products:
                raise Invalid.field("prices", _("There is no product {id} in this shop.").format(id=product))
            if products[product].variants:
                raise Invalid.field(
                    "prices",
                    _("{product} comes in several variants. Give prices to these.").format(
                        product=products[product].name
                    ),
                )
        return {product.id: product.currency for product in products.values()}


def _write_prices(work: Work, group_id: UUID, given: GroupInput, currencies: dict[UUID, str]) -> None:
    rows = [
        {
            "id": new_id(),
            "discount_group": group_id,
            "product": product,
            "price": price,
            "currency": currencies[product],
        }
        for product, price in given.prices.items()
    ]
    if rows:
        work.insert_many(tables.GroupPrice, rows)


def _columns(given: GroupInput) -> dict[str, Any]:
    return {
        "name": given.name,
        "name_key": fold(given.name),
        "percent": given.percent,
        "role": given.role,
        "blocks": blocks_text(given.blocks),
        "position": given.position,
    }


def _shown(given: GroupInput) -> dict[str, Any]:
    columns = {name: value for name, value in _columns(given).items() if name != "name_key"}
    prices = {str(product): price for product, price in given.prices.items()}
    return columns | {"role": str(given.role or ""), "prices": prices}


def _taken(given: GroupInput) -> NameTaken:
    return NameTaken(
        _("Another discount group is called “{name}”, or has that Discord role. Choose others.").format(name=given.name)
    )
