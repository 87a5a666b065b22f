"""The route that Stripe sends its webhooks to."""

from __future__ import annotations

from aiohttp import web

from guildshop.hookspecs import PublicRoute
from guildshop.plugins.payments.webhooks import of_guild
from guildshop.plugins.stripe.service import StripeService
from guildshop.web.context import app_of

MAX_BODY = 256 * 1024


async def receive(request: web.Request) -> web.StreamResponse:
    """Verify and keep what came, then answer 200; a fault of ours is 5xx, so that Stripe sends it again."""
    body = await request.read()
    await app_of(request).get(StripeService).accept(body, request.headers.get("Stripe-Signature", ""))
    return web.Response(text="ok")


ROUTES = [PublicRoute("POST", "/webhooks/stripe/{guild:[0-9]{1,20}}", of_guild(receive), max_body=MAX_BODY, csrf=False)]
