"""The workspace: every plugin's pages under `/admin/` and `/staff/`, each behind its permission, and the start page."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import hdrs, web
from yarl import URL

from guildshop.errors import Forbidden, GuildshopError, LoadError, NotFound
from guildshop.hookspecs import DashboardCard, Page, PageHandler, PublicRoute
from guildshop.i18n import _, lazy
from guildshop.isolation import failure, part
from guildshop.permissions import Actor
from guildshop.web.context import ADMIN_BASE, STAFF_BASE, actor_of, app_of, identity_of
from guildshop.web.jobs import PAGES as JOB_PAGES
from guildshop.web.pages import NAVIGATION, page_url, render, render_part
from guildshop.web.routes import Csrf, RouteRules, add_route
from guildshop.web.search import PAGES as SEARCH_PAGES
from guildshop.web.search import SEARCH_KINDS, search_kinds
from guildshop.web.signin import require_identity

if TYPE_CHECKING:
    from guildshop.app import App

CARDS: web.AppKey[list[tuple[str, DashboardCard]]] = web.AppKey("dashboard_cards", list)
TAKEN = frozenset({"api", "assets", "public"})
"""First parts of addresses below `/admin/` that belong to Piccolo Admin."""
SIGNED = RouteRules(csrf=Csrf.NONE, sign_in=False)


async def dashboard(request: web.Request) -> web.StreamResponse:
    """Show the cards that the actor may see."""
    app, actor = app_of(request), actor_of(request)
    cards = [
        {
            "title": _(card.title),
            **await _figure(plugin, card, actor),
            "href": card.link and page_url(request, card.link),
            "waits": card.waits,
            "wide": card.wide,
        }
        for plugin, card in request.config_dict[CARDS]
        if actor.may(card.permission) and app.stores.enabled(actor.store, plugin)
    ]
    return render(request, "web/dashboard.html", {"cards": cards})


async def _figure(plugin: str, card: DashboardCard, actor: Actor) -> dict[str, str | None]:
    """Return a card's figure; one plugin's failure leaves the others' cards alone."""
    figure, problem = await part(plugin, f"card {card.title}", lambda: card.figure(actor))
    return {"figure": figure, "problem": problem}


async def meanwhile(request: web.Request) -> web.StreamResponse:
    """Return the frame in which a script shows what somebody else saved while a form was open."""
    return web.Response(text=render_part(request, "web/meanwhile.html", {}), content_type="text/html")


MEANWHILE = Page("meanwhile", meanwhile, permission="")
DASHBOARD = Page("dashboard", dashboard, permission="", label=lazy("Dashboard"), position=0, icon="home", shortcut="d")


def add_workspace(server: web.Application, app: App) -> None:
    """Add the pages, cards and public routes of the kernel and of every plugin."""
    kernel = [("", page) for page in (DASHBOARD, MEANWHILE, *SEARCH_PAGES, *JOB_PAGES)]
    pages = [*kernel, *((name, page) for name, found in app.hooks("register_pages") for page in found)]
    taken: dict[tuple[str, str], str] = {}
    for plugin, page in pages:
        if page.path.split("/")[0] in TAKEN or not page.path or page.path.startswith("/"):
            raise LoadError(f"plugin {plugin}: a page cannot have the path “{page.path}”")
        for method in page.methods:
            other = taken.setdefault((method, page.path), plugin)
            if other != plugin:
                raise LoadError(f"plugins {other} and {plugin} both have a page {method} {page.path}")
            for base in (ADMIN_BASE, STAFF_BASE):
                rules = RouteRules(max_body=page.max_body)
                add_route(server, method, f"{base}/{page.path}", _guarded(base, plugin, page), rules)
    server[NAVIGATION] = _navigation(pages)
    server[CARDS] = sorted(
        ((name, card) for name, found in app.hooks("register_dashboard_cards") for card in found),
        key=lambda found: found[1].position,
    )
    server[SEARCH_KINDS] = search_kinds(app)
    for _plugin, routes in app.hooks("register_routes"):
        for route in routes:
            add_route(server, route.method, route.path, route.handler, _rules(route))


def _navigation(pages: list[tuple[str, Page]]) -> list[tuple[str, Page]]:
    """Return the pages with a label in order, each letter only once."""
    found = sorted((one for one in pages if one[1].label), key=lambda one: (one[1].position, one[1].label))
    taken: set[str] = set()
    for place, (plugin, page) in enumerate(found):
        if page.shortcut in taken:
            found[place] = (plugin, replace(page, shortcut=""))
        taken.add(page.shortcut)
    return found


def _rules(route: PublicRoute) -> RouteRules:
    if not route.csrf:
        return RouteRules(max_body=route.max_body, csrf=Csrf.NONE, sign_in=False)
    return RouteRules(max_body=route.max_body)


def _guarded(base: str, plugin: str, page: Page) -> PageHandler:
    """Return the page's handler behind sign-in, workspace, the per-store switch and the page's permission."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        identity = require_identity(request)
        if identity.actor is None:
            return render(request, "web/no_store.html", status=HTTPStatus.FORBIDDEN)
        if base == ADMIN_BASE and identity.base != ADMIN_BASE:
            _lead_to_staff(request)
        if plugin and not app_of(request).stores.enabled(identity.actor.store, plugin):
            raise NotFound(
                _("{plugin} is switched off in this store.").format(plugin=_(app_of(request).plugins[plugin].title))
            )
        if page.permission:
            identity.actor.require(page.permission)
        try:
            return await page.handler(request)
        except (web.HTTPException, GuildshopError):
            raise
        except Exception as error:
            if plugin in app_of(request).plugins.others:
                raise failure(plugin, f"page {page.path}", error) from error
            raise

    return guarded


def _lead_to_staff(request: web.Request) -> None:
    identity = identity_of(request)
    role = identity.role if identity is not None else None
    if request.method not in {hdrs.METH_GET, hdrs.METH_HEAD}:
        raise Forbidden(
            _("/admin is for owners and admins; your role is {role}. Use the same page under /staff.").format(role=role)
        )
    rest = request.rel_url.raw_path_qs.removeprefix(ADMIN_BASE)
    raise web.HTTPSeeOther(URL(f"{STAFF_BASE}{rest}", encoded=True))
