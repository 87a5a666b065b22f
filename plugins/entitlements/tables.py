"""The tables of entitlements, and of what products give."""

from piccolo.columns import UUID, BigInt, Boolean, Bytea, Integer, Text, Timestamptz, Varchar

from guildshop.plugins.entitlements.api import EntitlementKind, EntitlementStatus
from guildshop.tenancy import StoreTable


class Entitlement(StoreTable, tablename="entitlement"):
    """One role, channel, key or file of one product of one order, and whether the member has it."""

    id = UUID(primary_key=True)
    order_id = UUID()
    product = UUID()
    product_name = Varchar(100)
    discord_id = BigInt(null=True, default=None)
    kind = Varchar(10, choices=EntitlementKind)
    target = BigInt()
    status = Varchar(10, choices=EntitlementStatus)
    problem = Varchar(32, default="")
    reason = Text(default="")
    remedy = Text(default="")
    created = Timestamptz()
    granted_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    checked_at = Timestamptz(null=True, default=None)
    good = UUID(null=True, default=None)
    days = Integer(default=0)
    starts_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    ended = Varchar(12, default="")


class ProductTerms(StoreTable, tablename="product_terms"):
    """How long a product's roles last, and whether it comes with a licence key."""

    id = UUID(primary_key=True)
    product = UUID()
    days = Integer(default=0)
    gives_key = Boolean(default=False)


class LicenceKey(StoreTable, tablename="licence_key"):
    """One key of a product, sealed; taken by one order for ever, also when that order is deleted."""

    id = UUID(primary_key=True)
    product = UUID()
    sealed = Bytea()
    digest = Varchar(64)
    hint = Varchar(8)
    created = Timestamptz()
    taken_at = Timestamptz(null=True, default=None)
    order_id = UUID(null=True, default=None)


class ProductFile(StoreTable, tablename="product_file"):
    """A file that comes with a product; one that was removed stays for those who bought it."""

    id = UUID(primary_key=True)
    product = UUID()
    name = Varchar(100)
    size = Integer()
    content = Bytea()
    offered = Boolean(default=True)
    created = Timestamptz()
