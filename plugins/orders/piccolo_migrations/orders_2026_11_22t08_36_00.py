"""Give orders their parcels; those sent so far become one parcel each."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:36:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Shipments and what is in them"

SHIPMENTS = """CREATE TABLE shipment (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    position INTEGER NOT NULL,
    carrier VARCHAR(64) NOT NULL DEFAULT '',
    tracking_number VARCHAR(100) NOT NULL DEFAULT '',
    status VARCHAR(16) NOT NULL CHECK (status IN ('PENDING', 'LABEL_CREATED', 'SHIPPED', 'DELIVERED', 'FAILED')),
    created TIMESTAMPTZ NOT NULL,
    shipped_at TIMESTAMPTZ,
    delivered_at TIMESTAMPTZ,
    UNIQUE (store, id),
    UNIQUE (store, order_id, position),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE
)"""

LINES = """CREATE TABLE shipment_line (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    shipment UUID NOT NULL,
    line UUID NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    UNIQUE (store, id),
    UNIQUE (store, shipment, line),
    FOREIGN KEY (store, shipment) REFERENCES shipment (store, id) ON DELETE CASCADE,
    FOREIGN KEY (store, line) REFERENCES order_line (store, id) ON DELETE CASCADE
)"""

# One parcel an order takes the order's own key, and the same for its lines.
FORMER = [
    """INSERT INTO shipment (id, store, order_id, position, carrier, tracking_number, status, created, shipped_at,
        delivered_at)
    SELECT id, store, id, 1, carrier, tracking_number, shipping_status, updated,
        CASE WHEN shipping_status IN ('SHIPPED', 'DELIVERED') THEN updated END,
        CASE WHEN shipping_status = 'DELIVERED' THEN updated END
    FROM orders WHERE shipping_status IS NOT NULL AND (shipping_status <> 'PENDING' OR tracking_number <> '')""",
    """INSERT INTO shipment_line (id, store, shipment, line, quantity)
    SELECT l.id, l.store, s.id, l.id, l.quantity FROM order_line l
    JOIN shipment s ON s.store = l.store AND s.order_id = l.order_id WHERE l.kind = 'SHIPPED'""",
]

INDEXES = [
    "CREATE INDEX shipment_tracking ON shipment (store, tracking_number)",
    "CREATE INDEX shipment_line_line ON shipment_line (store, line)",
]


async def forwards() -> MigrationManager:
    """Create the tables and fill them."""
    return create(ID, "orders", DESCRIPTION, [SHIPMENTS, LINES, *INDEXES, *FORMER])
