"""Create the tables of sales tax by TaxJar."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The tax of orders, what TaxJar was told, product tax codes and exemptions"

ORDER = """CREATE TABLE taxjar_order (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    state VARCHAR(12) NOT NULL CHECK (state IN ('CALCULATED', 'FLAGGED', 'REVIEWED')),
    reason VARCHAR(200) NOT NULL DEFAULT '',
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency VARCHAR(3) NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    reviewed_by VARCHAR(100) NOT NULL DEFAULT '',
    reviewed_at TIMESTAMPTZ,
    UNIQUE (store, order_id),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE
)"""

REPORT = """CREATE TABLE taxjar_report (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    kind VARCHAR(8) NOT NULL CHECK (kind IN ('ORDER', 'REFUND')),
    transaction_id VARCHAR(64) NOT NULL,
    amount BIGINT NOT NULL,
    shipping BIGINT NOT NULL,
    sales_tax BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    UNIQUE (store, transaction_id)
)"""

PRODUCT = """CREATE TABLE taxjar_product (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    product UUID NOT NULL,
    code VARCHAR(20) NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    UNIQUE (store, product),
    FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE CASCADE
)"""

CUSTOMER = """CREATE TABLE taxjar_customer (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    customer UUID NOT NULL,
    exemption VARCHAR(12) NOT NULL CHECK (exemption IN ('wholesale', 'government', 'other')),
    created TIMESTAMPTZ NOT NULL,
    UNIQUE (store, customer),
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE CASCADE
)"""


async def forwards() -> MigrationManager:
    """Create the tables and their indexes."""
    return create(
        ID,
        "taxjar",
        DESCRIPTION,
        [
            ORDER,
            REPORT,
            PRODUCT,
            CUSTOMER,
            "CREATE INDEX taxjar_order_flagged ON taxjar_order (store, created) WHERE state = 'FLAGGED'",
            "CREATE INDEX taxjar_report_of ON taxjar_report (store, order_id, created)",
        ],
    )
