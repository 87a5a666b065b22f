"""Pages: templates with the workspace around them, messages that survive a redirect, and forms."""

from __future__ import annotations

import base64
import hmac
import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web
from jinja2.bccache import Bucket
from markupsafe import Markup
from yarl import URL

from guildshop.errors import Invalid
from guildshop.hookspecs import Page
from guildshop.i18n import _, current_language, ngettext, pgettext
from guildshop.stores import Store
from guildshop.web.context import ADMIN_BASE, STAFF_BASE, Identity, app_of, context_of, identity_of
from guildshop.web.formats import FILTERS
from guildshop.web.locale import chosen_language, language_choices
from guildshop.web.passwords import derive
from guildshop.web.static import STATIC

if TYPE_CHECKING:
    from guildshop.app import App

FLASH_COOKIE = "guildshop_flash"
LONGEST_FLASH = 1500
LARGEST_FLASHES = 3800
"""Characters of all messages together: a cookie may have 4,096 bytes with its name, signature and attributes."""
SHORTEST_FLASH = 20
LONGEST_VERSION = 9
"""Digits; what every database takes."""
CSRF_FIELD = "csrftoken"

Tone = Literal["success", "error", "info"]

NAVIGATION: web.AppKey[Sequence[tuple[str, Page]]] = web.AppKey("navigation", list)
"""The pages with a label, each with its plugin (empty for the kernel), in order."""


class _CompiledTemplates(jinja2.BytecodeCache):
    """Keep compiled templates for the life of the process: a second server, as tests have many, compiles none."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        code = self._compiled.get((bucket.key, bucket.checksum))
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = _CompiledTemplates()


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One line of the sidebar."""

    label: str
    href: str
    icon: str
    current: bool
    shortcut: str


def set_up_templates(app: web.Application, guildshop: App) -> None:
    """Find templates as `web/<file>` and `<plugin>/<file>`."""
    folders = {"web": Path(__file__).parent / "templates"}
    for plugin in guildshop.plugins:
        folder = Path(inspect.getfile(type(plugin))).parent / "templates"
        if folder.is_dir():
            folders[plugin.name] = folder
    loaders = {name: jinja2.FileSystemLoader(folder) for name, folder in folders.items()}
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.PrefixLoader(loaders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        filters=FILTERS,
        bytecode_cache=_COMPILED,
        # What the filters say depends on the reader's language, so nothing is worked out beforehand.
        optimized=False,
    )
    environment.globals.update(_=_, ngettext=ngettext, pgettext=pgettext, static=app[STATIC].url)


def render(
    request: web.Request, template: str, values: Mapping[str, Any] | None = None, *, status: int = 200
) -> web.Response:
    """Return the template as a page of the workspace; `orders/list.html` lies in the plugin's `templates/`."""
    # Taken where they are shown: a part of a page that is fetched meanwhile leaves them to the page.
    context = {
        **_surroundings(request),
        "flashes": lambda: _take_flashes(request),
        "again": status >= HTTPStatus.BAD_REQUEST,
        **(values or {}),
    }
    return aiohttp_jinja2.render_template(template, request, context, status=status)


def render_part(request: web.Request, template: str, values: Mapping[str, Any]) -> Markup:
    """Return the template as a part to be put into a page, so that what fails in it can be told in its place."""
    drawn = aiohttp_jinja2.render_string(template, request, {**_surroundings(request), **values})
    return Markup(drawn)  # noqa: S704 - the template has escaped it


def page_url(request: web.Request, path: str = "") -> str:
    """Return the address of a page in the workspace by which the request came: `/admin/…` or `/staff/…`."""
    return f"{base_of(request)}/{path}"


def redirect(request: web.Request, path: str) -> web.HTTPSeeOther:
    """Return the redirection to a page of the workspace, to be raised after a form has been handled."""
    return web.HTTPSeeOther(page_url(request, path))


def flash(request: web.Request, text: str, tone: Tone = "success") -> None:
    """Show a message on the next page that this browser opens."""
    context = context_of(request)
    context.flashes.append((tone, text[:LONGEST_FLASH]))
    payload = packed(context.flashes)
    signature = derive(context.csrf_token, f"flash:{payload}")
    context.cookies[:] = [cookie for cookie in context.cookies if cookie[0] != FLASH_COOKIE]
    context.cookies.append((FLASH_COOKIE, f"{payload}.{signature}", True))


def packed(flashes: Sequence[tuple[str, str]]) -> str:
    """Return messages as a cookie holds them: browsers drop one that is too large, so texts are cut until it fits."""
    longest = max(len(text) for _tone, text in flashes)
    while True:
        shown = [(tone, text if len(text) <= longest else f"{text[: longest - 1]}…") for tone, text in flashes]
        payload = base64.urlsafe_b64encode(json.dumps(shown, ensure_ascii=False).encode()).decode()
        if len(payload) <= LARGEST_FLASHES or longest < SHORTEST_FLASH:
            return payload
        longest = longest * 3 // 4


