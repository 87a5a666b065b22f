"""Create the tables of orders."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:03:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Orders, their lines, adjustments, timeline and notes, and order flows"

ORDERS = """CREATE TABLE orders (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    number VARCHAR(16) NOT NULL,
    customer UUID NOT NULL,
    recipient_discord_id BIGINT,
    channel VARCHAR(16) NOT NULL CHECK (channel IN ('DISCORD', 'WEB', 'API', 'IMPORT')),
    status VARCHAR(24) NOT NULL CHECK (status IN ('PENDING_PAYMENT', 'PAID', 'FULFILLING', 'SHIPPED', 'COMPLETE',
        'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED')),
    shipping_status VARCHAR(16)
        CHECK (shipping_status IN ('PENDING', 'LABEL_CREATED', 'SHIPPED', 'DELIVERED', 'FAILED')),
    carrier VARCHAR(64) NOT NULL DEFAULT '',
    tracking_number VARCHAR(100) NOT NULL DEFAULT '',
    currency VARCHAR(3) NOT NULL,
    subtotal BIGINT NOT NULL CHECK (subtotal >= 0),
    discount BIGINT NOT NULL CHECK (discount >= 0),
    loyalty BIGINT NOT NULL CHECK (loyalty >= 0),
    shipping BIGINT NOT NULL CHECK (shipping >= 0),
    tax BIGINT NOT NULL CHECK (tax >= 0),
    total BIGINT NOT NULL CHECK (total >= 0),
    credit BIGINT NOT NULL CHECK (credit >= 0),
    due BIGINT NOT NULL CHECK (due >= 0),
    refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= total),
    payment_method VARCHAR(32) NOT NULL DEFAULT '',
    shipping_type VARCHAR(80) NOT NULL DEFAULT '',
    address JSON,
    draft UUID,
    locale VARCHAR(16) NOT NULL DEFAULT 'en-US',
    imported BOOLEAN NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    updated TIMESTAMPTZ NOT NULL,
    reserved_until TIMESTAMPTZ,
    paid_at TIMESTAMPTZ,
    cancelled_at TIMESTAMPTZ,
    completed_at TIMESTAMPTZ,
    cancel_reason TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, id),
    UNIQUE (store, number),
    UNIQUE (store, draft),
    CHECK (total = subtotal - discount - loyalty + shipping + tax),
    CHECK (due = total - credit),
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
)"""

LINES = """CREATE TABLE order_line (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    position INTEGER NOT NULL,
    product UUID,
    sku VARCHAR(64) NOT NULL,
    name VARCHAR(100) NOT NULL,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('DIGITAL', 'SHIPPED')),
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    unit_price BIGINT NOT NULL CHECK (unit_price >= 0),
    total BIGINT NOT NULL,
    UNIQUE (store, id),
    UNIQUE (store, order_id, position),
    CHECK (total = quantity * unit_price),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE,
    FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT
)"""

ADJUSTMENTS = """CREATE TABLE order_adjustment (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    position INTEGER NOT NULL,
    phase VARCHAR(16) NOT NULL CHECK (phase IN ('discount', 'loyalty', 'shipping', 'tax', 'credit')),
    plugin VARCHAR(64) NOT NULL,
    code VARCHAR(64) NOT NULL,
    label VARCHAR(100) NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    included BOOLEAN NOT NULL,
    reference VARCHAR(200) NOT NULL DEFAULT '',
    UNIQUE (store, id),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE
)"""

HISTORY = """CREATE TABLE order_history (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    kind VARCHAR(16) NOT NULL,
    actor_kind VARCHAR(16) NOT NULL,
    actor_id VARCHAR(100) NOT NULL,
    actor_name VARCHAR(100) NOT NULL,
    before VARCHAR(100) NOT NULL DEFAULT '',
    after VARCHAR(100) NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    UNIQUE (store, id),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE
)"""

NOTES = """CREATE TABLE order_note (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    author VARCHAR(100) NOT NULL,
    public BOOLEAN NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (store, id),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE
)"""

DRAFTS = """CREATE TABLE order_draft (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    member BIGINT NOT NULL,
    customer UUID NOT NULL,
    currency VARCHAR(3) NOT NULL,
    lines JSON NOT NULL,
    answers JSON NOT NULL,
    payment_method VARCHAR(32) NOT NULL DEFAULT '',
    recipient BIGINT,
    items_done BOOLEAN NOT NULL,
    quote JSON,
    updated TIMESTAMPTZ NOT NULL,
    expires TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (store, id),
    UNIQUE (store, member),
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE CASCADE
)"""

INDEXES = [
    "CREATE INDEX orders_created ON orders (store, created, id)",
    "CREATE INDEX orders_status ON orders (store, status, created, id)",
    "CREATE INDEX orders_customer ON orders (store, customer, created, id)",
    "CREATE INDEX orders_total ON orders (store, total, created, id)",
    "CREATE INDEX order_line_product ON order_line (store, product)",
    "CREATE INDEX order_adjustment_order ON order_adjustment (store, order_id)",
    "CREATE INDEX order_history_order ON order_history (store, order_id, at)",
    "CREATE INDEX order_note_order ON order_note (store, order_id, at)",
    "CREATE INDEX order_draft_customer ON order_draft (store, customer)",
]


async def forwards() -> MigrationManager:
    """Create the tables and their indexes."""
    return create(ID, "orders", DESCRIPTION, [ORDERS, LINES, ADJUSTMENTS, HISTORY, NOTES, DRAFTS, *INDEXES])
