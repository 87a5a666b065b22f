"""The route that BTCPay sends its webhooks to."""

from __future__ import annotations

from aiohttp import web

from guildshop.hookspecs import PublicRoute
from guildshop.plugins.btcpay.service import BtcpayService
from guildshop.plugins.payments.webhooks import of_guild
from guildshop.web.context import app_of

MAX_BODY = 256 * 1024


async def receive(request: web.Request) -> web.StreamResponse:
    """Verify and keep what came, then answer 200; a fault of ours is 5xx, so that BTCPay sends it again."""
    body = await request.read()
    await app_of(request).get(BtcpayService).accept(body, request.headers.get("BTCPay-Sig", ""))
    return web.Response(text="ok")


ROUTES = [PublicRoute("POST", "/webhooks/btcpay/{guild:[0-9]{1,20}}", of_guild(receive), max_body=MAX_BODY, csrf=False)]
