"""The page of announcements: how far each is, and a button to stop it."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from guildshop.errors import NotFound
from guildshop.hookspecs import Page
from guildshop.i18n import _, grouped, lazy, ngettext
from guildshop.plugins.notifications.api import NOTIFICATION_CREATE, AnnouncementState, Audience
from guildshop.plugins.notifications.service import AnnouncementService
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, redirect, render

AUDIENCES = {
    Audience.ALL: lazy("All customers"),
    Audience.TAG: lazy("Tag {target}"),
    Audience.ROLE: lazy("Role {target}"),
}
STATES = {
    AnnouncementState.RUNNING: (lazy("Being sent"), "info"),
    AnnouncementState.STOPPED: (lazy("Stopped"), "bad"),
    AnnouncementState.DONE: (lazy("Sent"), "good"),
}


async def list_page(request: web.Request) -> web.StreamResponse:
    """List the latest announcements."""
    found = await app_of(request).get(AnnouncementService).latest(actor_of(request))
    values = {
        "announcements": found,
        "audiences": {key: _(label) for key, label in AUDIENCES.items()},
        "states": {key: (_(label), tone) for key, (label, tone) in STATES.items()},
    }
    return render(request, "notifications/announcements.html", values)


async def stop_page(request: web.Request) -> web.StreamResponse:
    """Stop an announcement."""
    try:
        key = UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(_("There is no such announcement.")) from None
    stopped = await app_of(request).get(AnnouncementService).stop(actor_of(request), key)
    text = ngettext(
        "Stopped. {count} customer was told before.", "Stopped. {count} customers were told before.", stopped.told
    )
    flash(request, text.format(count=grouped(stopped.told)))
    raise redirect(request, "announcement")


PAGES = [
    Page(
        "announcement",
        list_page,
        NOTIFICATION_CREATE,
        label=lazy("Announcements"),
        position=60,
        icon="announcements",
        shortcut="n",
    ),
    Page("announcement/{id}/stop", stop_page, NOTIFICATION_CREATE, methods=("POST",)),
]
