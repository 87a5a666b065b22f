"""Finding branches, departments, groups, and where customers belong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Invalid, NotFound
from guildshop.i18n import _
from guildshop.plugins.organization.api import (
    DiscountGroup,
    GroupPrice,
    GroupUnknown,
    Membership,
    OrganizationSettings,
    Unit,
    UnitKind,
    UnitUnknown,
)
from guildshop.plugins.organization.rules import read_blocks
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

_UNIT = (
    "u.id, u.store, u.kind, u.name, u.position, u.version,"
    " (SELECT COUNT(*) FROM customer_organization AS o WHERE o.store = :store"
    " AND (o.branch = u.id OR o.department = u.id)) AS customers,"
    " (SELECT COUNT(*) FROM organization_product AS p WHERE p.store = :store AND p.unit = u.id) AS products"
)
_GROUP = (
    "g.id, g.store, g.name, g.percent, g.role, g.blocks, g.position, g.version,"
    " (SELECT COUNT(*) FROM customer_organization AS o WHERE o.store = :store AND o.discount_group = g.id)"
    " AS customers,"
    " (SELECT COUNT(*) FROM discount_group_price AS p WHERE p.store = :store AND p.discount_group = g.id) AS prices"
)
_MEMBERSHIP = "customer, branch, department, discount_group, by_role, version"


class Reading:
    """The queries, all within the store in scope."""

    def __init__(self, app: App) -> None:
        """Belong to an application."""
        self.app = app

    def restricted(self, store: int) -> bool:
        """Tell whether restricted products are hidden in a store."""
        return self.app.stores.settings(store, OrganizationSettings).restrict_access

    async def units(self, kind: UnitKind | None = None) -> list[Unit]:
        """Return the branches and departments, or those of one kind, in their order."""
        rows = await self.app.database.fetch(
            f"SELECT {_UNIT} FROM organization_unit AS u WHERE u.store = :store ORDER BY u.position, u.name_key",
            store=current_store(),
        )
        found = [_unit(row) for row in rows]
        return found if kind is None else [unit for unit in found if unit.kind is kind]

    async def unit(self, unit_id: UUID) -> Unit:
        """Return the branch or department of that ID; refuse an unknown one."""
        row = await self.app.database.fetch_one(
            f"SELECT {_UNIT} FROM organization_unit AS u WHERE u.store = :store AND u.id = :id",
            store=current_store(),
            id=unit_id,
        )
        if row is None:
            raise UnitUnknown(_("There is no such branch or department in this shop."))
        return _unit(row)

    async def groups(self) -> list[DiscountGroup]:
        """Return the discount groups in their order."""
        rows = await self.app.database.fetch(
            f"SELECT {_GROUP} FROM discount_group AS g WHERE g.store = :store ORDER BY g.position, g.name_key",
            store=current_store(),
        )
        return [_group(row) for row in rows]

    async def group(self, group_id: UUID) -> DiscountGroup:
        """Return the discount group of that ID; refuse an unknown one."""
        row = await self.app.database.fetch_one(
            f"SELECT {_GROUP} FROM discount_group AS g WHERE g.store = :store AND g.id = :id",
            store=current_store(),
            id=group_id,
        )
        if row is None:
            raise GroupUnknown(_("There is no such discount group in this shop."))
        return _group(row)

    async def prices_of(self, group_id: UUID, products: Collection[UUID] | None = None) -> list[GroupPrice]:
        """Return a group's own prices, of all products or of these."""
        among = "" if products is None else " AND product IN :products"
        rows = await self.app.database.fetch(
            "SELECT product, price, currency FROM discount_group_price"
            f" WHERE store = :store AND discount_group = :group{among} ORDER BY id",
            store=current_store(),
            group=group_id,
            **({} if products is None else {"products": list(products)}),
        )
        return [GroupPrice(row["product"], row["price"], row["currency"]) for row in rows]

    async def products_of(self, unit_id: UUID) -> list[UUID]:
        """Return the products that are restricted to a unit, and maybe to others."""
        rows = await self.app.database.fetch(
            "SELECT product FROM organization_product WHERE store = :store AND unit = :unit ORDER BY id",
            store=current_store(),
            unit=unit_id,
        )
        return [row["product"] for row in rows]

    async def units_of(self, product: UUID) -> frozenset[UUID]:
        """Return the units that a product is restricted to."""
        rows = await self.app.database.fetch(
            "SELECT unit FROM organization_product WHERE store = :store AND product = :product",
            store=current_store(),
            product=product,
        )
        return frozenset(row["unit"] for row in rows)

    async def membership(self, customer: UUID) -> Membership:
        """Return where a customer belongs."""
        return (await self.memberships([customer])).get(customer, Membership(customer))

    async def memberships(self, customers: Collection[UUID]) -> dict[UUID, Membership]:
        """Return where those of the customers belong of whom it is known."""
        rows = await self.app.database.fetch(
            f"SELECT {_MEMBERSHIP} FROM customer_organization WHERE store = :store AND customer IN :customers",
            store=current_store(),
            customers=list(customers),
        )
        return {row["customer"]: membership_of(row) for row in rows}

    async def membership_at(self, key: UUID) -> Membership:
        """Return what the row of that ID says; refuse an unknown one."""
        row = await self.app.database.fetch_one(
            f"SELECT {_MEMBERSHIP} FROM customer_organization WHERE store = :store AND id = :id",
            store=current_store(),
            id=key,
        )
        if row is None:
            raise NotFound(_("There is nothing of that ID in this shop."))
        return membership_of(row)

    async def membership_key(self, customer: UUID) -> UUID:
        """Return the ID of the row that says where a customer belongs; refuse where there is none."""
        row = await self.app.database.fetch_one(
            "SELECT id FROM customer_organization WHERE store = :store AND customer = :customer",
            store=current_store(),
            customer=customer,
        )
        if row is None:
            raise Invalid(_("Choose a branch, a department or a discount group."))
        key: UUID = row["id"]
        return key

    async def membership_of_member(self, discord_id: int) -> Membership | None:
        """Return where the customer belongs who is that Discord member; None where nothing is known of them."""
        row = await self.app.database.fetch_one(
            "SELECT o.customer, o.branch, o.department, o.discount_group, o.by_role, o.version"
            " FROM customer_organization AS o JOIN customer AS c ON c.store = o.store AND c.id = o.customer"
            " WHERE o.store = :store AND c.discord_id = :member",
            store=current_store(),
            member=discord_id,
        )
        return membership_of(row) if row else None


def membership_of(row: Mapping[str, Any]) -> Membership:
    """Return a row of `customer_organization`."""
    return Membership(
        row["customer"],
        row["branch"],
        row["department"],
        row["discount_group"],
        bool(row["by_role"]),
        row["version"],
    )


def _unit(row: Mapping[str, Any]) -> Unit:
    return Unit(**{name: row[name] for name in Unit.__slots__} | {"kind": UnitKind(row["kind"])})


def _group(row: Mapping[str, Any]) -> DiscountGroup:
    return DiscountGroup(
        **{name: row[name] for name in DiscountGroup.__slots__} | {"blocks": read_blocks(row["blocks"])}
    )
