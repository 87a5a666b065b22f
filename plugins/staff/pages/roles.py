"""The page of permissions: what each role template may do."""

from __future__ import annotations

from aiohttp import web

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.permissions import ADMIN, OWNER, TEMPLATES
from guildshop.plugins.staff.api import SETTINGS_UPDATE
from guildshop.plugins.staff.pages.forms import version_of
from guildshop.plugins.staff.pages.settings import settings_of, tabs
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, read_form, redirect, render


async def show(request: web.Request) -> web.StreamResponse:
    """Show the table of template × permission."""
    return _page(request)


async def change(request: web.Request) -> web.StreamResponse:
    """Change the table; a box is named `<template>/<permission>`."""
    form = await read_form(request)
    names = app_of(request).permissions.permissions
    table = {
        template: {name for name in names if form.get(f"{template}/{name}")}
        for template in TEMPLATES
        if template != OWNER
    }
    try:
        changed = await settings_of(request).change_roles(actor_of(request), table, version=version_of(form))
    except Refusal as refusal:
        return _page(request, refusal)
    if changed:
        flash(request, _("Changed what these may do: {roles}. It applies at once.").format(roles=", ".join(changed)))
    raise redirect(request, "settings/roles")


def _page(request: web.Request, problem: Refusal | None = None) -> web.Response:
    service, actor = settings_of(request), actor_of(request)
    groups: dict[str, list[dict[str, object]]] = {}
    for permission, held in service.role_table(actor):
        noun = permission.name.split(".")[0]
        groups.setdefault(noun, []).append({"name": permission.name, "label": _(permission.label), "held": held})
    values = {
        "tabs": tabs(request, "roles"),
        "templates": TEMPLATES,
        "owner": OWNER,
        "admin": ADMIN,
        "groups": groups,
        "version": service.role_version(actor),
        "problem": problem.message if problem is not None else "",
        "editable": actor.may(SETTINGS_UPDATE),
    }
    return render(request, "staff/roles.html", values, status=int(problem.status) if problem is not None else 200)
