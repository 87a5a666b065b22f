"""The page on which staff make an order for a customer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from aiohttp import web

from guildshop.errors import Invalid, Refusal
from guildshop.i18n import _
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import CUSTOMER_READ, AddressInput, Customer, address_labels
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import SHIPPING_STEP, Channel, NewOrder, OrdersSettings, Question, WantedItem
from guildshop.plugins.orders.service import OrderService, StaffOrders
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, read_form, redirect, render

ROWS = 8
"""How many items the form takes at once; more are added on the page of the order."""
FOUND = 10
NEW_ADDRESS = "new"
ANSWER = "answer-"
"""What the fields of answers are called, before the question's name, a dot, and the field's."""
ADDRESS = "address-"


async def new_page(request: web.Request) -> web.StreamResponse:
    """Ask whom the order is for, then what is in it."""
    app, actor = app_of(request), actor_of(request)
    actor.require(CUSTOMER_READ)
    wanted = request.query.get("for", "").strip()[:100]
    if not wanted:
        return render(request, "orders/new_customer.html", {"text": "", "found": (), "searched": False})
    customers = app.get(CustomerService)
    try:
        customer = await customers.get(UUID(wanted))
    except ValueError:
        found = await customers.find(actor, wanted, limit=FOUND)
        return render(request, "orders/new_customer.html", {"text": wanted, "found": found, "searched": True})
    return await _form(request, customer, {})


async def new_act(request: web.Request) -> web.StreamResponse:
    """Show what the order comes to, or make it."""
    app, actor, form = app_of(request), actor_of(request), await read_form(request)
    actor.require(CUSTOMER_READ)
    try:
        customer = await app.get(CustomerService).get(UUID(form.get("customer", "")))
    except ValueError:
        raise redirect(request, "order/new") from None
    try:
        wanted = _read(customer, form)
        staff = app.get(StaffOrders)
        if form.get("do") != "create":
            return await _form(request, customer, form, quote=await staff.quote(actor, wanted))
        order = await staff.create(actor, wanted)
    except Refusal as refusal:
        return await _form(request, customer, form, problem=refusal.message)
    flash(request, _("Order {number} is made.").format(number=order.number))
    raise redirect(request, f"order/{order.number}")


async def _form(
    request: web.Request, customer: Customer, form: Mapping[str, str], *, problem: str = "", quote: Any = None
) -> web.Response:
    app, actor = app_of(request), actor_of(request)
    settings = app.stores.settings(actor.store, OrdersSettings)
    methods = app.get(OrderService).methods.enabled(actor.store)
    products = await app.get(CatalogService).autocomplete("", frozenset())
    saved = await app.get(CustomerService).addresses(customer.id)
    return render(
        request,
        "orders/new_order.html",
        {
            "customer": customer,
            "customer_name": _name(customer),
            "form": form,
            "problem": problem,
            "quote": quote,
            "asked": await _asked(request, customer, form),
            "answer_prefix": ANSWER,
            "options": lambda choices: [("", "–"), *((one.value, one.label) for one in choices)],
            "rows": range(1, ROWS + 1),
            "products": [(product.sku, product.name) for product in products],
            "methods": [(method.code, method.label) for method in methods],
            "shipping_types": [("", "–"), *((kind.code, kind.label) for kind in settings.shipping_types)],
            "addresses": [
                *((str(one.id), ", ".join((one.recipient, one.street, one.city))) for one in saved),
                (NEW_ADDRESS, _("Another address")),
            ],
            "labels": address_labels(),
            "address_prefix": ADDRESS,
        },
        status=422 if problem else 200,
    )


async def _asked(request: web.Request, customer: Customer, form: Mapping[str, str]) -> list[Question]:
    """Return what the checkout asks of the order as far as it is filled in; nothing of one without items."""
    if not form:
        return []
    with suppress(Refusal):
        asked = await app_of(request).get(StaffOrders).asks(actor_of(request), _read(customer, form))
        return [question for question in asked if question.step != SHIPPING_STEP]
    return []


def _answers(form: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the answers by question: the choice that was made, else what was written."""
    found: dict[str, dict[str, str]] = {}
    for name, value in form.items():
        if name.startswith(ANSWER) and value:
            question, _dot, field = name.removeprefix(ANSWER).partition(".")
            found.setdefault(question, {})[field] = value
    return {name: {"value": given["value"]} if "value" in given else given for name, given in found.items()}


def _read(customer: Customer, form: Mapping[str, str]) -> NewOrder:
    items = [
        WantedItem(form[f"sku-{row}"], rules.check_quantity(form.get(f"quantity-{row}") or "1"))
        for row in range(1, ROWS + 1)
        if form.get(f"sku-{row}")
    ]
    given = {name: form.get(f"{ADDRESS}{name}", "") for name in address_labels()}
    chosen = form.get("address", "")
    try:
        saved = None if chosen in {"", NEW_ADDRESS} else UUID(chosen)
    except ValueError:
        raise Invalid.field("address", _("Choose an address of the list.")) from None
    return NewOrder(
        customer=customer.id,
        items=items,
        channel=Channel.WEB,
        payment_method=form.get("payment_method", ""),
        address_id=saved,
        address=AddressInput(**given) if saved is None and given["street"] else None,
        shipping_type=form.get("shipping_type", ""),
        answers=_answers(form),
        note=form.get("note", ""),
    )


def _name(customer: Customer) -> str:
    full = f"{customer.first_name} {customer.last_name}".strip()
    return customer.display_name or full or customer.username or customer.email
