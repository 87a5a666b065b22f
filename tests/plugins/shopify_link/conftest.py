"""A shop that is linked to the double of Shopify."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from guildshop.app import App
from guildshop.config.secret import Secret
from guildshop.permissions import Actor
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, MailboxServer
from tests.plugins.shopify_link.double import DOMAIN, TOKEN, WEBHOOK_SECRET, ShopifyDouble, schema


async def no_wait(_seconds: float) -> None:
    """Pass the time at once."""


def account(shopify: ShopifyDouble) -> dict[str, Any]:
    """Return the settings of the section shopify_link."""
    return {"shop": DOMAIN, "access_token": TOKEN, "webhook_secret": WEBHOOK_SECRET, "api_url": shopify.url}


@pytest.fixture
async def shopify() -> AsyncIterator[ShopifyDouble]:
    schema()
    double = ShopifyDouble()
    server = TestServer(double.application())
    await server.start_server()
    double.url = str(server.make_url("")).rstrip("/")
    yield double
    await server.close()
    assert double.problems == [], "Shopify would have refused this"


@pytest.fixture
def boss(store: Store, staff: ActorFactory) -> Actor:
    """Somebody of the staff with every permission."""
    return staff(store)


@pytest.fixture
async def links(
    app: App, store: Store, boss: Actor, shopify: ShopifyDouble, mailbox: MailboxServer
) -> AsyncIterator[LinkService]:
    """The service, with the store in scope and its account set up."""
    mailbox.serve(app)
    security = app.settings.security.model_copy(update={"secret_key": Secret("a secret key for tests, long enough")})
    app.settings = app.settings.model_copy(update={"security": security})
    await app.stores.change(boss, "shopify_link", account(shopify))
    service = app.get(LinkService)
    service.client.sleep = no_wait
    with scope(store.id):
        yield service
