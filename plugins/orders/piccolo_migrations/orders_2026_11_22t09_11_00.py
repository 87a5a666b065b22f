"""Count for every customer what was bought so far."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T09:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Figures of the customers there are"

_OWN = "FROM orders AS o WHERE o.store = customer.store AND o.customer = customer.id"
_NET = """CASE WHEN o.status <> 'CANCELLED' THEN o.total - o.refunded
    WHEN o.due > o.refunded THEN o.due - o.refunded ELSE 0 END"""
_CURRENCY = "(SELECT s.currency FROM store AS s WHERE s.id = customer.store)"

STATEMENTS = [
    f"""UPDATE customer SET
        revenue_currency = {_CURRENCY},
        revenue = (SELECT COALESCE(SUM({_NET}), 0) {_OWN}
                   AND o.paid_at IS NOT NULL AND o.currency = {_CURRENCY}),
        paid_orders = (SELECT COUNT(*) {_OWN} AND o.paid_at IS NOT NULL),
        last_order = (SELECT MAX(o.created) {_OWN}),
        last_paid = (SELECT MAX(o.paid_at) {_OWN})
    WHERE EXISTS (SELECT 1 {_OWN})""",
]


async def forwards() -> MigrationManager:
    """Fill in the columns that customers got."""
    return create(ID, "orders", DESCRIPTION, STATEMENTS)
