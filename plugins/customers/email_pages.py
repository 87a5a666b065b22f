"""The pages behind links in emails: opening one changes nothing, its button does."""

from __future__ import annotations

from aiohttp import web

from guildshop.hookspecs import PublicRoute
from guildshop.i18n import _
from guildshop.permissions import Actor, Origin
from guildshop.plugins.customers.service import CustomerService
from guildshop.tenancy import scope
from guildshop.web.context import app_of
from guildshop.web.pages import render


async def show_confirmation(request: web.Request) -> web.StreamResponse:
    """Ask whether to confirm the address."""
    store, email = await app_of(request).get(CustomerService).asked(request.match_info["token"])
    return render(request, "customers/confirm_email.html", {"shop": store, "email": email, "done": False})


async def confirm(request: web.Request) -> web.StreamResponse:
    """Confirm the address."""
    store, email = await app_of(request).get(CustomerService).confirm_email(request.match_info["token"])
    return render(request, "customers/confirm_email.html", {"shop": store, "email": email, "done": True})


async def show_stop(request: web.Request) -> web.StreamResponse:
    """Ask whether to end such emails."""
    return await _stop(request, done=False)


async def stop(request: web.Request) -> web.StreamResponse:
    """End such emails; mail programs do so by one request of their own."""
    return await _stop(request, done=True)


async def _stop(request: web.Request, *, done: bool) -> web.StreamResponse:
    app = app_of(request)
    customers = app.get(CustomerService)
    customer, topic = await customers.stop_asked(
        *(request.match_info[name] for name in ("store", "customer", "topic", "seal"))
    )
    shop = app.stores.get(customer.store)
    if done:
        with scope(shop.id):
            actor = Actor.system(shop.id, "customers.stop_emails", origin=Origin.WEB)
            await customers.stop_emails(actor, customer.id, topic.name)
    return render(request, "customers/stop_emails.html", {"shop": shop, "topic": _(topic.label), "done": done})


ROUTES = [
    PublicRoute("GET", "/confirm-email/{token}", show_confirmation),
    PublicRoute("POST", "/confirm-email/{token}", confirm),
    PublicRoute("GET", "/stop-emails/{store}/{customer}/{topic}/{seal}", show_stop),
    # Without CSRF: the link itself is the permission, and mail programs have no token.
    PublicRoute("POST", "/stop-emails/{store}/{customer}/{topic}/{seal}", stop, max_body=4096, csrf=False),
]
