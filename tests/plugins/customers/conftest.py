"""Fixtures of the tests of customers."""

from collections.abc import Iterator

import pytest

from guildshop.app import App
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.web.testing import chromium, owner, server, support, tabs, token, users, visitor, visitors

__all__ = ["chromium", "customers", "owner", "server", "support", "tabs", "token", "users", "visitor", "visitors"]


@pytest.fixture
def customers(app: App, store: Store) -> Iterator[CustomerService]:
    """The customers' service, with the store in scope."""
    with scope(store.id):
        yield app.get(CustomerService)
