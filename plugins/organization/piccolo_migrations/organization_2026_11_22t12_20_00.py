"""Create the tables of the organization."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T12:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Branches, departments, discount groups, and what belongs to them"

STATEMENTS = [
    """CREATE TABLE organization_unit (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        kind VARCHAR(10) NOT NULL CHECK (kind IN ('BRANCH', 'DEPARTMENT')),
        name VARCHAR(80) NOT NULL,
        name_key VARCHAR(80) NOT NULL,
        position INTEGER NOT NULL DEFAULT 0,
        created TIMESTAMPTZ NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        UNIQUE (store, id),
        UNIQUE (store, kind, name_key),
        UNIQUE (store, kind, id)
    )""",
    """CREATE TABLE discount_group (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        name VARCHAR(80) NOT NULL,
        name_key VARCHAR(80) NOT NULL,
        percent INTEGER CHECK (percent BETWEEN 1 AND 100),
        role BIGINT CHECK (role > 0),
        blocks VARCHAR(100) NOT NULL DEFAULT '',
        position INTEGER NOT NULL DEFAULT 0,
        created TIMESTAMPTZ NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        UNIQUE (store, id),
        UNIQUE (store, name_key),
        UNIQUE (store, role)
    )""",
    """CREATE TABLE discount_group_price (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        discount_group UUID NOT NULL,
        product UUID NOT NULL,
        price BIGINT NOT NULL CHECK (price >= 0),
        currency VARCHAR(3) NOT NULL,
        UNIQUE (store, id),
        UNIQUE (store, discount_group, product),
        FOREIGN KEY (store, discount_group) REFERENCES discount_group (store, id) ON DELETE RESTRICT,
        FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT
    )""",
    """CREATE TABLE customer_organization (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        customer UUID NOT NULL,
        branch UUID,
        department UUID,
        discount_group UUID,
        by_role BOOLEAN NOT NULL DEFAULT FALSE,
        version INTEGER NOT NULL DEFAULT 1,
        UNIQUE (store, id),
        UNIQUE (store, customer),
        FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT,
        FOREIGN KEY (store, branch) REFERENCES organization_unit (store, id) ON DELETE RESTRICT,
        FOREIGN KEY (store, department) REFERENCES organization_unit (store, id) ON DELETE RESTRICT,
        FOREIGN KEY (store, discount_group) REFERENCES discount_group (store, id) ON DELETE RESTRICT
    )""",
    "CREATE INDEX customer_organization_branch ON customer_organization (store, branch)",
    "CREATE INDEX customer_organization_department ON customer_organization (store, department)",
    "CREATE INDEX customer_organization_group ON customer_organization (store, discount_group)",
    """CREATE TABLE organization_product (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        product UUID NOT NULL,
        kind VARCHAR(10) NOT NULL,
        unit UUID NOT NULL,
        UNIQUE (store, id),
        UNIQUE (store, product, unit),
        FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT,
        FOREIGN KEY (store, kind, unit) REFERENCES organization_unit (store, kind, id) ON DELETE RESTRICT
    )""",
    "CREATE INDEX organization_product_unit ON organization_product (store, unit)",
]


async def forwards() -> MigrationManager:
    """Create the tables."""
    return create(ID, "organization", DESCRIPTION, STATEMENTS)
