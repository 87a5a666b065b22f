"""Tenancy: which store is acted in, and the base of every table whose rows belong to one."""

from guildshop.database.scope import current_store, every_store, scope, set_store
from guildshop.database.store_table import StoreTable

__all__ = ["StoreTable", "current_store", "every_store", "scope", "set_store"]
