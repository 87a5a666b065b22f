"""Create the tables of reviews."""

from guildshop.database.migrations import create
from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T01:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Reviews of products, and requests for them"

REVIEW = """CREATE TABLE review (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    customer UUID,
    product UUID NOT NULL,
    product_name VARCHAR(100) NOT NULL,
    rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    text TEXT NOT NULL DEFAULT '',
    hidden BOOLEAN NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    updated TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, id),
    UNIQUE (store, customer, product),
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT,
    FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT
)"""

REQUEST = """CREATE TABLE review_request (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    completed TIMESTAMPTZ NOT NULL,
    asked TIMESTAMPTZ,
    UNIQUE (store, order_id),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE
)"""

INDEXES = [
    "CREATE INDEX review_created ON review (store, created)",
    "CREATE INDEX review_request_due ON review_request (store, completed) WHERE asked IS NULL",
]


async def forwards() -> MigrationManager:
    """Create the tables and their indexes."""
    return create(ID, "reviews", DESCRIPTION, [REVIEW, REQUEST, *INDEXES])
