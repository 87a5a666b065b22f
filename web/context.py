"""What a request carries with it: who signed in, in which store, and what its answer must still get."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from guildshop.errors import Forbidden, Refusal
from guildshop.i18n import _
from guildshop.permissions import ADMIN, OWNER, Actor
from guildshop.stores import Store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.web.users import SignedIn

ADMIN_BASE = "/admin"
STAFF_BASE = "/staff"

APP: web.AppKey[App] = web.AppKey("guildshop", object)  # type: ignore[arg-type]
CONTEXT: web.RequestKey[RequestContext]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in. `actor` is None while they have no store; `token` is the session's or bearer token."""

    signed_in: SignedIn
    actor: Actor | None
    role: str | None
    token: str = field(repr=False)

    @property
    def base(self) -> str:
        """The workspace they belong to: `/admin` for owners and admins, `/staff` for everybody else."""
        return ADMIN_BASE if self.role in {OWNER, ADMIN} else STAFF_BASE


@dataclass(slots=True)
class RequestContext:
    """Shared by a request and its clones, which proxies and body limits make."""

    request_id: str = field(default_factory=lambda: secrets.token_hex(8))
    peer: str = ""
    """The address that connected to us; `remote` is whom a trusted proxy speaks for."""
    remote: str = ""
    secure: bool = False
    identity: Identity | None = None
    csrf_token: str = ""
    cookies: list[tuple[str, str | None, bool]] = field(default_factory=list)
    """Cookies that the answer sets: name, value (None deletes), whether scripts must not read it."""
    flashes: list[tuple[str, str]] = field(default_factory=list)
    form: Mapping[str, object] | None = None
    """The form that the request sends, once it has been read: only the clone that read it could read it again."""
    done_with: set[str] = field(default_factory=set)
    """Fields of the form that are not shown again when it is refused: what they asked for has been done."""
    content_policy: str = ""
    route: str = ""


CONTEXT = web.RequestKey("context", RequestContext)

_identity: ContextVar[Identity | None] = ContextVar("guildshop_identity", default=None)


class Unreadable(Refusal):
    """What was sent is no form, or in no encoding that there is."""

    status = HTTPStatus.BAD_REQUEST
    code = "malformed"


async def form_of(request: web.Request) -> Mapping[str, object]:
    """Return the form that the request sends; empty when it sends something else."""
    try:
        return await request.post()
    except (ValueError, LookupError, RuntimeError) as error:
        raise Unreadable(_("This form cannot be read. Nothing was done: load it again, then repeat.")) from error


def app_of(request: web.Request) -> App:
    """Return the application that serves the request."""
    return request.config_dict[APP]


def context_of(request: web.Request) -> RequestContext:
    """Return what the request carries."""
    return request[CONTEXT]


def identity_of(request: web.Request) -> Identity | None:
    """Return who signed in, if anybody did."""
    return context_of(request).identity


def actor_of(request: web.Request) -> Actor:
    """Return who acts, in the store that they chose; Forbidden for nobody and for users without a store."""
    return _actor(identity_of(request))


def store_of(request: web.Request) -> Store:
    """Return the store that the request is about."""
    return app_of(request).stores.get(actor_of(request).store)


def current_identity() -> Identity | None:
    """Return who signed in, also inside the API and Piccolo Admin."""
    return _identity.get()


def current_actor() -> Actor:
    """Return who acts, also inside the API and Piccolo Admin; Forbidden when nobody does."""
    return _actor(current_identity())


@contextmanager
def signed_in_as(identity: Identity | None) -> Iterator[None]:
    """Let `current_identity()` answer this one inside the block."""
    token = _identity.set(identity)
    try:
        yield
    finally:
        _identity.reset(token)


def _actor(identity: Identity | None) -> Actor:
    if identity is None:
        raise Forbidden(_("Sign in first."))
    if identity.actor is None:
        raise Forbidden(_("Your user has no role in any store. Ask the shop's owner for one."))
    return identity.actor


def path_for_logs(request: web.Request) -> str:
    """Return a request's path without the token in it: whoever has an invoice's or a sign-in's link may use it."""
    token = request.match_info.get("token", "")
    return request.path.replace(token, "…") if token else request.path
