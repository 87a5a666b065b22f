"""Fixtures of the tests of the catalog."""

from collections.abc import Iterator

import pytest

from guildshop.app import App
from guildshop.plugins.catalog.service import CatalogService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.web.testing import chromium, owner, server, support, tabs, token, users, visitor, visitors

__all__ = ["catalog", "chromium", "owner", "server", "support", "tabs", "token", "users", "visitor", "visitors"]


@pytest.fixture
def catalog(app: App, store: Store) -> Iterator[CatalogService]:
    """The catalog's service, with the store in scope."""
    with scope(store.id):
        yield app.get(CatalogService)
