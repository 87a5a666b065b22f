"""Signing in: one session for our pages, the API and Piccolo Admin, and the CSRF rule that goes with it."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from yarl import URL

from guildshop.errors import Forbidden, Refusal
from guildshop.i18n import _
from guildshop.permissions import Origin
from guildshop.tenancy import scope
from guildshop.web.context import (
    Identity,
    RequestContext,
    actor_of,
    app_of,
    context_of,
    current_actor,
    current_identity,
    form_of,
    identity_of,
    signed_in_as,
    store_of,
)
from guildshop.web.locale import speak_as
from guildshop.web.members import CHANGE_AGE, LOOK_AGE
from guildshop.web.passwords import derive, new_token
from guildshop.web.routes import Csrf, rules_of
from guildshop.web.sessions import SESSION_COOKIE, SessionService
from guildshop.web.tokens import TokenService
from guildshop.web.users import SignedIn, UserService

__all__ = [
    "CSRF_FIELD",
    "Identity",
    "SignInRequired",
    "actor_of",
    "app_of",
    "csrf_token",
    "current_actor",
    "current_identity",
    "identity_of",
    "store_of",
]

CSRF_COOKIE = "csrftoken"
CSRF_HEADER = "X-CSRFToken"
CSRF_FIELD = "csrftoken"
"""The names that Piccolo Admin's front end uses, so that one token serves it too."""

SAFE_METHODS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
LONGEST_TOKEN = 200
BEARER = "bearer "


class SignInRequired(Refusal):
    """Nobody is signed in: HTTP 401, or the way to the sign-in page for a browser."""

    status = HTTPStatus.UNAUTHORIZED
    code = "sign-in-required"


class FormTooOld(Forbidden):
    """The form was made for another session of this browser."""


@web.middleware
async def sign_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who sends the request, and run the rest in their store and language."""
    rules = rules_of(request)
    if not rules.sign_in:
        return await handler(request)
    context = context_of(request)
    context.identity = await _identify(request)
    _remember_csrf(request, context)
    if request.method not in SAFE_METHODS and not _is_bearer(request):
        await _check_csrf(request, context, rules.csrf)
    with acting(request):
        return await handler(request)


@contextmanager
def acting(request: web.Request) -> Iterator[None]:
    """Let whoever signed in be the one who acts inside the block, in their store and language."""
    identity = identity_of(request)
    with ExitStack() as stack:
        stack.enter_context(signed_in_as(identity))
        if identity is not None and identity.actor is not None:
            stack.enter_context(scope(identity.actor.store))
            speak_as(request, app_of(request).stores.get(identity.actor.store).language)
        yield


def csrf_token(request: web.Request) -> str:
    """Return the token that forms of this session carry."""
    return context_of(request).csrf_token


def set_session(request: web.Request, token: str | None) -> None:
    """Have the answer set the session's cookie, or delete it, and the CSRF token that goes with it."""
    context = context_of(request)
    context.cookies.append((SESSION_COOKIE, token, True))
    context.csrf_token = derive(token, "csrf") if token else new_token()
    context.cookies.append((CSRF_COOKIE, context.csrf_token, False))


async def _identify(request: web.Request) -> Identity | None:
    app = app_of(request)
    users = UserService(app)
    if _is_bearer(request):
        token = request.headers[hdrs.AUTHORIZATION][len(BEARER) :].strip()
        signed_in = await TokenService(app).of_bearer(token) if 0 < len(token) <= LONGEST_TOKEN else None
        if signed_in is None:
            raise SignInRequired(_("This bearer token is unknown or revoked. Make a new one with `user token`."))
        return _identity(users, signed_in, token, Origin.API)
    cookie = request.cookies.get(SESSION_COOKIE, "")
    if not 0 < len(cookie) <= LONGEST_TOKEN:
        return None
    age = LOOK_AGE if request.method in SAFE_METHODS else CHANGE_AGE
    session = await SessionService(app).of_cookie(cookie, role_age=age)
    if session is None:
        context = context_of(request)
        context.cookies.append((SESSION_COOKIE, None, True))
        # One and the same for all requests under way when a session ends: a late answer must not make the sign-in
        # page's form stale.
        context.csrf_token = derive(cookie, "csrf after the session")
        return None
    return _identity(users, session, cookie, _origin(request.path))


def _identity(users: UserService, signed_in: SignedIn, token: str, origin: Origin) -> Identity:
    return Identity(
        signed_in=signed_in,
        actor=users.actor(signed_in, origin),
        role=users.role(signed_in.user, signed_in.store),
        token=token,
    )


def _origin(path: str) -> Origin:
    if path.startswith("/api/"):
        return Origin.API
    return Origin.ADMIN if path.startswith("/admin/api/") else Origin.WEB


def _is_bearer(request: web.Request) -> bool:
    return request.path.startswith("/api/") and request.headers.get(hdrs.AUTHORIZATION, "").lower().startswith(BEARER)


def _remember_csrf(request: web.Request, context: RequestContext) -> None:
    """Take the token from the session, or, before anybody signed in, from a cookie of its own."""
    cookie = request.cookies.get(CSRF_COOKIE, "")
    if context.identity is not None:
        context.csrf_token = derive(context.identity.token, "csrf")
    elif not context.csrf_token:
        context.csrf_token = cookie if 0 < len(cookie) <= LONGEST_TOKEN else new_token()
    if cookie != context.csrf_token and not _is_bearer(request):
        context.cookies.append((CSRF_COOKIE, context.csrf_token, False))


async def _check_csrf(request: web.Request, context: RequestContext, rule: Csrf) -> None:
    if rule is Csrf.NONE:
        return
    if not _same_origin(request):
        raise Forbidden(_("This form came from another site, so nothing was done."))
    if rule is Csrf.HEADER and context.identity is None:
        return  # No session that another site could use: whoever answers says that somebody has to sign in.
    given = request.headers.get(CSRF_HEADER, "")
    if rule is Csrf.FORM_OR_HEADER:
        # Read here, so that no page meets what cannot be read.
        context.form = sent = await form_of(request)
        field = sent.get(CSRF_FIELD, "")
        given = given or (field if isinstance(field, str) else "")
    if not given or not hmac.compare_digest(given.encode(), context.csrf_token.encode()):
        if rule is Csrf.HEADER and given and context.identity is None:
            # The token was that of a session that is over: what helps is to sign in, not to load a form again.
            raise SignInRequired(_("Sign in first."))
        raise FormTooOld(
            _("This form is too old or was opened before you signed in. Nothing was done: load it again, then repeat.")
        )


def _same_origin(request: web.Request) -> bool:
    """Compare where a browser says it comes from with where we are; other programs say nothing."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "same-site", "none"}
    try:
        sender = URL(origin)
        own = {URL(app_of(request).settings.web.public_url).authority, request.url.authority}
    except ValueError:
        return False
    return sender.authority in own
