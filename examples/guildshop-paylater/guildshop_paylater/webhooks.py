"""The route that PayLater sends its webhooks to."""

from __future__ import annotations

from aiohttp import web
from guildshop.hookspecs import PublicRoute
from guildshop.tenancy import scope
from guildshop.web.context import app_of

from guildshop_paylater.service import PaylaterService, unknown_store

PATH = "/webhooks/paylater/{store:[0-9]{1,18}}"
MAX_BODY = 64 * 1024


async def receive(request: web.Request) -> web.StreamResponse:
    """Verify and store what came, then answer 200; a fault of ours is 5xx, so that PayLater sends it again."""
    app = app_of(request)
    known = {store.id: store for store in app.stores.all()}
    store = known.get(int(request.match_info["store"]))
    if store is None:
        raise unknown_store()
    with scope(store.id):
        body = await request.read()
        await app.get(PaylaterService).accept(body, request.headers.get("Paylater-Signature", ""))
    return web.Response(text="ok")


ROUTES = [PublicRoute("POST", PATH, receive, max_body=MAX_BODY, csrf=False)]
