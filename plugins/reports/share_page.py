"""A shared report: read by whoever has its link, without signing in; it names nobody."""

from __future__ import annotations

from contextlib import ExitStack

from aiohttp import hdrs, web

from guildshop.errors import Refusal
from guildshop.hookspecs import PublicRoute
from guildshop.i18n import _
from guildshop.plugins.reports.api import ShareOver, ShareUnknown
from guildshop.plugins.reports.pages import values_of
from guildshop.plugins.reports.service import ReportService
from guildshop.tenancy import scope
from guildshop.web.context import app_of, context_of
from guildshop.web.locale import speak_as
from guildshop.web.pages import render

PATH = "/reports/{token:[^/]{1,300}}"
HEADERS = {
    hdrs.CACHE_CONTROL: "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)


async def show(request: web.Request) -> web.StreamResponse:
    """Show the report of a link, or say why there is none."""
    app = app_of(request)
    context_of(request).content_policy = CONTENT_POLICY
    with ExitStack() as stack:
        try:
            service = app.get(ReportService)
            share = await service.open_share(request.match_info["token"])
            store = app.stores.get(share.store)
            stack.enter_context(scope(store.id))
            speak_as(request, store.language)
            if not app.stores.enabled(store.id, "reports"):
                raise ShareUnknown(_("There is no report at this address. Check that the whole link was copied."))
            values = values_of(await service.shared(share))
            response = render(request, "reports/shared.html", {**values, "store": store, "expires": share.expires})
        except Refusal as refusal:
            title = _("This link is over") if isinstance(refusal, ShareOver) else _("No report here")
            values = {"title": title, "sentence": str(refusal), "store": None}
            response = render(request, "reports/refused.html", values, status=refusal.status)
    response.headers.update(HEADERS)
    return response


ROUTES = [PublicRoute("GET", PATH, show, csrf=False)]
