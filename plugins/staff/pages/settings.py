"""The pages of settings: the shop, each plugin's section, plugins on and off, roles and channels of the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from guildshop.bot.reading import TEXT_CHANNELS, Server, read_server
from guildshop.errors import Invalid, NotFound, Refusal, Stale
from guildshop.i18n import _
from guildshop.permissions import TEMPLATES
from guildshop.plugins.staff.api import CHANNEL_KINDS, SETTINGS_UPDATE, Section, channel_label
from guildshop.plugins.staff.pages.forms import form_fields, version_of
from guildshop.plugins.staff.service import SettingsService
from guildshop.store_settings import STORE_SECTION
from guildshop.web.again import fill_again
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, page_url, read_form, redirect, render


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of the menu within the settings."""

    label: str
    href: str
    current: bool


def settings_of(request: web.Request) -> SettingsService:
    """Return the service."""
    return app_of(request).get(SettingsService)


def tabs(request: web.Request, current: str) -> list[Tab]:
    """Return the menu within the settings; `current` is the path below `settings`."""
    sections = [
        (f"section/{found.name}" if found.name != STORE_SECTION else "", found.title)
        for found in settings_of(request).sections(actor_of(request))
        if found.fields
    ]
    entries = [
        sections[0],
        ("plugins", _("Plugins")),
        ("server", _("Roles and channels")),
        ("roles", _("Permissions")),
        *sections[1:],
    ]
    return [
        Tab(label, page_url(request, f"settings/{path}" if path else "settings"), path == current)
        for path, label in entries
    ]


async def show(request: web.Request) -> web.StreamResponse:
    """Show the shop's own settings."""
    return _section(request, settings_of(request).section(actor_of(request), STORE_SECTION))


async def show_section(request: web.Request) -> web.StreamResponse:
    """Show a plugin's settings."""
    return _section(request, settings_of(request).section(actor_of(request), request.match_info["section"]))


async def change_section(request: web.Request) -> web.StreamResponse:
    """Change a section; show the form again, as it was typed, where something is wrong or was changed meanwhile."""
    name, form = request.match_info["section"], await read_form(request)
    service, actor = settings_of(request), actor_of(request)
    try:
        await service.change_form(actor, name, form, version=version_of(form))
    except Invalid as refusal:
        return _section(request, service.section(actor, name), typed=form, refusal=refusal)
    except Stale as refusal:
        return _section(request, service.section(actor, name), typed=form, problem=refusal)
    flash(request, _("Saved. It applies at once."))
    raise redirect(request, "settings" if name == STORE_SECTION else f"settings/section/{name}")


async def show_plugins(request: web.Request) -> web.StreamResponse:
    """Show which plugins are on; with `?off=<name>`, ask about those that need it."""
    service, actor = settings_of(request), actor_of(request)
    asked = request.query.get("off", "")
    values = {
        "tabs": tabs(request, "plugins"),
        "plugins": service.plugins(actor),
        "asked": service.plugin(actor, asked) if asked else None,
    }
    return render(request, "staff/plugins.html", values)


async def switch(request: web.Request) -> web.StreamResponse:
    """Switch a plugin; off asks first where others need it."""
    form = await read_form(request)
    service, actor = settings_of(request), actor_of(request)
    state, on = service.plugin(actor, form.get("plugin", "")), form.get("on") == "1"
    confirmed = form.get("confirmed") == "1"
    if not on and state.on and state.needed_by and not confirmed:
        raise redirect(request, f"settings/plugins?off={state.name}")
    changed = await service.switch(actor, state.name, on, with_dependants=confirmed)
    names = ", ".join(changed)
    if changed:
        flash(request, (_("Switched on: {names}.") if on else _("Switched off: {names}.")).format(names=names))
    raise redirect(request, "settings/plugins")


async def show_server(request: web.Request) -> web.StreamResponse:
    """Show which roles and channels of the Discord server are for what."""
    return await _server_page(request)


