"""Where tracking numbers were imported before there was one page for files of every kind."""

from __future__ import annotations

from aiohttp import web

from guildshop.web.pages import redirect


async def tracking_page(request: web.Request) -> web.StreamResponse:
    """Lead to the page that takes the file."""
    raise redirect(request, "import/tracking")
