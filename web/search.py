"""The search in the header of every page: what each plugin finds, for whoever may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web
from yarl import URL

from guildshop.folding import fold
from guildshop.hookspecs import Page, SearchHit, SearchKind
from guildshop.i18n import _
from guildshop.isolation import part
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import page_url, render, render_part

if TYPE_CHECKING:
    from guildshop.app import App

SEARCH_KINDS: web.AppKey[list[tuple[str, SearchKind]]] = web.AppKey("search_kinds", list)
SHORTEST, LONGEST = 2, 100
"""Characters of what is searched: fewer find everything, more nothing."""
AT_ONCE = 5
"""Hits of each kind while somebody types; the page of results has more."""
ON_PAGE = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one kind; `listing` leads to all of them, `problem` says why there is nothing."""

    title: str
    hits: Sequence[tuple[str, str, str]]
    listing: str
    problem: str


def search_kinds(app: App) -> list[tuple[str, SearchKind]]:
    """Return every plugin's kinds in order."""
    found = [(plugin, kind) for plugin, kinds in app.hooks("register_search") for kind in kinds]
    return sorted(found, key=lambda one: one[1].position)


async def show_results(request: web.Request) -> web.StreamResponse:
    """Show everything that was found, as a page of its own."""
    text = _text(request)
    return render(
        request, "web/search.html", {"text": text, "shortest": SHORTEST, "found": await _find(request, text, ON_PAGE)}
    )


async def show_hits(request: web.Request) -> web.StreamResponse:
    """Return the hits alone, for the box in the header while somebody types."""
    text = _text(request)
    values = {"text": text, "shortest": SHORTEST, "found": await _find(request, text, AT_ONCE)}
    return web.Response(text=render_part(request, "web/search_hits.html", values), content_type="text/html")


def _text(request: web.Request) -> str:
    """Return what is searched: one line of printable characters."""
    typed = "".join(one if one.isprintable() else " " for one in request.query.get("q", "")[: 4 * LONGEST])
    return " ".join(typed.split())[:LONGEST]


async def _find(request: web.Request, text: str, limit: int) -> Sequence[Found] | None:
    """Return what there is of each kind that the actor may see, None where too little was typed."""
    if len(fold(text)) < SHORTEST:
        return None
    app, actor = app_of(request), actor_of(request)
    asked = [
        (plugin, kind)
        for plugin, kind in request.config_dict[SEARCH_KINDS]
        if actor.may(kind.permission) and app.stores.enabled(actor.store, plugin)
    ]
    answers = await asyncio.gather(
        *(part(plugin, f"search {kind.title}", partial(kind.find, actor, text, limit)) for plugin, kind in asked)
    )
    return [
        Found(
            _(kind.title),
            [_shown(request, hit) for hit in hits or ()],
            str(URL(page_url(request, kind.listing)).with_query(text=text)) if kind.listing and hits else "",
            problem,
        )
        for (_plugin, kind), (hits, problem) in zip(asked, answers, strict=True)
        if hits or problem
    ]


def _shown(request: web.Request, hit: SearchHit) -> tuple[str, str, str]:
    return hit.title, page_url(request, hit.link), hit.detail


PAGES = (Page("search", show_results, permission=""), Page("search/hits", show_hits, permission=""))
