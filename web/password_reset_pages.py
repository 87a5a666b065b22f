"""The pages for a forgotten password, and one's own email address."""

from __future__ import annotations

from aiohttp import web

from guildshop.errors import Invalid, Refusal
from guildshop.i18n import _
from guildshop.web.auth import set_session
from guildshop.web.context import app_of, context_of
from guildshop.web.pages import flash, read_form, render
from guildshop.web.password_reset import PasswordResets


async def show_request(request: web.Request) -> web.StreamResponse:
    """Ask for the username or email."""
    return _request_form(request)


async def take_request(request: web.Request) -> web.StreamResponse:
    """Say the same whether or not there is such a user."""
    form = await read_form(request)
    resets = PasswordResets(app_of(request))
    name = form.get("name", "")
    if not name:
        return _request_form(request, error=_("Write your username or your email address."), status=422)
    try:
        await resets.request(name, context_of(request).remote)
    except Refusal as refusal:
        return _request_form(request, error=refusal.message, status=refusal.status)
    return render(request, "web/password_reset_sent.html", {"problem": resets.problem})


async def show_new(request: web.Request) -> web.StreamResponse:
    """Ask for the new password; nothing changes, since mail scanners follow links."""
    return await _new_form(request)


async def take_new(request: web.Request) -> web.StreamResponse:
    """Set the new password and send the browser to the sign-in form."""
    form = await request.post()
    password = str(form.get("password", ""))
    if password != str(form.get("again", "")):
        return await _new_form(request, error=_("The two passwords differ. Type the same one twice."), status=422)
    try:
        await PasswordResets(app_of(request)).set_password(request.match_info["token"], password)
    except Invalid as refusal:
        return await _new_form(request, error=refusal.message, status=refusal.status)
    set_session(request, None)
    flash(request, _("The password is changed. Sign in with the new one."))
    raise web.HTTPSeeOther("/login")


def _request_form(request: web.Request, *, error: str = "", status: int = 200) -> web.Response:
    values = {"problem": PasswordResets(app_of(request)).problem, "error": error}
    return render(request, "web/password_reset.html", values, status=status)


async def _new_form(request: web.Request, *, error: str = "", status: int = 200) -> web.Response:
    user = await PasswordResets(app_of(request)).user_of(request.match_info["token"])
    return render(request, "web/password_reset_new.html", {"name": user.username, "error": error}, status=status)
