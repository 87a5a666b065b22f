"""Fixtures for the tests of Guildshop and of plugins: `pytest_plugins = ["guildshop.testing"]`."""

from __future__ import annotations

from guildshop.database.testing import database, database_url

__all__ = ["database", "database_url"]
