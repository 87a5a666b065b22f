"""The list of customers: figures with their trends, search and filters, tags for several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from aiohttp import web
from yarl import URL

from guildshop.app import App
from guildshop.errors import Invalid
from guildshop.i18n import _, grouped, ngettext, percent
from guildshop.jobs import MOST_SUBJECTS
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import (
    OFFERED_TAGS,
    CustomerChoice,
    CustomerFilter,
    CustomerSort,
    CustomerStatus,
    CustomerType,
)
from guildshop.plugins.customers.pages.words import SORT_LABELS, STATUS_LABELS, TYPE_LABELS, words
from guildshop.plugins.customers.rules import Metrics, clean_tags, trend
from guildshop.plugins.customers.service import CustomerActions, CustomerMetrics, CustomerService
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, page_url, read_form, redirect, render

PAGE_SIZE = 50
CHOSEN = "customer-"
"""What the check box of a customer is called, before their ID."""
UNDEFINED = "—"


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: what it is called, how it is defined, and the points of its line."""

    title: str
    definition: str
    figure: str
    trend: str


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show the figures, and the customers that fit the filters."""
    app, actor = app_of(request), actor_of(request)
    customers = app.get(CustomerService)
    added = customers.choices(actor.store)
    typed, wanted = _filter(added, request.query)
    sort = CustomerSort(typed["sort"]) if typed["sort"] in CustomerSort.__members__ else CustomerSort.CREATED
    cursor = request.query.get("cursor", "")
    found, cards = await asyncio.gather(
        customers.list_customers(actor, wanted, cursor=cursor, limit=PAGE_SIZE, sort=sort), _cards(app, actor)
    )
    # Where all of them are on one page, nothing is searched a second time.
    count = await customers.count(actor, wanted) if cursor or found.cursor else len(found.items)
    query = {name: value for name, value in typed.items() if value}
    here = URL(page_url(request, "customer"))
    return render(
        request,
        "customers/list.html",
        {
            "cards": cards,
            "customers": found.items,
            "row_actions": await app.get(CustomerActions).of(actor, found.items),
            "total": count,
            "count": f"{grouped(count - 1)}+" if count > 1000 else grouped(count),
            "filters": typed,
            "filtered": bool(query.keys() - {"sort"}),
            "statuses": [("", _("All Status")), *((one.value, _(label)) for one, label in STATUS_LABELS.items())],
            "types": [("", _("All Types")), *((one.value, _(label)) for one, label in TYPE_LABELS.items())],
            "added": [
                (choice.name, _(choice.label), [("", _(choice.everything)), *await choice.choices()])
                for choice in added
            ],
            "sorts": [(one.value, _(label)) for one, label in SORT_LABELS.items()],
            "offered_tags": ", ".join(OFFERED_TAGS),
            "chosen": CHOSEN,
            "here": URL.build(query=query).raw_query_string,
            "next_url": str(here.with_query({**query, "cursor": found.cursor})) if found.cursor else "",
            "first_url": str(here.with_query(query)) if cursor else "",
            **words(),
        },
    )


async def tag_customers(request: web.Request) -> web.StreamResponse:
    """Add and remove tags of the customers that were ticked."""
    form = await read_form(request)
    try:
        chosen = [UUID(name.removeprefix(CHOSEN)) for name in form if name.startswith(CHOSEN)]
    except ValueError:
        raise Invalid(_("There is no such customer in this shop.")) from None
    add, remove = _tags(form.get("add", "")), _tags(form.get("remove", ""))
    if form.get("all") and (add or remove):
        raise await _tag_all(request, form, add, remove)
    if not chosen or not (add or remove):
        raise Invalid(_("Tick customers, and write a tag to add or to remove. Nothing was changed."))
    count = await app_of(request).get(CustomerService).tag(actor_of(request), chosen, add=add, remove=remove)
    told = ngettext("The tags of {n} customer were changed.", "The tags of {n} customers were changed.", count)
    flash(request, told.format(n=grouped(count)))
    query = URL.build(query_string=form.get("query", "")[:1000]).raw_query_string
    raise redirect(request, f"customer?{query}" if query else "customer")


async def _tag_all(
    request: web.Request, form: Mapping[str, str], add: Sequence[str], remove: Sequence[str]
) -> web.HTTPSeeOther:
    """Write down all customers that fit the filters, also those on other pages, and lead to where it is begun."""
    app, actor = app_of(request), actor_of(request)
    customers = app.get(CustomerService)
    query = URL.build(query_string=form.get("query", "")[:1000]).query
    _typed, wanted = _filter(customers.choices(actor.store), query)
    fitting = await customers.matching(actor, wanted, MOST_SUBJECTS + 1)
    arguments = {"add": ",".join(clean_tags(add)), "remove": ",".join(remove)}
    job = await app.jobs.begin_bulk(actor, "customers.tag", fitting, arguments)
    return redirect(request, f"job/{job.id}")


def _filter(added: Sequence[CustomerChoice], query: Mapping[str, str]) -> tuple[dict[str, str], CustomerFilter]:
    """Return what was typed, and the filter that it means."""
    names = ("text", "status", "type", "tag", *(choice.name for choice in added), "sort")
    typed = {name: query.get(name, "").strip()[:100] for name in names}
    return typed, CustomerFilter(
        text=typed["text"],
        status=CustomerStatus(typed["status"]) if typed["status"] in CustomerStatus.__members__ else None,
        type=CustomerType(typed["type"]) if typed["type"] in CustomerType.__members__ else None,
        tag=typed["tag"],
        choices={choice.name: typed[choice.name] for choice in added if typed[choice.name]},
    )


async def _cards(app: App, actor: Actor) -> list[Card]:
    metrics = app.get(CustomerMetrics)
    now = await metrics.recent(actor)
    history = await metrics.history(actor)

    def line(of: Callable[[Metrics], Decimal | int | None]) -> str:
        return trend([(day, of(then)) for day, then in history])

    share = now.retention
    retention = UNDEFINED if share is None else percent(share / 100)
    return [
        Card(
            _("Total Customers"),
            _("Registered customers: linked to a Discord member or a user. Erased ones are not counted."),
            grouped(now.registered),
            line(lambda then: then.registered),
        ),
        Card(
            _("Active Customers"),
            _("Customers who paid an order or used the shop this month, in the store's time zone."),
            grouped(now.active),
            line(lambda then: then.active),
        ),
        Card(
            _("Avg Customer Value"),
            _("What customers paid less what was refunded, divided by the customers with at least one paid order."),
            UNDEFINED if now.average is None else format_money(now.average, now.currency),
            line(lambda then: then.average),
        ),
        Card(
            _("Retention Rate"),
            _("Customers with two or more paid orders, divided by those with one or more."),
            retention,
            line(lambda then: then.retention),
        ),
    ]


def _tags(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
