"""Create the tables of discounts."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Discounts, their assignments and uses"

DISCOUNT = """CREATE TABLE discount (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    name VARCHAR(80) NOT NULL,
    kind VARCHAR(8) NOT NULL CHECK (kind IN ('PERCENT', 'FIXED')),
    percent INTEGER CHECK (percent BETWEEN 1 AND 100),
    amount BIGINT CHECK (amount > 0),
    currency VARCHAR(3) NOT NULL,
    code VARCHAR(40) NOT NULL DEFAULT '',
    code_key VARCHAR(40),
    scope VARCHAR(12) NOT NULL CHECK (scope IN ('ALL', 'PRODUCTS', 'CATEGORIES', 'ROLES', 'TAGS', 'CUSTOMERS')),
    targets JSON NOT NULL,
    starts TIMESTAMPTZ NOT NULL,
    ends TIMESTAMPTZ,
    limit_total INTEGER CHECK (limit_total > 0),
    limit_per_customer INTEGER CHECK (limit_per_customer > 0),
    minimum BIGINT NOT NULL DEFAULT 0 CHECK (minimum >= 0),
    active BOOLEAN NOT NULL DEFAULT TRUE,
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
    created TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, id),
    UNIQUE (store, code_key),
    CHECK ((kind = 'PERCENT' AND percent IS NOT NULL AND amount IS NULL)
        OR (kind = 'FIXED' AND amount IS NOT NULL AND percent IS NULL)),
    CHECK (ends IS NULL OR starts < ends)
)"""

CUSTOMER = """CREATE TABLE discount_customer (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    discount UUID NOT NULL,
    customer UUID NOT NULL,
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
    UNIQUE (store, discount, customer),
    FOREIGN KEY (store, discount) REFERENCES discount (store, id) ON DELETE CASCADE,
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
)"""

ASSIGNMENT = """CREATE TABLE discount_assignment (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    discount UUID NOT NULL,
    customer UUID NOT NULL,
    rule VARCHAR(12) NOT NULL CHECK (rule IN ('one_time', 'next_n', 'forever')),
    total_allowed INTEGER CHECK (total_allowed > 0),
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
    expires TIMESTAMPTZ,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    created TIMESTAMPTZ NOT NULL,
    ended TIMESTAMPTZ,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, id),
    CHECK ((rule = 'forever') = (total_allowed IS NULL)),
    FOREIGN KEY (store, discount) REFERENCES discount (store, id) ON DELETE RESTRICT,
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
)"""

USE = """CREATE TABLE discount_use (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    discount UUID NOT NULL,
    order_id UUID NOT NULL,
    customer UUID NOT NULL,
    assignment UUID,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency VARCHAR(3) NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    given_back TIMESTAMPTZ,
    FOREIGN KEY (store, discount) REFERENCES discount (store, id) ON DELETE RESTRICT,
    FOREIGN KEY (store, assignment) REFERENCES discount_assignment (store, id) ON DELETE RESTRICT
)"""

ATTEMPT = """CREATE TABLE discount_attempt (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    customer UUID NOT NULL,
    failures INTEGER NOT NULL,
    window_start TIMESTAMPTZ NOT NULL,
    UNIQUE (store, customer),
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE CASCADE
)"""


async def forwards() -> MigrationManager:
    """Create the tables; an order uses one discount, a customer has one open assignment of each."""
    return create(
        ID,
        "discounts",
        DESCRIPTION,
        [
            DISCOUNT,
            CUSTOMER,
            ASSIGNMENT,
            USE,
            ATTEMPT,
            "CREATE INDEX discount_created ON discount (store, created, id)",
            "CREATE UNIQUE INDEX discount_assignment_open ON discount_assignment (store, customer, discount)"
            " WHERE active",
            "CREATE UNIQUE INDEX discount_use_once ON discount_use (store, order_id) WHERE given_back IS NULL",
            "CREATE INDEX discount_use_of ON discount_use (store, discount, created, id)",
        ],
    )
