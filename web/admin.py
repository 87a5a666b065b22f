"""Piccolo Admin at `/admin/`: our sign-in, our CSRF rule, every write through a service.

It is a third entrance, not a back door. Its front end stays as it is; around it stand our sign-in page, a link back,
and a few lines of script that show a service's sentence where the front end has no place for one.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web
from piccolo_admin import endpoints
from piccolo_admin.endpoints import AdminRouter, FormConfig, create_admin
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, SimpleUser
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from guildshop.database.tables import AuditEntry, DeliveryRow, EventRow
from guildshop.errors import Forbidden, Refusal
from guildshop.i18n import _, lazy
from guildshop.web.admin_description import describe
from guildshop.web.admin_tables import ServiceCRUD, ServiceTable, as_service_table, service_table
from guildshop.web.asgi import asgi_handler
from guildshop.web.context import ADMIN_BASE, app_of, context_of, current_actor, current_identity
from guildshop.web.pages import NAVIGATION
from guildshop.web.routes import DEFAULT_MAX_BODY, Csrf, Problem, RouteHandler, RouteRules, add_route
from guildshop.web.signin import log_out_of_data_admin, require_identity
from guildshop.web.static import STATIC

if TYPE_CHECKING:
    from guildshop.app import App

__all__ = ["ServiceTable", "add_data_admin", "service_table"]

SITE_NAME = "Guildshop"
SYSTEM = lazy("System")
API_RULES = RouteRules(csrf=Csrf.HEADER, problem=Problem.TEXT)
PAGE_RULES = RouteRules()
FILE_RULES = RouteRules(sign_in=False)
CONTENT_POLICY = (
    # Its icons and its editor put style elements into the page; scripts come from here alone.
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

TABLE_PATH = re.compile("/api/tables/([^/]+)/")

Section = tuple[str, str, list[ServiceTable]]
"""Plugin (empty for the kernel), label and tables."""


def add_data_admin(server: web.Application, app: App, *, at_once: bool) -> None:
    """Mount Piccolo Admin with the tables and forms of the kernel and of every plugin, built now or when asked for."""
    sections, forms = _collect(app)
    admin = _DataAdmin(sections, forms)
    if at_once:
        admin.build()
    max_body = DEFAULT_MAX_BODY
    bridge = _for_admins(asgi_handler(admin, ADMIN_BASE, max_body=max_body))
    assets = asgi_handler(admin, ADMIN_BASE, max_body=max_body)
    add_route(server, "GET", ADMIN_BASE, _to_slash, PAGE_RULES)
    add_route(server, "GET", f"{ADMIN_BASE}/", _index(server), PAGE_RULES)
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


def _collect(app: App) -> tuple[list[Section], list[FormConfig]]:
    sections: list[Section] = []
    forms: list[FormConfig] = []
    for plugin, found in app.hooks("register_admin"):
        for section in found:
            label = _(section.label)
            tables = [_in_group(as_service_table(table), label, app, plugin) for table in section.tables]
            sections.append((plugin, label, tables))
            forms.extend(_with_refusals(form, label) for form in section.forms)
    system = [
        service_table(AuditEntry, read="audit.read", order_by=[AuditEntry.at], newest_first=True),
        service_table(EventRow, read="event.read", order_by=[EventRow.occurred_at], newest_first=True),
        service_table(DeliveryRow, read="event.read", order_by=[DeliveryRow.due], newest_first=True),
    ]
    sections.append(("", _(SYSTEM), [_in_group(table, _(SYSTEM), app, "") for table in system]))
    return sections, forms


def _in_group(table: ServiceTable, label: str, app: App, plugin: str) -> ServiceTable:
    def while_on(handler: Any) -> Any:
        if handler is None or not plugin:
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
        menu_group=label,
        on_patch=while_on(table.on_patch),
        on_post=while_on(table.on_post),
        on_delete=while_on(table.on_delete),
    )


class _DataAdmin:
    """Piccolo Admin: built whole, as a shop does, which takes a second; or by tables as they are asked for.

    Tests do the latter: most look at one table or at none.
    """

    def __init__(self, sections: Sequence[Section], forms: list[FormConfig]) -> None:
        self._tables = {table.name: table for _plugin, _label, tables in sections for table in tables}
        self._forms = forms
        self._whole: AdminRouter | None = None
        self._parts: dict[str, AdminRouter] = {}

    def build(self) -> None:
        self._whole = _build(list(self._tables.values()), self._forms)

    def _part(self, path: str) -> AdminRouter:
        found = TABLE_PATH.match(path)
        name = found[1] if found and found[1] in self._tables else ""
        if name not in self._parts:
            self._parts[name] = _build([self._tables[name]], []) if name else _build([], self._forms)
        return self._parts[name]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        admin = self._whole or self._part(scope["path"].removeprefix(scope["root_path"]))
        await admin(scope, receive, send)


def _build(tables: Sequence[ServiceTable], forms: list[FormConfig]) -> AdminRouter:
    with _standing_in(tables):
        admin: AdminRouter = create_admin(
            tables=tables, forms=forms, site_name=SITE_NAME, auto_include_related=False, page_size=25
        )
    # What escapes it is logged by the bridge, with a reference; its own logger would write it down twice more.
    logging.getLogger(endpoints.__name__).setLevel(logging.CRITICAL)
    # Our own CSRF rule has been applied before a request comes here; theirs would read the body a second time.
    admin.user_middleware.clear()
    return admin


@contextmanager
def _standing_in(tables: Sequence[ServiceTable]) -> Iterator[None]:
    """Have the admin that is built in the block use our CRUD and our sign-in: it takes neither as an argument."""

    by_class = {table.table_class: table for table in tables}

    class BoundCRUD(ServiceCRUD):
        configs = by_class

    replacements = {"PiccoloCRUD": BoundCRUD, "SessionsAuthBackend": _Backend}
    originals = {name: getattr(endpoints, name) for name in replacements}
    for name, replacement in replacements.items():
        setattr(endpoints, name, replacement)
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(endpoints, name, original)


class _User(SimpleUser):
    """Who is signed in, as Piccolo Admin asks for it."""

    def __init__(self, username: str, user_id: str) -> None:
        super().__init__(username)
        self.user_id = user_id
        self.user = self


class _Backend(AuthenticationBackend):
    """Lets in whom the middleware around the bridge has signed in."""

    def __init__(self, **_settings: Any) -> None:
        pass

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, _User]:
        identity = current_identity()
        if identity is None or identity.actor is None:
            message = "nobody is signed in"
            raise AuthenticationError(message)
        user = identity.signed_in.user
        return AuthCredentials(["authenticated"]), _User(user.username, str(user.id))


def _with_refusals(form: FormConfig, label: str) -> FormConfig:
    """Return the form with refusals shown as the front end shows errors of forms."""

    async def endpoint(request: Any, data: Any) -> Any:
        try:
            answer = form.endpoint(request, data)
            return await answer if isawaitable(answer) else answer
        except Refusal as refusal:
            raise ValueError(refusal.message) from refusal

    return FormConfig(form.name, form.pydantic_model, endpoint, form.description, form.form_group or label)


def _for_admins(handler: RouteHandler) -> RouteHandler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        identity = require_identity(request)
        if identity.actor is None or identity.base != ADMIN_BASE:
            raise Forbidden(_("“All data” is for owners and admins. Use the pages under /staff."))
        return await handler(request)

    return guarded


async def _to_slash(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther(f"{ADMIN_BASE}/")


def _index(server: web.Application) -> RouteHandler:
    """Return the handler of Piccolo Admin's page, with our style and script in its head."""
    page = (Path(endpoints.ASSET_PATH) / "index.html").read_text(encoding="utf-8")
    static = server[STATIC]
    ours = (
        f'<link rel="icon" href="{static.url("web/favicon.svg")}" type="image/svg+xml">'
        f'<link rel="stylesheet" href="{static.url("web/data_admin.css")}">'
        f'<script src="{static.url("web/data_admin.js")}"></script>'
    )
    page = re.sub("<title>.*?</title>", f"<title>{SITE_NAME}</title>{ours}", page, count=1)

    async def show(request: web.Request) -> web.StreamResponse:
        identity = require_identity(request)
        if identity.actor is None:
            raise web.HTTPSeeOther("/")
        if identity.base != ADMIN_BASE:
            raise web.HTTPSeeOther(f"{identity.base}/dashboard")
        context_of(request).content_policy = CONTENT_POLICY
        return web.Response(text=page, content_type="text/html", headers={hdrs.CACHE_CONTROL: "no-store"})

    return show


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
        return web.json_response({"grouped": dict(_readable(sections)), "ungrouped": []})

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
