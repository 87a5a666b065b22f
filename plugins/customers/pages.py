"""The pages of the workspace: the list of customers, and one customer with a tab for each subject."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from aiohttp import web
from yarl import URL

from guildshop.errors import NotFound
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy
from guildshop.isolation import PluginFailed, isolated
from guildshop.plugins.customers.api import (
    CUSTOMER_READ,
    CUSTOMER_UPDATE,
    OFFERED_TAGS,
    Customer,
    CustomerFilter,
    CustomerStatus,
    CustomerTab,
    CustomerType,
    MessageChannel,
    address_labels,
)
from guildshop.plugins.customers.service import CustomerActions, CustomerService, CustomerTabs
from guildshop.plugins.customers.service.preferences import wants
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, page_url, redirect, render

PAGE_SIZE = 50
OVERVIEW = "overview"

STATUS_LABELS: Mapping[CustomerStatus, str] = {
    CustomerStatus.ACTIVE: lazy("Active"),
    CustomerStatus.INACTIVE: lazy("Inactive"),
    CustomerStatus.BLOCKED: lazy("Blocked"),
}
TONES: Mapping[CustomerStatus, str] = {
    CustomerStatus.ACTIVE: "good",
    CustomerStatus.INACTIVE: "neutral",
    CustomerStatus.BLOCKED: "bad",
}
TYPE_LABELS: Mapping[CustomerType, str] = {
    CustomerType.REGISTERED: lazy("Registered"),
    CustomerType.GUEST: lazy("Guest"),
}


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show the customers that fit the filters, newest first."""
    app, actor = app_of(request), actor_of(request)
    typed = {name: request.query.get(name, "").strip()[:100] for name in ("text", "status", "type", "tag")}
    wanted = CustomerFilter(
        text=typed["text"],
        status=CustomerStatus(typed["status"]) if typed["status"] in CustomerStatus.__members__ else None,
        type=CustomerType(typed["type"]) if typed["type"] in CustomerType.__members__ else None,
        tag=typed["tag"],
    )
    customers = app.get(CustomerService)
    found = await customers.list_customers(actor, wanted, cursor=request.query.get("cursor", ""), limit=PAGE_SIZE)
    count = await customers.count(actor, wanted)
    query = {name: value for name, value in typed.items() if value}
    here = URL(page_url(request, "customer"))
    return render(
        request,
        "customers/list.html",
        {
            "customers": found.items,
            "row_actions": await app.get(CustomerActions).of(actor, found.items),
            "count": f"{count - 1}+" if count > 1000 else str(count),
            "filters": typed,
            "filtered": bool(query),
            "statuses": [("", _("All Status")), *((one.value, _(label)) for one, label in STATUS_LABELS.items())],
            "types": [("", _("All Types")), *((one.value, _(label)) for one, label in TYPE_LABELS.items())],
            "tags": [("", _("All tags")), *((tag, tag) for tag in OFFERED_TAGS)],
            "next_url": str(here.with_query({**query, "cursor": found.cursor})) if found.cursor else "",
            "first_url": str(here.with_query(query)) if "cursor" in request.query else "",
            **_words(),
        },
    )


async def overview_page(request: web.Request) -> web.StreamResponse:
    """Show a customer's profile."""
    app, actor = app_of(request), actor_of(request)
    actor.require(CUSTOMER_READ)
    customers = app.get(CustomerService)
    customer = await _customer(request)
    values = {
        "addresses": await customers.addresses(customer.id),
        "address_labels": address_labels(),
        "topics": [
            (
                _(topic.label),
                wants(customer, topic.name, MessageChannel.DM),
                wants(customer, topic.name, MessageChannel.EMAIL),
            )
            for topic in customers.topics()
        ],
        "may_ask_email": actor.may(CUSTOMER_UPDATE) and app.mail.enabled,
    }
    return _show(request, customer, OVERVIEW, "customers/overview.html", values)


async def ask_email(request: web.Request) -> web.StreamResponse:
    """Send the customer a link that confirms the address on file."""
    customer = await _customer(request)
    email = await app_of(request).get(CustomerService).ask_email(actor_of(request), customer.id)
    flash(request, _("A link is on its way to {email}.").format(email=email))
    raise redirect(request, f"customer/{customer.id}")


async def tab_page(request: web.Request) -> web.StreamResponse:
    """Show one of the tabs that plugins add, read only now."""
    actor = actor_of(request)
    actor.require(CUSTOMER_READ)
    customer = await _customer(request)
    name = request.match_info["tab"]
    for plugin, tab in _tabs(request):
        if tab.name == name:
            try:
                with isolated(plugin, f"customer tab {name}"):
                    return _show(request, customer, name, tab.template, await tab.load(actor, customer))
            except PluginFailed as failed:
                return _show(request, customer, name, "customers/failed.html", {"problem": failed.part})
    raise NotFound(_("A customer has no tab called “{name}” here.").format(name=name[:40]))


async def _customer(request: web.Request) -> Customer:
    try:
        key = UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(_("There is no such customer in this shop.")) from None
    return await app_of(request).get(CustomerService).get(key)


def _tabs(request: web.Request) -> list[tuple[str, CustomerTab]]:
    return list(app_of(request).get(CustomerTabs).for_actor(actor_of(request)))


def _show(
    request: web.Request, customer: Customer, tab: str, template: str, values: Mapping[str, object]
) -> web.StreamResponse:
    base = page_url(request, f"customer/{customer.id}")
    tabs = [(_("Overview"), base, tab == OVERVIEW)]
    tabs += [(_(one.title), f"{base}/{one.name}", tab == one.name) for _plugin, one in _tabs(request)]
    return render(
        request,
        "customers/detail.html",
        {**values, "customer": customer, "tabs": tabs, "panel": template, **_words()},
    )


def _words() -> dict[str, object]:
    return {
        "status_labels": {one: _(label) for one, label in STATUS_LABELS.items()},
        "type_labels": {one: _(label) for one, label in TYPE_LABELS.items()},
        "status_tones": TONES,
    }


PAGES = [
    Page("customer", list_page, CUSTOMER_READ, label=lazy("Customers"), position=30, icon="customers"),
    Page("customer/{id}", overview_page, CUSTOMER_READ),
    Page("customer/{id}/ask-email", ask_email, CUSTOMER_UPDATE, methods=("POST",)),
    Page("customer/{id}/{tab}", tab_page, CUSTOMER_READ),
]
