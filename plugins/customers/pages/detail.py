"""One customer, with a tab for each subject: read only when it is opened."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from markupsafe import Markup

from guildshop.errors import NotFound
from guildshop.i18n import _
from guildshop.isolation import PluginFailed, isolated
from guildshop.plugins.customers.api import (
    CUSTOMER_READ,
    CUSTOMER_UPDATE,
    Customer,
    CustomerSection,
    CustomerTab,
    MessageChannel,
    address_labels,
)
from guildshop.plugins.customers.pages.words import language_name, words
from guildshop.plugins.customers.service import CustomerService, CustomerTabs
from guildshop.plugins.customers.service.preferences import wants
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, page_url, redirect, render, render_part

OVERVIEW = "overview"


async def overview_page(request: web.Request) -> web.StreamResponse:
    """Show a customer's profile, spending, addresses and preferences."""
    app, actor = app_of(request), actor_of(request)
    actor.require(CUSTOMER_READ)
    customers = app.get(CustomerService)
    customer = await customer_of(request)
    values = {
        "figures": await customers.figures(actor, customer),
        "sections": [
            await _drawn(request, customer, plugin, f"customer section {section.name}", section)
            for plugin, section in app.get(CustomerTabs).sections(actor)
        ],
        "user_name": await customers.user_of(customer) if customer.user else "",
        "language": language_name(customer.locale),
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
    panel = render_part(request, "customers/overview.html", {**values, "customer": customer, **words()})
    return _show(request, customer, OVERVIEW, [panel])


async def tab_page(request: web.Request) -> web.StreamResponse:
    """Show one of the tabs that plugins add, read only now."""
    actor = actor_of(request)
    actor.require(CUSTOMER_READ)
    customer = await customer_of(request)
    name = request.match_info["tab"]
    panels = [
        await _drawn(request, customer, plugin, f"customer tab {name}", tab)
        for plugin, tab in _tabs(request)
        if tab.name == name
    ]
    if not panels:
        raise NotFound(_("A customer has no tab called “{name}” here.").format(name=name[:40]))
    return _show(request, customer, name, panels)


async def _drawn(
    request: web.Request, customer: Customer, plugin: str, what: str, part: CustomerTab | CustomerSection
) -> Markup:
    """Draw what a plugin adds to the page; where it fails, say so in its place."""
    try:
        with isolated(plugin, what):
            values = await part.load(actor_of(request), customer)
            shown = {"section": values} if isinstance(part, CustomerSection) else values
            return render_part(request, part.template, {**shown, "customer": customer, **words()})
    except PluginFailed as failed:
        return render_part(request, "customers/failed.html", {"problem": failed.part})


async def customer_of(request: web.Request) -> Customer:
    """Return the customer whom the page is about."""
    customer = await app_of(request).get(CustomerService).at(request.match_info["id"])
    if customer.merged_into is not None:
        told = _("{number} was merged into this customer.").format(number=customer.account_number)
        flash(request, told, "info")
        raise redirect(request, f"customer/{customer.merged_into}")
    return customer


def _tabs(request: web.Request) -> list[tuple[str, CustomerTab]]:
    return list(app_of(request).get(CustomerTabs).for_actor(actor_of(request)))


def _show(request: web.Request, customer: Customer, tab: str, panels: Sequence[Markup]) -> web.StreamResponse:
    base = page_url(request, f"customer/{customer.id}")
    tabs = [(_("Overview"), base, tab == OVERVIEW)]
    # Plugins that add to one subject are one tab, by its name, called as the first calls it.
    titles: dict[str, str] = {}
    for _plugin, one in _tabs(request):
        titles.setdefault(one.name, _(one.title))
    tabs += [(title, f"{base}/{name}", tab == name) for name, title in titles.items()]
    return render(request, "customers/detail.html", {"customer": customer, "tabs": tabs, "panels": panels, **words()})
