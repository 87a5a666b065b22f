"""Keep by what a message went, and announcements with each of their receivers."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create
from guildshop.database.rebuild import rebuild

ID = "2026-11-22T08:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Messages by email, and announcements"

MESSAGE_DELIVERY = """CREATE TABLE message_delivery (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    event UUID NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    channel VARCHAR(8) NOT NULL DEFAULT 'DM' CHECK (channel IN ('DM', 'EMAIL', 'STAFF')),
    order_id UUID NOT NULL,
    customer UUID,
    discord_id BIGINT,
    state VARCHAR(16) NOT NULL CHECK (state IN ('DELIVERED', 'FALLBACK', 'UNDELIVERABLE', 'SUPPRESSED')),
    problem VARCHAR(32) NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    remedy TEXT NOT NULL DEFAULT '',
    channel_id BIGINT,
    message_id BIGINT,
    created TIMESTAMPTZ NOT NULL,
    UNIQUE (store, id),
    UNIQUE (store, event, purpose, channel),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE,
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
)"""

CHANNELS = "UPDATE message_delivery SET channel = 'STAFF' WHERE purpose LIKE 'staff%'"

ANNOUNCEMENTS = [
    """CREATE TABLE announcement (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        title VARCHAR(200) NOT NULL,
        text TEXT NOT NULL,
        audience VARCHAR(8) NOT NULL CHECK (audience IN ('ALL', 'TAG', 'ROLE')),
        target VARCHAR(100) NOT NULL DEFAULT '',
        state VARCHAR(8) NOT NULL CHECK (state IN ('DRAFT', 'RUNNING', 'STOPPED', 'DONE')),
        total INTEGER NOT NULL DEFAULT 0,
        created_by VARCHAR(100) NOT NULL,
        created TIMESTAMPTZ NOT NULL,
        started TIMESTAMPTZ,
        finished TIMESTAMPTZ,
        UNIQUE (store, id)
    )""",
    "CREATE UNIQUE INDEX announcement_running ON announcement (store) WHERE state = 'RUNNING'",
    """CREATE TABLE announcement_receiver (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        announcement UUID NOT NULL,
        customer UUID NOT NULL,
        state VARCHAR(16) NOT NULL CHECK (state IN
            ('WAITING', 'SENDING', 'DELIVERED', 'FALLBACK', 'UNDELIVERABLE', 'SUPPRESSED', 'PASSED_OVER', 'UNKNOWN')),
        channel VARCHAR(8) NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        told TIMESTAMPTZ,
        UNIQUE (store, id),
        UNIQUE (store, announcement, customer),
        FOREIGN KEY (store, announcement) REFERENCES announcement (store, id) ON DELETE CASCADE,
        FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
    )""",
    "CREATE INDEX announcement_receiver_state ON announcement_receiver (store, announcement, state, id)",
    "CREATE INDEX announcement_receiver_customer ON announcement_receiver (store, customer)",
]


async def forwards() -> MigrationManager:
    """Widen the table, and create the others."""
    return create(
        ID,
        "notifications",
        DESCRIPTION,
        [],
        sqlite=[rebuild("message_delivery", MESSAGE_DELIVERY), CHANNELS, *ANNOUNCEMENTS],
        postgres=[
            "ALTER TABLE message_delivery ADD COLUMN channel VARCHAR(8) NOT NULL DEFAULT 'DM'"
            " CHECK (channel IN ('DM', 'EMAIL', 'STAFF'))",
            "ALTER TABLE message_delivery DROP CONSTRAINT message_delivery_store_event_purpose_key",
            "ALTER TABLE message_delivery ADD UNIQUE (store, event, purpose, channel)",
            CHANNELS,
            *ANNOUNCEMENTS,
        ],
    )
