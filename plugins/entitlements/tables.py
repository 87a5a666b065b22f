"""The table of entitlements."""

from piccolo.columns import UUID, BigInt, Text, Timestamptz, Varchar

from guildshop.plugins.entitlements.api import EntitlementKind, EntitlementStatus
from guildshop.tenancy import StoreTable


class Entitlement(StoreTable, tablename="entitlement"):
    """One role or channel of one product of one order, and whether the member has it."""

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
