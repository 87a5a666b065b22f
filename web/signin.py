"""The pages around signing in: the form, signing out, the choice of store, one's own account."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from aiohttp import hdrs, web
from yarl import URL

from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.i18n import _, languages
from guildshop.web.again import fill_again
from guildshop.web.auth import SignInRequired, set_session
from guildshop.web.context import Identity, app_of, context_of, form_of, identity_of
from guildshop.web.interrupted import FIELD as KEPT_FIELD
from guildshop.web.interrupted import show_kept, unseal
from guildshop.web.locale import LANGUAGE_COOKIE
from guildshop.web.mfa import SecondFactor
from guildshop.web.pages import flash, read_form, render
from guildshop.web.sessions import SessionService
from guildshop.web.users import User, UserService

PENDING_COOKIE = "guildshop_pending"
"""Holds the token of a session whose second factor is still to come."""


async def show_login(request: web.Request) -> web.StreamResponse:
    """Show the sign-in form, or go on when somebody is signed in already."""
    target = safe_target(request.query.get("next", ""))
    if identity_of(request) is not None:
        raise web.HTTPSeeOther(target)
    return login_form(request, target)


async def log_in(request: web.Request) -> web.StreamResponse:
    """Open a session for a right name and password; show the form again, with the sentence, for wrong ones."""
    form = await request.post()
    username, password = str(form.get("username", "")).strip(), str(form.get("password", ""))
    target, kept = safe_target(str(form.get("next", ""))), str(form.get(KEPT_FIELD, ""))
    app = app_of(request)
    remote = context_of(request).remote
    try:
        user = await UserService(app).authenticate(username, password, remote)
    except Refusal as refusal:
        return login_form(request, target, username=username, error=refusal.message, kept=kept, status=refusal.status)
    if user.mfa:
        await _end_present_session(request)
        pending = await SessionService(app).open(user, address=remote, pending=True)
        context_of(request).cookies.append((PENDING_COOKIE, pending, True))
        if kept:
            return render(request, "web/mfa_login.html", {"next": target, "error": "", "kept": kept})
        raise web.HTTPSeeOther(URL("/login/code").with_query(next=target))
    return await enter(request, user, target, kept)


async def enter(request: web.Request, user: User, target: str, kept: str) -> web.StreamResponse:
    """Sign a user in, and go on to the target, or to the form that they had filled in when they were signed out."""
    await begin_session(request, user)
    if kept:
        form = unseal(app_of(request), kept, user.id)
        if form is not None:
            return show_kept(request, form)
        flash(request, _("What had been typed here is not shown: it was somebody else's, or is too old."), "info")
    raise web.HTTPSeeOther(target)


async def resume(request: web.Request) -> web.StreamResponse:
    """Show what was kept to somebody who has signed in elsewhere in this browser."""
    kept = str((await request.post()).get(KEPT_FIELD, ""))
    identity = identity_of(request)
    if identity is None:
        return login_form(request, "/", kept=kept, error=_("Sign in first."), status=HTTPStatus.UNAUTHORIZED)
    form = unseal(app_of(request), kept, identity.signed_in.user.id)
    if form is None:
        flash(request, _("What had been typed here is not shown: it was somebody else's, or is too old."), "info")
        raise web.HTTPSeeOther("/")
    return show_kept(request, form)


async def begin_session(request: web.Request, user: User, store: int | None = None) -> None:
    """Sign a user in to this browser, in `store` if it is theirs, in place of whoever was signed in."""
    await _end_present_session(request)
    token = await SessionService(app_of(request)).open(
        user,
        user_agent=request.headers.get(hdrs.USER_AGENT, ""),
        address=context_of(request).remote,
        store=store,
    )
    set_session(request, token)


async def log_out(request: web.Request) -> web.StreamResponse:
    """End the session."""
    await _end_present_session(request)
    set_session(request, None)
    flash(request, _("You are signed out."), "info")
    raise web.HTTPSeeOther("/login")


async def log_out_of_data_admin(request: web.Request) -> web.StreamResponse:
    """End the session, as Piccolo Admin's menu asks for it; its front end then loads the page anew."""
    await _end_present_session(request)
    set_session(request, None)
    return web.json_response({"message": "Logged out"})


async def switch_store(request: web.Request) -> web.StreamResponse:
    """Move the session to another of the user's stores."""
    identity = require_identity(request)
    form = await read_form(request)
    try:
        chosen = int(form.get("store", ""))
    except ValueError:
        raise Invalid.field("store", _("Choose a store from the list.")) from None
    await SessionService(app_of(request)).choose_store(identity.signed_in, chosen)
    raise web.HTTPSeeOther("/")


