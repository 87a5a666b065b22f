"""Search customers in an index rather than in their rows."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T12:26:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes for the search of customers"

# Everything that a search looks at, in the order of the list: SQLite reads the row only of who is found.
SQLITE = "CREATE INDEX customer_search ON customer (store, created, id, merged_into, search)"

# The extension comes with PostgreSQL, but a server may lack it or keep it from us: the search is then without an index.
POSTGRES = """
    DO $body$
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX customer_search ON customer USING gin (search gin_trgm_ops);
    EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'customers are searched without an index, since pg_trgm is not available';
    END
    $body$
"""


async def forwards() -> MigrationManager:
    """Add the index."""
    return create(ID, "customers", DESCRIPTION, [], sqlite=[SQLITE], postgres=[POSTGRES])
