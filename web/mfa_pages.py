"""The pages of the second factor: asked for after the password, set up and taken away on the account page."""

from __future__ import annotations

import segno
from aiohttp import web

from guildshop.errors import Forbidden, Invalid, Refusal
from guildshop.i18n import _
from guildshop.web.context import app_of, context_of
from guildshop.web.interrupted import FIELD as KEPT_FIELD
from guildshop.web.mfa import SecondFactor, uri
from guildshop.web.pages import flash, read_form, render
from guildshop.web.passwords import token_hash
from guildshop.web.signin import PENDING_COOKIE, enter, require_identity, safe_target
from guildshop.web.users import User, UserService


async def show_code(request: web.Request) -> web.StreamResponse:
    """Ask for the code."""
    await _pending(request)
    return _code_form(request, safe_target(request.query.get("next", "")))


async def take_code(request: web.Request) -> web.StreamResponse:
    """Sign in for a right code."""
    user = await _pending(request)
    form = await read_form(request)
    target, kept = safe_target(form.get("next", "")), form.get(KEPT_FIELD, "")
    factor = SecondFactor(app_of(request))
    try:
        await factor.check(user, form.get("code", ""))
    except Refusal as refusal:
        return _code_form(request, target, kept, refusal)
    await factor.end_pending(token_hash(request.cookies[PENDING_COOKIE]))
    context_of(request).cookies.append((PENDING_COOKIE, None, True))
    return await enter(request, user, target, kept)


async def begin(request: web.Request) -> web.StreamResponse:
    """Draw a key and show it."""
    await SecondFactor(app_of(request)).begin(_user(request))
    raise web.HTTPSeeOther("/account/mfa")


async def show_setup(request: web.Request) -> web.StreamResponse:
    """Show the key, and ask for the first code."""
    return await _setup(request)


async def confirm(request: web.Request) -> web.StreamResponse:
    """Turn the second factor on and show the recovery codes, once."""
    form = await read_form(request)
    try:
        codes = await SecondFactor(app_of(request)).confirm(_user(request), form.get("code", ""))
    except Invalid as refusal:
        return await _setup(request, refusal)
    return render(request, "web/mfa_codes.html", {"codes": codes})


async def turn_off(request: web.Request) -> web.StreamResponse:
    """Take the second factor away."""
    form = await request.post()
    password, code = str(form.get("password", "")), str(form.get("code", ""))
    await SecondFactor(app_of(request)).turn_off(_user(request), password, code)
    flash(request, _("The second factor is off."), "info")
    raise web.HTTPSeeOther("/account")


async def _pending(request: web.Request) -> User:
    app, token = app_of(request), request.cookies.get(PENDING_COOKIE, "")
    user_id = await SecondFactor(app).pending_user(token_hash(token)) if 0 < len(token) <= 200 else None
    if user_id is None:
        raise web.HTTPSeeOther("/login")
    user = await UserService(app).get(user_id)
    if not user.active:
        raise Forbidden(_("Your user is closed. Ask the shop's owner."))
    return user


def _user(request: web.Request) -> User:
    user = require_identity(request).signed_in.user
    if user.discord_id is not None:
        raise Forbidden(_("You sign in by Discord, which has a second factor of its own."))
    return user


def _code_form(request: web.Request, target: str, kept: str = "", refusal: Refusal | None = None) -> web.Response:
    values = {"next": target, "error": refusal.message if refusal else "", "kept": kept}
    return render(request, "web/mfa_login.html", values, status=int(refusal.status) if refusal else 200)


async def _setup(request: web.Request, refusal: Refusal | None = None) -> web.Response:
    user = _user(request)
    key = await SecondFactor(app_of(request)).key(user)
    address = uri(key, user.username)
    values = {
        "key": " ".join(key[start : start + 4] for start in range(0, len(key), 4)),
        "uri": address,
        "picture": segno.make(address, error="m").svg_data_uri(scale=5, border=3, light="white"),
        "error": refusal.message if refusal else "",
    }
    return render(request, "web/mfa_setup.html", values, status=int(refusal.status) if refusal else 200)
