"""Piccolo Admin at `/admin/`: our sign-in, our CSRF rule, every write through a service, the reader's language.

It is a third entrance, not a back door. Its front end stays as it is; around it stand our sign-in page, a link back,
and scripts for what the front end has no place for: a service's sentence, the names of tables, a session that ended.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web
from markupsafe import escape
from piccolo.columns import ForeignKey
from piccolo_admin import endpoints
from piccolo_admin.endpoints import FormConfig

from guildshop.database.tables import AuditEntry, DeliveryRow, EventRow
from guildshop.errors import Forbidden, Refusal
from guildshop.hookspecs import AdminLabels
from guildshop.i18n import _, current_language, language_of, lazy
from guildshop.web.admin_description import describe
from guildshop.web.admin_router import SITE_NAME, DataAdmin, with_refusals
from guildshop.web.admin_tables import ServiceTable, as_service_table, service_table
from guildshop.web.admin_texts import phrases
from guildshop.web.asgi import asgi_handler
from guildshop.web.context import ADMIN_BASE, app_of, context_of, current_actor
from guildshop.web.pages import NAVIGATION
from guildshop.web.routes import DEFAULT_MAX_BODY, Csrf, Problem, RouteHandler, RouteRules, add_route
from guildshop.web.signin import log_out_of_data_admin, require_identity
from guildshop.web.static import STATIC

if TYPE_CHECKING:
    from guildshop.app import App

__all__ = ["ServiceTable", "add_data_admin", "collect", "service_table"]

SYSTEM = lazy("System")
SCRIPTS = ("data_admin", "data_admin_texts", "data_admin_forms", "data_admin_sessions")
API_RULES = RouteRules(csrf=Csrf.HEADER, problem=Problem.TEXT)
PAGE_RULES = RouteRules()
FILE_RULES = RouteRules(sign_in=False)
CONTENT_POLICY = (
    # Its icons and its editor put style elements into the page; scripts come from here alone.
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

Section = tuple[str, str, list[ServiceTable]]
"""Plugin (empty for the kernel), label, not translated, and tables."""


def add_data_admin(server: web.Application, app: App, *, at_once: bool) -> None:
    """Mount Piccolo Admin with the tables and forms of the kernel and of every plugin, built now or when asked for."""
    sections, forms = collect(app)
    admin = DataAdmin([table for _plugin, _label, found in sections for table in found], forms)
    if at_once:
        admin.build()
    max_body = DEFAULT_MAX_BODY
    bridge = _for_admins(asgi_handler(admin, ADMIN_BASE, max_body=max_body))
    assets = asgi_handler(admin, ADMIN_BASE, max_body=max_body)
    add_route(server, "GET", ADMIN_BASE, _to_slash, PAGE_RULES)
    add_route(server, "GET", f"{ADMIN_BASE}/", _index(server, sections), PAGE_RULES)
    add_route(server, "GET", f"{ADMIN_BASE}/assets/{{rest:.*}}", assets, FILE_RULES)
    add_route(server, "POST", f"{ADMIN_BASE}/public/logout/", log_out_of_data_admin, API_RULES)
    add_route(server, "GET", f"{ADMIN_BASE}/public/{{rest:(meta|translations).*}}", assets, FILE_RULES)
    add_route(server, "GET", f"{ADMIN_BASE}/api/links/", _for_admins(_links), API_RULES)
    add_route(server, "GET", f"{ADMIN_BASE}/api/tables/", _for_admins(_table_names(sections)), API_RULES)
    add_route(server, "GET", f"{ADMIN_BASE}/api/tables/grouped/", _for_admins(_grouped_tables(sections)), API_RULES)
    add_route(server, "GET", f"{ADMIN_BASE}/api/openapi.json", _for_admins(_description(sections)), API_RULES)
    for part in ("change-password/", "media/{rest:.*}", "docs/{rest:.*}", "mfa-setup/{rest:.*}"):
        add_route(server, "*", f"{ADMIN_BASE}/api/{part}", _for_admins(_gone), API_RULES)
    add_route(server, "*", f"{ADMIN_BASE}/api/{{rest:.*}}", bridge, API_RULES)


def collect(app: App) -> tuple[list[Section], list[FormConfig]]:
    """Return the sections and forms of the kernel and of every plugin."""
    sections: list[Section] = []
    forms: list[FormConfig] = []
    for plugin, found in app.hooks("register_admin"):
        for section in found:
            tables = [_in_section(as_service_table(table), section.labels, app, plugin) for table in section.tables]
            sections.append((plugin, section.label, tables))
            forms.extend(with_refusals(form, section.label) for form in section.forms)
    system = [
        service_table(AuditEntry, read="audit.read", order_by=[AuditEntry.at], newest_first=True),
        service_table(EventRow, read="event.read", order_by=[EventRow.occurred_at], newest_first=True),
        service_table(DeliveryRow, read="event.read", order_by=[DeliveryRow.due], newest_first=True),
    ]
    sections.append(("", SYSTEM, system))
    return sections, forms


def _in_section(table: ServiceTable, labels: AdminLabels, app: App, plugin: str) -> ServiceTable:
    def while_on(handler: Any) -> Any:
        if handler is None:
            return handler

        async def checked(actor: Any, *arguments: Any) -> Any:
            if not app.stores.enabled(actor.store, plugin):
                raise Refusal(
                    _("{plugin} is switched off in this store, so nothing was saved.").format(
                        plugin=_(app.plugins[plugin].title)
                    )
                )
            return await handler(actor, *arguments)

        return checked

    return replace(
        table,
        labels=labels,
        on_patch=while_on(table.on_patch),
        on_post=while_on(table.on_post),
        on_delete=while_on(table.on_delete),
    )


def _for_admins(handler: RouteHandler) -> RouteHandler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        identity = require_identity(request)
        if identity.actor is None or identity.base != ADMIN_BASE:
            raise Forbidden(_("“All data” is for owners and admins. Use the pages under /staff."))
        return await handler(request)

    return guarded


async def _to_slash(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther(f"{ADMIN_BASE}/")


def _index(server: web.Application, sections: Sequence[Section]) -> RouteHandler:
    """Return the handler of Piccolo Admin's page, with our style, our scripts and their texts in its head."""
    page = (Path(endpoints.ASSET_PATH) / "index.html").read_text(encoding="utf-8")
    static = server[STATIC]
    ours = (
        f'<link rel="icon" href="{static.url("web/favicon.svg")}" type="image/svg+xml">'
        f'<link rel="stylesheet" href="{static.url("web/data_admin.css")}">'
    ) + "".join(f'<script src="{static.url(f"web/{name}.js")}"></script>' for name in SCRIPTS)
    before, after = re.split("<title>.*?</title>", page, maxsplit=1)

    async def show(request: web.Request) -> web.StreamResponse:
        identity = require_identity(request)
        if identity.actor is None:
            raise web.HTTPSeeOther("/")
        if identity.base != ADMIN_BASE:
            raise web.HTTPSeeOther(f"{identity.base}/dashboard")
        context_of(request).content_policy = CONTENT_POLICY
        language = current_language()
        # No script: a block of data, which the policy lets in.
        data = json.dumps(_texts(sections, language), ensure_ascii=False).replace("<", "\\u003c")
        texts = f'<script type="application/json" id="guildshop-texts">{data}</script>'
        title = f"<title>{SITE_NAME}</title>"
        begin = before.replace('<html lang="en">', f'<html lang="{escape(language)}">', 1)
        return web.Response(
            text=f"{begin}{title}{texts}{ours}{after}",
            content_type="text/html",
            headers={hdrs.CACHE_CONTROL: "no-store"},
        )

    return show