def page_before(request: web.Request) -> str:
    """Return the address within this site of the page that was left for this request, if the browser says so."""
    try:
        referer = URL(request.headers.get(hdrs.REFERER, ""))
        own = {URL(app_of(request).settings.web.public_url).authority, request.url.authority}
    except ValueError:
        return ""
    return referer.raw_path_qs if referer.authority and referer.authority in own else ""


async def read_form(request: web.Request) -> dict[str, str]:
    """Return the text fields of a form, trimmed of white space around them; refuse files and NUL characters."""
    fields: dict[str, str] = {}
    for name, value in (await request.post()).items():
        if not isinstance(value, str) or "\0" in value:
            raise Invalid.field(name, _("The field “{name}” takes text only.").format(name=name))
        if name != CSRF_FIELD:
            fields[name] = value.strip()
    return fields


def form_version(form: Mapping[str, str]) -> int | None:
    """Return the version of the row that a form was made from, None where it names none.

    What cannot be one is 0, which no row has: such a form is out of date rather than a reason to overwrite.
    """
    text = form.get("version", "")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_VERSION else 0


def form_key(form: Mapping[str, str]) -> UUID | None:
    """Return the key by which a form that is sent twice counts once, if it carries one."""
    try:
        return UUID(form.get("key", ""))
    except ValueError:
        return None


def base_of(request: web.Request) -> str:
    """Return the workspace of the request, or, outside of both, the one that the user belongs to."""
    for base in (ADMIN_BASE, STAFF_BASE):
        if request.path == base or request.path.startswith(f"{base}/"):
            return base
    identity = identity_of(request)
    return identity.base if identity is not None else ADMIN_BASE


def _surroundings(request: web.Request) -> dict[str, Any]:
    app = app_of(request)
    identity = identity_of(request)
    actor = identity.actor if identity is not None else None
    store = app.stores.get(actor.store) if actor is not None else None
    token = context_of(request).csrf_token
    return {
        "actor": actor,
        "store": store,
        "user": identity.signed_in.user if identity is not None else None,
        "role": identity.role if identity is not None else None,
        "stores": _stores(app, identity),
        "navigation": _navigation(request, identity),
        "has_data_admin": identity is not None and actor is not None and identity.base == ADMIN_BASE,
        "locale": current_language(),
        "language": chosen_language(request),
        "languages": language_choices(),
        # The answer to a form has no address of its own to come back to.
        "here": request.path_qs if request.method == hdrs.METH_GET else "",
        "base": base_of(request),
        "path": request.path,
        "url": lambda path="": page_url(request, path),
        "may": lambda permission: actor is not None and actor.may(permission),
        "csrf_field": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token),
        "query": request.query,
        "request_id": context_of(request).request_id,
    }


def _stores(app: App, identity: Identity | None) -> list[Store]:
    if identity is None:
        return []
    user = identity.signed_in.user
    return [store for store in app.stores.all() if user.superuser or store.id in user.roles]


def _navigation(request: web.Request, identity: Identity | None) -> list[NavigationItem]:
    if identity is None or identity.actor is None:
        return []
    app = app_of(request)
    actor = identity.actor
    base = base_of(request)
    return [
        NavigationItem(
            label=_(page.label),
            href=f"{base}/{page.path}",
            icon=page.icon or "dot",
            current=_is_below(request.path, f"{base}/{page.path}"),
            shortcut=page.shortcut,
        )
        for plugin, page in request.config_dict[NAVIGATION]
        if (not page.permission or actor.may(page.permission))
        and (not plugin or app.stores.enabled(actor.store, plugin))
    ]


def _is_below(path: str, href: str) -> bool:
    return path == href or path.startswith(f"{href}/")


def _take_flashes(request: web.Request) -> list[tuple[str, str]]:
    context = context_of(request)
    found = list(context.flashes)
    cookie = request.cookies.get(FLASH_COOKIE, "")
    if cookie:
        payload, _dot, signature = cookie.rpartition(".")
        expected = derive(context.csrf_token, f"flash:{payload}")
        if hmac.compare_digest(signature.encode(), expected.encode()):
            found = [(str(tone), str(text)) for tone, text in json.loads(base64.urlsafe_b64decode(payload))] + found
    if cookie or context.flashes:
        context.flashes.clear()
        context.cookies[:] = [known for known in context.cookies if known[0] != FLASH_COOKIE]
        context.cookies.append((FLASH_COOKIE, None, True))
    return found
