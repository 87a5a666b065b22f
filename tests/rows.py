"""All rows of a store, to see that something changed nothing."""

from __future__ import annotations

from guildshop.app import App
from guildshop.tenancy import StoreTable

OUR_OWN = {"user_session", "user_account", "sign_in_attempt", "api_token", "membership", "idempotency_key"}
"""Tables in which signing in, or calling with a token, leaves rows."""


def store_tables(app: App) -> list[type[StoreTable]]:
    """Return the tables whose rows belong to stores."""
    return [table for piccolo in app.piccolo_apps() for table in piccolo.table_classes if issubclass(table, StoreTable)]


async def everything(app: App, store: int) -> dict[str, list[str]]:
    """Return all rows of a store, table by table."""
    found = {}
    for table in store_tables(app):
        name = table._meta.tablename
        if name not in OUR_OWN:
            rows = await app.database.fetch(f'SELECT * FROM "{name}" WHERE store = :store', store=store)
            found[name] = sorted(str(row) for row in rows)
    return found
