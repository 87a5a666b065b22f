"""The page of failed deliveries."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from guildshop.errors import NotFound
from guildshop.i18n import _, ngettext
from guildshop.plugins.staff.api import EVENT_UPDATE
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, redirect, render


async def show(request: web.Request) -> web.StreamResponse:
    """Show the deliveries that used up their attempts."""
    actor = actor_of(request)
    failed = await app_of(request).dispatcher.failed(actor.store)
    return render(request, "staff/events.html", {"failed": failed, "may_retry": actor.may(EVENT_UPDATE)})


async def retry(request: web.Request) -> web.StreamResponse:
    """Try one delivery again."""
    try:
        delivery = UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(_("There is no such delivery.")) from None
    await app_of(request).dispatcher.retry(actor_of(request), delivery)
    flash(request, _("It is being tried again."))
    raise redirect(request, "events")


async def retry_all(request: web.Request) -> web.StreamResponse:
    """Try every failed delivery of the store again."""
    dispatcher, actor = app_of(request).dispatcher, actor_of(request)
    failed = await dispatcher.failed(actor.store)
    for delivery in failed:
        await dispatcher.retry(actor, delivery.id)
    text = ngettext("{count} delivery is being tried again.", "{count} deliveries are being tried again.", len(failed))
    flash(request, text.format(count=len(failed)))
    raise redirect(request, "events")