async def change_server(request: web.Request) -> web.StreamResponse:
    """Change staff roles, channels and client role."""
    form = await read_form(request)
    store = store_of(request)
    try:
        roles = {
            _id(name.removeprefix("role.")): template
            for name, template in form.items()
            if name.startswith("role.") and template
        }
        extra = form.get("new_role", "")
        if extra and form.get("new_template"):
            roles[_id(extra)] = form["new_template"]
        channels = {kind: _id(form[f"channel.{kind}"]) for kind in CHANNEL_KINDS if form.get(f"channel.{kind}")}
        client = _id(form["client_role"]) if form.get("client_role") else None
        await settings_of(request).set_server(actor_of(request), roles, channels, client, version=version_of(form))
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        page = await _server_page(request, problem=refusal)
        fill_again(request, page, refusal)
        return page
    flash(request, _("Saved. It applies at once in {store}.").format(store=store.name))
    raise redirect(request, "settings/server")


def _section(
    request: web.Request,
    section: Section,
    *,
    typed: Mapping[str, str] | None = None,
    refusal: Invalid | None = None,
    problem: Refusal | None = None,
) -> web.Response:
    failed = refusal or problem
    own = section.name == STORE_SECTION
    values = {
        "tabs": tabs(request, "" if own else f"section/{section.name}"),
        "section": section,
        "fields": form_fields(section, store_of(request).currency, typed, refusal),
        "problem": failed.message if failed is not None and not (refusal and refusal.errors) else "",
        "wrong": bool(refusal and refusal.errors),
        "editable": actor_of(request).may(SETTINGS_UPDATE),
    }
    return render(request, "staff/section.html", values, status=int(failed.status) if failed is not None else 200)


async def _server_page(request: web.Request, problem: Refusal | None = None) -> web.Response:
    app, store = app_of(request), store_of(request)
    server = await read_server(app, store)
    role_options, channel_options = _role_options(server), _channel_options(server)
    values: dict[str, Any] = {
        "tabs": tabs(request, "server"),
        "version": app.stores.version_of(store.id, STORE_SECTION),
        "server": server,
        "templates": [("", "–"), *((name, name) for name in TEMPLATES)],
        "staff_roles": _staff_role_rows(server, store.staff_roles),
        "role_options": [("", "–"), *_with(role_options, store.client_role, _("Deleted role"))],
        "channels": [
            {
                "name": f"channel.{kind}",
                "label": channel_label(kind),
                "value": store.channels.get(kind, ""),
                "options": [("", "–"), *_with(channel_options, store.channels.get(kind), _("Deleted channel"))],
            }
            for kind in CHANNEL_KINDS
        ],
        "problem": problem.message if problem is not None else "",
        "editable": actor_of(request).may(SETTINGS_UPDATE),
    }
    return render(request, "staff/server.html", values, status=int(problem.status) if problem is not None else 200)


def _role_options(server: Server | None) -> list[tuple[int, str]]:
    roles = sorted(server.roles.values(), key=lambda role: -role.position) if server is not None else []
    return [(role.id, role.name) for role in roles if server is not None and role.id != server.id]


def _channel_options(server: Server | None) -> list[tuple[int, str]]:
    channels = server.channels.values() if server is not None else ()
    return [(channel.id, f"#{channel.name}") for channel in channels if channel.type in TEXT_CHANNELS]


def _staff_role_rows(server: Server | None, staff_roles: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return a row for every role that members can have, and for those in the settings that were deleted."""
    known = [(role, name) for role, name in _role_options(server) if server is None or not server.roles[role].managed]
    names = dict(known)
    gone = [(role, _("Deleted role {id}").format(id=role)) for role in staff_roles if role not in names]
    if server is None:
        gone = [(role, str(role)) for role in staff_roles]
    return [{"id": role, "name": name, "template": staff_roles.get(role, "")} for role, name in [*known, *gone]]


def _with(options: list[tuple[int, str]], value: int | None, label: str) -> list[tuple[int, str]]:
    if value is None or value in dict(options):
        return options
    return [(value, f"{label} {value}"), *options]


def _id(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 20 and 0 < int(text) < 2**63:
        return int(text)
    raise Invalid(_("“{value}” is no Discord ID: it has digits only.").format(value=text[:40]))
