"""The page behind the emailed link: opening it changes nothing, its buttons do."""

from __future__ import annotations

from aiohttp import web

from guildshop.errors import Refusal
from guildshop.hookspecs import PublicRoute
from guildshop.plugins.shopify_link.api import Linked, Verification, VerificationState
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.plugins.shopify_link.service.verifying import gone
from guildshop.web.context import app_of, identity_of
from guildshop.web.pages import read_form, render


async def show(request: web.Request) -> web.StreamResponse:
    """Say who would be linked, and ask; mail scanners open links too."""
    service = app_of(request).get(LinkService)
    try:
        asked = await service.opened(request.match_info["token"], _signed_in(request))
    except Refusal as refusal:
        return _page(request, problem=refusal)
    if asked.state is not VerificationState.OPEN:
        return _page(request, asked, problem=gone(asked.state))
    return _page(request, asked)


async def act(request: web.Request) -> web.StreamResponse:
    """Link the member, or end the link where somebody says that it was not them."""
    service, token = app_of(request).get(LinkService), request.match_info["token"]
    try:
        if (await read_form(request)).get("do") == "reject":
            return _page(request, await service.reject(token, _signed_in(request)), rejected=True)
        return _page(request, linked=await service.confirm(token, _signed_in(request)))
    except Refusal as refusal:
        return _page(request, problem=refusal)


def _signed_in(request: web.Request) -> int | None:
    """Return the Discord member as whom this browser is signed in, if it is."""
    identity = identity_of(request)
    return None if identity is None else identity.signed_in.user.discord_id


def _page(
    request: web.Request,
    asked: Verification | None = None,
    *,
    problem: Refusal | None = None,
    linked: Linked | None = None,
    rejected: bool = False,
) -> web.Response:
    store = asked.store if asked is not None else linked.link.store if linked is not None else None
    return render(
        request,
        "shopify_link/verify.html",
        {
            "asked": asked,
            "shop": None if store is None else app_of(request).stores.get(store),
            "problem": "" if problem is None else problem.message,
            "again": problem is not None and problem.status >= 500,
            "link": None if linked is None else linked.link,
            "rejected": rejected,
        },
        status=200 if problem is None else problem.status,
    )


ROUTES = [PublicRoute("GET", "/verify/{token}", show), PublicRoute("POST", "/verify/{token}", act, max_body=4096)]
