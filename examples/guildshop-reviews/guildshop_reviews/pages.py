"""The page of reviews, where staff hide them and show them again."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web
from guildshop.errors import NotFound
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, read_form, redirect, render

from guildshop_reviews.api import READ, UPDATE
from guildshop_reviews.service import ReviewService


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show the latest reviews."""
    app, actor = app_of(request), actor_of(request)
    return render(request, "reviews/list.html", {"reviews": await app.get(ReviewService).latest(actor)})


async def hide(request: web.Request) -> web.StreamResponse:
    """Hide a review, or show it again."""
    app, actor = app_of(request), actor_of(request)
    form = await read_form(request)
    try:
        key = UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(_("There is no such review in this store.")) from None
    review = await app.get(ReviewService).hide(actor, key, form.get("hidden") == "yes")
    flash(request, _("The review is hidden.") if review.hidden else _("The review is shown."))
    raise redirect(request, "review")


PAGES = [
    Page("review", list_page, READ, label=lazy("Reviews"), position=60, icon="dot"),
    Page("review/{id}", hide, UPDATE, methods=("POST",)),
]
