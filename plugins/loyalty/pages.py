"""The pages of the workspace: who holds points, the form for one customer, and the tab on a customer's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from aiohttp import web
from yarl import URL

from guildshop.errors import Invalid, Refusal
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CUSTOMER_READ, Customer, CustomerAction, CustomerTab
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty import rules
from guildshop.plugins.loyalty.api import LOYALTY_READ, LOYALTY_UPDATE, REASON_LENGTH, PointsAction
from guildshop.plugins.loyalty.labels import adjusted_text, kind_label
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, form_key, page_url, read_form, redirect, render

if TYPE_CHECKING:
    from guildshop.app import App

PAGE_SIZE = 50
NO_ERRORS = {"action": "", "points": "", "reason": ""}


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show the program, and who holds how many points."""
    service, actor, store = app_of(request).get(LoyaltyService), actor_of(request), store_of(request)
    found = await service.list_accounts(actor, cursor=request.query.get("cursor", ""), limit=PAGE_SIZE)
    program, here = service.program(store.id), page_url(request, "loyalty")
    owed = await service.owed()
    return render(
        request,
        "loyalty/list.html",
        {
            "rows": [(one, rules.tier_of(program.tiers, one.lifetime)) for one in found.items],
            "owed": owed,
            "worth": owed.points * program.point_value,
            "active": service.active(store.id),
            "next_url": str(URL(here).with_query({"cursor": found.cursor})) if found.cursor else "",
            "first_url": here if "cursor" in request.query else "",
        },
    )


async def form_page(request: web.Request) -> web.StreamResponse:
    """Show a customer's points with the form that changes them."""
    return await _form(request, await _customer(request), {"key": str(uuid4())})


async def adjust(request: web.Request) -> web.StreamResponse:
    """Add or deduct points; show the form again, as it was typed, where something is wrong."""
    app, actor, customer = app_of(request), actor_of(request), await _customer(request)
    typed = await read_form(request)
    try:
        done = await app.get(LoyaltyService).adjust(
            actor,
            customer,
            _action(typed.get("action", "")),
            rules.parse_points(typed.get("points", "")),
            typed.get("reason", ""),
            key=form_key(typed),
        )
    except Refusal as refusal:
        return await _form(request, customer, typed, refusal)
    flash(request, adjusted_text(done))
    raise redirect(request, f"customer/{customer.id}/loyalty" if actor.may(CUSTOMER_READ) else f"loyalty/{customer.id}")


def customer_tab(app: App) -> CustomerTab:
    """Return the tab of a customer's page with the points and the form that changes them."""

    async def load(actor: Actor, customer: Customer) -> Mapping[str, Any]:
        return await _shown(app, actor, customer, {"key": str(uuid4())})

    return CustomerTab("loyalty", lazy("Loyalty"), LOYALTY_READ, "loyalty/customer_tab.html", load, position=30)


def customer_action(app: App) -> CustomerAction:
    """Return the action in each row of the list of customers that have an account."""

    async def offered(customers: Sequence[Customer]) -> set[UUID]:
        service = app.get(LoyaltyService)
        return await service.with_account([one.id for one in customers if service.active(one.store)])

    return CustomerAction(
        name="loyalty",
        label=lazy("Adjust loyalty points"),
        permission=LOYALTY_UPDATE,
        path=lambda customer: f"loyalty/{customer.id}",
        offered=offered,
        icon="points",
        position=30,
    )


# Within


async def _customer(request: web.Request) -> Customer:
    return await app_of(request).get(CustomerService).at(request.match_info["id"])


async def _form(
    request: web.Request, customer: Customer, values: Mapping[str, str], refusal: Refusal | None = None
) -> web.StreamResponse:
    errors = {error.field: error.message for error in refusal.errors} if isinstance(refusal, Invalid) else {}
    shown = await _shown(app_of(request), actor_of(request), customer, values)
    problem = refusal.message if refusal is not None and not errors.keys() & NO_ERRORS.keys() else ""
    return render(
        request,
        "loyalty/customer.html",
        {**shown, "customer": customer, "errors": {**NO_ERRORS, **errors}, "problem": problem},
        status=200 if refusal is None else refusal.status,
    )


async def _shown(app: App, actor: Actor, customer: Customer, values: Mapping[str, str]) -> dict[str, Any]:
    service = app.get(LoyaltyService)
    await service.expire(customer.id)
    account, program = await service.account(customer.id), service.program(actor.store)
    return {
        "account": account,
        "tier": None if account is None else rules.tier_of(program.tiers, account.lifetime),
        "entries": await service.entries(customer.id),
        "kind_label": kind_label,
        "active": service.active(actor.store),
        "may_adjust": actor.may(LOYALTY_UPDATE),
        "actions": [(PointsAction.ADD.value, _("Add Points")), (PointsAction.DEDUCT.value, _("Deduct Points"))],
        "values": {**dict.fromkeys(("key", "action", "points", "reason"), ""), **values},
        "errors": NO_ERRORS,
        "problem": "",
        "reason_length": REASON_LENGTH,
    }


def _action(typed: str) -> PointsAction:
    try:
        return PointsAction(typed)
    except ValueError:
        raise Invalid.field("action", _("Choose Add Points or Deduct Points.")) from None


PAGES = [
    Page("loyalty", list_page, LOYALTY_READ, label=lazy("Loyalty"), position=42, icon="points", shortcut="y"),
    Page("loyalty/{id}", form_page, LOYALTY_READ),
    Page("loyalty/{id}", adjust, LOYALTY_UPDATE, methods=("POST",)),
]
