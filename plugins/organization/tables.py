"""The tables of the organization."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.readable import Readable

from guildshop.plugins.organization.api import UnitKind
from guildshop.tenancy import StoreTable


class Unit(StoreTable, tablename="organization_unit"):
    """A branch or a department."""

    id = UUID(primary_key=True)
    kind = Varchar(10, choices=UnitKind)
    name = Varchar(80)
    name_key = Varchar(80, secret=True)
    position = Integer(default=0)
    created = Timestamptz()
    version = Integer(default=1)

    @classmethod
    def get_readable(cls) -> Readable:
        """Show a unit by its name."""
        return Readable(template="%s", columns=[cls.name])


class DiscountGroup(StoreTable, tablename="discount_group"):
    """A discount group; `blocks` are the account functions that it keeps customers from, with commas between."""

    id = UUID(primary_key=True)
    name = Varchar(80)
    name_key = Varchar(80, secret=True)
    percent = Integer(null=True, default=None)
    role = BigInt(null=True, default=None)
    blocks = Varchar(100, default="")
    position = Integer(default=0)
    created = Timestamptz()
    version = Integer(default=1)

    @classmethod
    def get_readable(cls) -> Readable:
        """Show a group by its name."""
        return Readable(template="%s", columns=[cls.name])


class GroupPrice(StoreTable, tablename="discount_group_price"):
    """What customers of a group pay for a product, in minor units; it counts while the product has that currency."""

    id = UUID(primary_key=True)
    discount_group = ForeignKey(references=DiscountGroup)
    product = UUID()
    price = BigInt()
    currency = Varchar(3)


class CustomerOrganization(StoreTable, tablename="customer_organization"):
    """Where a customer belongs. `by_role`: the group follows from a Discord role."""

    id = UUID(primary_key=True)
    customer = UUID()
    branch = ForeignKey(references=Unit, null=True, default=None)
    department = ForeignKey(references=Unit, null=True, default=None)
    discount_group = ForeignKey(references=DiscountGroup, null=True, default=None)
    by_role = Boolean(default=False)
    version = Integer(default=1)


class ProductLimit(StoreTable, tablename="organization_product"):
    """A product that is restricted to a unit; of several units of one kind, any will do."""

    id = UUID(primary_key=True)
    product = UUID()
    kind = Varchar(10, choices=UnitKind)
    unit = ForeignKey(references=Unit)
