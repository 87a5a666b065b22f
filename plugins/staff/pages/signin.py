"""The page of a one-time link: opening it changes nothing, its button signs in."""

from __future__ import annotations

from aiohttp import web

from guildshop.errors import Forbidden
from guildshop.i18n import _
from guildshop.plugins.staff.service import SignInService
from guildshop.web.context import app_of
from guildshop.web.members import remember_member
from guildshop.web.pages import render
from guildshop.web.signin import begin_session
from guildshop.web.users import UserService


async def show(request: web.Request) -> web.StreamResponse:
    """Ask whether to sign in; programs that follow links in messages use nothing up."""
    app = app_of(request)
    link = await app.get(SignInService).look(request.match_info["token"])
    return render(request, "staff/signin.html", {"link": link, "shop": app.stores.get(link.store)})


async def enter(request: web.Request) -> web.StreamResponse:
    """Use the link and sign in, with what the member's Discord roles allow now."""
    app = app_of(request)
    redeemed = await app.get(SignInService).redeem(request.match_info["token"])
    link = redeemed.link
    user_id = await remember_member(app, link.store, link.discord_id, link.name, redeemed.access)
    user = await UserService(app).get(user_id)
    if not user.active:
        raise Forbidden(_("Your access to the web is closed. Ask the shop's owner."))
    await begin_session(request, user, store=link.store)
    raise web.HTTPSeeOther("/")