def _texts(sections: Sequence[Section], language: str) -> dict[str, Any]:
    """Return what our scripts say on the page, and what tables and columns that point at others are called."""
    actor = current_actor()
    tables = [table for _plugin, _label, found in sections for table in found if actor.may(table.read)]
    return {
        "language": (language_of(language) or "en").replace("_", "-"),
        "locale": language,
        "tables": {table.name: table.title for table in tables},
        "references": {
            f"{table.name}.{column._meta.name}": table.column_label(column._meta.name)
            for table in tables
            for column in table.table_class._meta.columns
            if isinstance(column, ForeignKey)
        },
        "phrases": phrases(),
        "all": _("Choose all rows of this page"),
        "row": _("Choose this row"),
        "more": _("More about this row"),
        "earlier": _("Page before"),
        "later": _("Next page"),
        "page": _("Page"),
        "rows": _("Rows per page"),
        "menu": _("Menu"),
        "dashboard": _("Dashboard"),
        "sort": _("Sort"),
        "column": _("Select a Column"),
        "id": _("ID"),
        "add": _("Add"),
        "edit": _("Edit"),
        "close": _("Close"),
        "comparison": _("{column}: how to compare"),
        "zone": _("{column}: time zone"),
        "ended": _("You have been signed out"),
        "keep": _("Nothing was saved, and nothing that you typed is lost. Sign in, come back here, then save again."),
        "sign_in": _("Sign in in a new tab"),
        "stay": _("Back to the form"),
        "again": _("You are signed in again. Save once more."),
        "differs": _("Somebody else changed this row while you had it open, so nothing was saved."),
        "meanwhile": f"{ADMIN_BASE}/meanwhile",
    }


async def _links(request: web.Request) -> web.StreamResponse:
    """List our own pages in its sidebar, as far as the actor may see them."""
    app, actor = app_of(request), current_actor()
    links = {
        _(page.label): f"{ADMIN_BASE}/{page.path}"
        for plugin, page in request.config_dict[NAVIGATION]
        if (not page.permission or actor.may(page.permission))
        and (not plugin or app.stores.enabled(actor.store, plugin))
    }
    return web.json_response(links)


def _table_names(sections: Sequence[Section]) -> RouteHandler:
    async def names(_request: web.Request) -> web.StreamResponse:
        return web.json_response([name for _label, found in _readable(sections) for name in found])

    return names


def _grouped_tables(sections: Sequence[Section]) -> RouteHandler:
    async def grouped(_request: web.Request) -> web.StreamResponse:
        found: dict[str, list[str]] = {}
        for label, names in _readable(sections):
            found.setdefault(_(label), []).extend(names)
        return web.json_response({"grouped": found, "ungrouped": []})

    return grouped


def _description(sections: Sequence[Section]) -> RouteHandler:
    made: dict[str, Any] = {}

    async def description(_request: web.Request) -> web.StreamResponse:
        if not made:
            tables = [table for _plugin, _label, found in sections for table in found]
            made.update(await asyncio.to_thread(describe, tables, f"{ADMIN_BASE}/api"))
        return web.json_response(made)

    return description


def _readable(sections: Sequence[Section]) -> Iterator[tuple[str, list[str]]]:
    """Yield each label with the names of the tables that the actor may see."""
    actor = current_actor()
    for _plugin, label, tables in sections:
        names = [table.name for table in tables if actor.may(table.read)]
        if names:
            yield label, names


async def _gone(_request: web.Request) -> web.StreamResponse:
    raise Forbidden(_("This is not done here. Your password is changed on the page “Your account”."))
