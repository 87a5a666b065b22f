"""A page shown again when one of its forms was refused: with the sentence, and with what was typed."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus

from aiohttp import hdrs, web

from guildshop.errors import GuildshopError, Invalid, Refusal
from guildshop.web.auth import acting
from guildshop.web.context import context_of
from guildshop.web.forms import put_first, refill
from guildshop.web.interrupted import SECRET
from guildshop.web.pages import CSRF_FIELD, flash, page_before, render_part
from guildshop.web.routes import Problem, rules_of

BY_US = {CSRF_FIELD, "key", "version"}
"""Fields of forms that are not for people."""


class PartlyDone(Refusal):
    """Some of what a form asked for was done, and some refused, as the sentence says: the form comes back with that."""

    status = HTTPStatus.MULTI_STATUS
    code = "partly-done"

    def __init__(self, request: web.Request, message: str, done: Iterable[str]) -> None:
        """Leave the fields `done` out when the form is shown again."""
        super().__init__(message)
        context_of(request).done_with.update(done)


async def show_again(
    request: web.Request, page: Callable[[web.Request], Awaitable[web.StreamResponse]], refusal: Refusal
) -> web.StreamResponse:
    """Answer a refused form with its page, which `page` shows: nothing that was typed is lost."""
    flash(request, refusal.message, "error")
    response = await page(request)
    if isinstance(response, web.Response):
        fill_again(request, response, refusal)
        response.set_status(int(refusal.status))
    return response


def fill_again(request: web.Request, response: web.Response, refusal: Refusal, *, at: str = "") -> None:
    """Put what was typed back into its form in the page that is answered; tell it there where the form is gone.

    `at` is the page's own address, where it is not the one that the form was sent to.
    """
    page = response.text or ""
    wrong = {error.field for error in refusal.errors} if isinstance(refusal, Invalid) else set()
    filled = refill(page, request.path_qs, _sent(request), wrong, at=at)
    if filled is None:
        typed = what_was_typed(request)
        told = str(render_part(request, "web/typed.html", {"typed": typed})) if typed else ""
        filled = put_first(page, told)
    response.text = filled


async def show_before(request: web.Request, refusal: Refusal) -> web.Response | None:
    """Answer a refused form with the page that it was sent from; None where that is no page of ours any more.

    Every form whose own plugin does not show it again comes back by this.
    """
    before, context = page_before(request), context_of(request)
    if not before or context.form is None:
        return None
    looking = request.clone(method=hdrs.METH_GET, rel_url=before)
    route = await request.app.router.resolve(looking)
    if route.http_exception is not None:
        return None
    route.add_app(request.app)
    route.freeze()
    looking._match_info = route  # as clone() does with the route of the original
    if rules_of(looking).problem is not Problem.PAGE:
        return None
    told, cookies = list(context.flashes), list(context.cookies)
    flash(request, refusal.message, "error")
    try:
        with acting(request):
            response = await route.handler(looking)
    except (GuildshopError, web.HTTPException):
        response = None
    if isinstance(response, web.Response) and (response.status, response.content_type) == (HTTPStatus.OK, "text/html"):
        fill_again(request, response, refusal, at=before)
        response.set_status(int(refusal.status))
        return response
    # What that page would have told is left to the page that is answered instead.
    context.flashes[:], context.cookies[:] = told, cookies
    return None


def what_was_typed(request: web.Request) -> list[tuple[str, str]]:
    """Return what a person typed into the form, to be told where that is gone; nothing of a form that is not ours."""
    sent = _sent(request)
    token = dict(sent).get(CSRF_FIELD, "")
    if not hmac.compare_digest(token.encode(), context_of(request).csrf_token.encode()):
        return []
    return [(name, value) for name, value in sent if value.strip() and name not in BY_US and not SECRET.search(name)]


def _sent(request: web.Request) -> list[tuple[str, str]]:
    """Return what the form sent as text, in order, without the characters that no database takes."""
    context = context_of(request)
    return [
        (name, value.replace("\0", ""))
        for name, value in (context.form or {}).items()
        if isinstance(value, str) and name not in context.done_with
    ]