async def choose_language(request: web.Request) -> web.StreamResponse:
    """Remember the language that was chosen in this browser, or that it is the browser's own again."""
    form = await form_of(request)
    chosen = str(form.get("language", ""))
    context_of(request).cookies.append((LANGUAGE_COOKIE, chosen if chosen in languages() else None, True))
    raise web.HTTPSeeOther(_own_address(str(form.get("next", ""))))


async def start(request: web.Request) -> web.StreamResponse:
    """Send everybody to where they begin: the form, or the start page of their workspace."""
    identity = identity_of(request)
    if identity is None:
        raise web.HTTPSeeOther("/login")
    if identity.actor is None:
        return render(request, "web/no_store.html")
    raise web.HTTPSeeOther(f"{identity.base}/dashboard")


async def show_account(request: web.Request) -> web.StreamResponse:
    """Show where one is signed in, and the form for a new password."""
    return await _account(request, {})


async def change_password(request: web.Request) -> web.StreamResponse:
    """Set a new password; every session ends and the form asks to sign in again."""
    identity = require_identity(request)
    form = await request.post()
    try:
        await UserService(app_of(request)).change_password(
            identity.signed_in.user.id, str(form.get("current_password", "")), str(form.get("password", ""))
        )
    except Invalid as refusal:
        return await _account(request, {error.field: error.message for error in refusal.errors}, status=refusal.status)
    set_session(request, None)
    flash(request, _("The password is changed. Sign in with the new one."))
    raise web.HTTPSeeOther("/login")


async def change_email(request: web.Request) -> web.StreamResponse:
    """Set the address to which links for a forgotten password go."""
    identity = require_identity(request)
    form = await request.post()
    try:
        await UserService(app_of(request)).change_email(
            identity.signed_in.user.id, str(form.get("email_password", "")), str(form.get("email", ""))
        )
    except Invalid as refusal:
        errors = {error.field: error.message for error in refusal.errors}
        page = await _account(request, errors, status=refusal.status)
        fill_again(request, page, refusal)
        return page
    flash(request, _("Your email address is saved."))
    raise web.HTTPSeeOther("/account")


async def end_session(request: web.Request) -> web.StreamResponse:
    """End one of one's own sessions."""
    identity = require_identity(request)
    try:
        session = UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(_("That session has ended already.")) from None
    await SessionService(app_of(request)).revoke(identity.signed_in.user.id, session)
    flash(request, _("That browser is signed out."))
    raise web.HTTPSeeOther("/account")


def require_identity(request: web.Request) -> Identity:
    """Return who is signed in; SignInRequired when nobody is."""
    identity = identity_of(request)
    if identity is None:
        raise SignInRequired(_("Sign in first."))
    return identity


async def _account(request: web.Request, errors: Mapping[str, str], *, status: int = 200) -> web.Response:
    identity = require_identity(request)
    values = {
        "sessions": await SessionService(app_of(request)).of_user(identity.signed_in.user.id),
        "current": identity.signed_in.id,
        "codes_left": await SecondFactor(app_of(request)).codes_left(identity.signed_in.user),
        "errors": dict.fromkeys(("current_password", "password", "email", "email_password"), "") | dict(errors),
    }
    return render(request, "web/account.html", values, status=status)


def login_form(
    request: web.Request, target: str, *, username: str = "", error: str = "", kept: str = "", status: int = 200
) -> web.Response:
    """Return the sign-in form; `kept` is what somebody had typed when they were signed out."""
    values = {"next": target, "username": username, "error": error, "kept": kept}
    return render(request, "web/login.html", values, status=status)


async def _end_present_session(request: web.Request) -> None:
    identity = identity_of(request)
    if identity is not None:
        await SessionService(app_of(request)).end(identity.token)


def safe_target(target: str) -> str:
    """Return the address to go on to after signing in, if it is one of this site, else the start."""
    address = _own_address(target)
    return "/" if URL(address).path in {"/login", "/logout"} else address


def _own_address(target: str) -> str:
    if not target.startswith("/") or "\\" in target or any(character.isspace() for character in target):
        return "/"
    try:
        url = URL(target)
    except ValueError:
        return "/"
    return "/" if url.absolute or url.authority or target.startswith("//") else str(url)
