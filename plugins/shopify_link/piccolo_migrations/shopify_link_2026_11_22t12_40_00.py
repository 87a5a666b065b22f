"""Create the tables of links to Shopify."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T12:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Links of members to Shopify customers, their log, emailed links, webhooks and lists"

_STORE = "store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT"

LINK = f"""CREATE TABLE shopify_link (
    id UUID PRIMARY KEY,
    {_STORE},
    discord_id BIGINT NOT NULL,
    username VARCHAR(64) NOT NULL DEFAULT '',
    shopify_id VARCHAR(20) NOT NULL CHECK (shopify_id <> ''),
    name VARCHAR(255) NOT NULL DEFAULT '',
    email VARCHAR(254) NOT NULL DEFAULT '',
    orders BIGINT NOT NULL DEFAULT 0 CHECK (orders >= 0),
    spent BIGINT NOT NULL DEFAULT 0,
    currency VARCHAR(3) NOT NULL DEFAULT '',
    method VARCHAR(8) NOT NULL CHECK (method IN ('STAFF', 'EMAIL', 'IMPORT')),
    linked_by VARCHAR(100) NOT NULL DEFAULT '',
    created TIMESTAMPTZ NOT NULL,
    refreshed TIMESTAMPTZ NOT NULL,
    role_id BIGINT,
    role_problem VARCHAR(300) NOT NULL DEFAULT '',
    role_remedy VARCHAR(300) NOT NULL DEFAULT '',
    metafields VARCHAR(8) NOT NULL DEFAULT 'PENDING' CHECK (metafields IN ('PENDING', 'WRITTEN', 'FAILED')),
    metafields_problem VARCHAR(300) NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, discord_id),
    UNIQUE (store, shopify_id)
)"""

LOG = f"""CREATE TABLE shopify_link_log (
    id UUID PRIMARY KEY,
    {_STORE},
    type VARCHAR(20) NOT NULL DEFAULT 'customer_link',
    action VARCHAR(12) NOT NULL CHECK (action IN ('link', 'unlink', 'data_request')),
    actor_kind VARCHAR(10) NOT NULL,
    actor_id VARCHAR(40) NOT NULL,
    actor_name VARCHAR(100) NOT NULL,
    discord_id BIGINT NOT NULL DEFAULT 0,
    shopify_id VARCHAR(20) NOT NULL DEFAULT '',
    email VARCHAR(254) NOT NULL DEFAULT '',
    note VARCHAR(200) NOT NULL DEFAULT '',
    channel_id BIGINT,
    message_id BIGINT,
    created TIMESTAMPTZ NOT NULL
)"""

VERIFICATION = f"""CREATE TABLE shopify_verification (
    id UUID PRIMARY KEY,
    {_STORE},
    discord_id BIGINT NOT NULL,
    username VARCHAR(64) NOT NULL DEFAULT '',
    email VARCHAR(254) NOT NULL DEFAULT '',
    email_hash VARCHAR(64) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    locale VARCHAR(20) NOT NULL DEFAULT '',
    created TIMESTAMPTZ NOT NULL,
    expires TIMESTAMPTZ NOT NULL,
    used TIMESTAMPTZ,
    rejected TIMESTAMPTZ,
    UNIQUE (token_hash)
)"""

WEBHOOK = f"""CREATE TABLE shopify_webhook (
    id UUID PRIMARY KEY,
    {_STORE},
    webhook_id VARCHAR(100) NOT NULL,
    topic VARCHAR(100) NOT NULL,
    subject VARCHAR(20) NOT NULL DEFAULT '',
    other VARCHAR(20) NOT NULL DEFAULT '',
    received TIMESTAMPTZ NOT NULL,
    UNIQUE (store, webhook_id)
)"""

BULK = f"""CREATE TABLE shopify_bulk (
    id UUID PRIMARY KEY,
    {_STORE},
    made_by VARCHAR(100) NOT NULL DEFAULT '',
    made_by_kind VARCHAR(10) NOT NULL DEFAULT '',
    made_by_id VARCHAR(40) NOT NULL DEFAULT '',
    dry_run BOOLEAN NOT NULL,
    state VARCHAR(8) NOT NULL CHECK (state IN ('RUNNING', 'DONE')),
    total INTEGER NOT NULL CHECK (total >= 0),
    created TIMESTAMPTZ NOT NULL,
    finished TIMESTAMPTZ,
    UNIQUE (store, id)
)"""

BULK_ROW = f"""CREATE TABLE shopify_bulk_row (
    id UUID PRIMARY KEY,
    {_STORE},
    bulk UUID NOT NULL,
    number INTEGER NOT NULL,
    member VARCHAR(40) NOT NULL DEFAULT '',
    email VARCHAR(254) NOT NULL DEFAULT '',
    email_hash VARCHAR(64) NOT NULL DEFAULT '',
    state VARCHAR(8) NOT NULL CHECK (state IN ('WAITING', 'FINE', 'LINKED', 'ALREADY', 'BAD')),
    message VARCHAR(300) NOT NULL DEFAULT '',
    UNIQUE (store, bulk, number),
    FOREIGN KEY (store, bulk) REFERENCES shopify_bulk (store, id) ON DELETE CASCADE
)"""


async def forwards() -> MigrationManager:
    """Create the tables and their indexes."""
    return create(
        ID,
        "shopify_link",
        DESCRIPTION,
        [
            LINK,
            LOG,
            VERIFICATION,
            WEBHOOK,
            BULK,
            BULK_ROW,
            "CREATE INDEX shopify_link_refreshed ON shopify_link (store, refreshed)",
            "CREATE INDEX shopify_link_log_of ON shopify_link_log (store, discord_id, created)",
            "CREATE INDEX shopify_link_log_customer ON shopify_link_log (store, shopify_id)",
            "CREATE INDEX shopify_verification_of ON shopify_verification (store, discord_id, created)",
            "CREATE INDEX shopify_verification_email ON shopify_verification (store, email_hash, created)",
            "CREATE INDEX shopify_webhook_subject ON shopify_webhook (store, subject)",
            "CREATE INDEX shopify_bulk_row_state ON shopify_bulk_row (store, bulk, state, number)",
            "CREATE INDEX shopify_bulk_row_email ON shopify_bulk_row (store, email_hash)",
        ],
    )
