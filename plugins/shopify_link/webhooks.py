"""The route that Shopify sends its webhooks to."""

from __future__ import annotations

from aiohttp import web

from guildshop.errors import NotFound
from guildshop.hookspecs import PublicRoute
from guildshop.i18n import _, use_locale
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.tenancy import scope
from guildshop.web.context import app_of

MAX_BODY = 1024 * 1024
"""Bytes; an order with hundreds of lines has some 500 KB."""


async def receive(request: web.Request) -> web.StreamResponse:
    """Verify and keep what came, then answer 200 at once; a fault of ours is 5xx, so that Shopify sends it again."""
    app = app_of(request)
    store = app.stores.by_guild(int(request.match_info["guild"]))
    if store is None:
        raise NotFound(_("There is no shop of that Discord server here."))
    body, headers = await request.read(), request.headers
    with scope(store.id), use_locale(store.language):
        await app.get(LinkService).accept(
            headers.get("X-Shopify-Topic", ""),
            headers.get("X-Shopify-Webhook-Id", ""),
            headers.get("X-Shopify-Shop-Domain", ""),
            body,
            headers.get("X-Shopify-Hmac-Sha256", ""),
        )
    return web.Response(text="ok")


ROUTES = [PublicRoute("POST", "/webhooks/shopify/{guild:[0-9]{1,20}}", receive, max_body=MAX_BODY, csrf=False)]
