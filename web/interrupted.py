"""A form that is sent when the session has ended: nothing that was typed is lost.

What was typed goes back to the browser that sent it, sealed, within the page that asks to sign in; nothing is stored.
Once the same user has signed in, it is shown again, in its form where scripts run, and sent only when they send it.
Passwords, secrets and files are never kept.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

from aiohttp import hdrs, web

from guildshop.credentials import CredentialBox
from guildshop.errors import ConfigurationError
from guildshop.web.context import ADMIN_BASE, STAFF_BASE, app_of, context_of, identity_of
from guildshop.web.pages import CSRF_FIELD, page_before, render
from guildshop.web.sessions import SESSION_COOKIE, SessionService

if TYPE_CHECKING:
    from guildshop.app import App

FIELD = "kept"
LONGEST = 200_000
"""Characters of a form that is kept; a page cannot carry more without getting slow."""
LIFETIME = timedelta(hours=2)
SECRET = re.compile("password|secret|token", re.IGNORECASE)
_SEALED_AS = "interrupted form"
_OWN_KEY = secrets.token_urlsafe(32)
"""Seals where security.secret_key is not set; then a restart forgets what was kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A form as it was sent: where to, from which page, by whom, and what of it could not be kept."""

    path: str
    page: str
    fields: Sequence[tuple[str, str]]
    left_out: bool
    user: UUID | None = None


async def kept_form(request: web.Request) -> Kept | None:
    """Return the form that a request sends to the workspace, None for anything else."""
    in_workspace = request.path.startswith((f"{ADMIN_BASE}/", f"{STAFF_BASE}/"))
    form = context_of(request).form
    if request.method != hdrs.METH_POST or form is None or not in_workspace:
        return None
    fields, left_out = [], False
    for name, value in form.items():
        if name == CSRF_FIELD:
            continue
        if isinstance(value, str) and not SECRET.search(name):
            fields.append((name, value.replace("\0", "")))
        else:
            left_out = True
    if sum(len(name) + len(value) for name, value in fields) > LONGEST:
        return None
    return Kept(request.path, _page(request), fields, left_out, await _sender(request))


def seal(app: App, kept: Kept) -> str:
    """Return what the page that asks to sign in carries."""
    content = {
        "path": kept.path,
        "page": kept.page,
        "fields": kept.fields,
        "left_out": kept.left_out,
        "user": str(kept.user) if kept.user else None,
        "until": (app.now() + LIFETIME).timestamp(),
    }
    return base64.urlsafe_b64encode(_box(app).seal(0, _SEALED_AS, json.dumps(content))).decode()


def unseal(app: App, text: str, user: UUID) -> Kept | None:
    """Return what was kept for this user; None when it was somebody else's, is too old, or is not ours."""
    if not 0 < len(text) <= 8 * LONGEST:
        return None
    try:
        content = json.loads(_box(app).open(0, _SEALED_AS, base64.urlsafe_b64decode(text)))
    except (ConfigurationError, ValueError, binascii.Error):
        return None
    if content["until"] < app.now().timestamp() or content["user"] not in {None, str(user)}:
        return None
    fields = [(str(name), str(value)) for name, value in content["fields"]]
    return Kept(content["path"], content["page"], fields, content["left_out"], user)


def show_kept(request: web.Request, kept: Kept, *, status: int = HTTPStatus.OK) -> web.Response:
    """Show what had been typed, to be sent by its user; scripts put it back into its form."""
    told = [(name, value) for name, value in kept.fields if value.strip() and name != "version"]
    return render(request, "web/interrupted.html", {"kept": kept, "told": told}, status=status)


async def _sender(request: web.Request) -> UUID | None:
    """Return whose session the form was typed in, as far as that is known any more."""
    identity = identity_of(request)
    if identity is not None:
        return identity.signed_in.user.id
    return await SessionService(app_of(request)).last_user(request.cookies.get(SESSION_COOKIE, ""))


def _page(request: web.Request) -> str:
    """Return the page of the workspace on which the form lay, as the browser says, or nothing."""
    before = page_before(request)
    return before if before.startswith((f"{ADMIN_BASE}/", f"{STAFF_BASE}/")) else ""


def _box(app: App) -> CredentialBox:
    try:
        return CredentialBox([key.reveal() for key in app.settings.security.secret_keys])
    except ConfigurationError:
        return CredentialBox([_OWN_KEY])
