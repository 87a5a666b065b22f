"""The pages of the workspace: what the store owes, the form for one customer, and the tab on a customer's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from aiohttp import web
from yarl import URL

from guildshop.errors import Invalid, Refusal
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy
from guildshop.money import format_money, parse_money
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CUSTOMER_READ, Customer, CustomerAction, CustomerTab
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.store_credit.api import CREDIT_READ, CREDIT_UPDATE, REASON_LENGTH, CreditAction
from guildshop.plugins.store_credit.labels import kind_label
from guildshop.plugins.store_credit.service import CreditService
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, form_key, page_url, read_form, redirect, render
from guildshop.web.sheets import stream_sheet

if TYPE_CHECKING:
    from guildshop.app import App

PAGE_SIZE = 50
NO_ERRORS = {"amount": "", "reason": ""}


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show what the store owes in all, and to whom."""
    service, actor = app_of(request).get(CreditService), actor_of(request)
    found = await service.list_accounts(actor, cursor=request.query.get("cursor", ""), limit=PAGE_SIZE)
    here = page_url(request, "credit")
    return render(
        request,
        "store_credit/list.html",
        {
            "accounts": found.items,
            "owed": await service.owed(),
            "active": service.active(actor.store),
            "next_url": str(URL(here).with_query({"cursor": found.cursor})) if found.cursor else "",
            "first_url": here if "cursor" in request.query else "",
        },
    )


async def export_page(request: web.Request) -> web.StreamResponse:
    """Send what the store owes as CSV."""
    service, actor = app_of(request).get(CreditService), actor_of(request)
    actor.require(CREDIT_READ)
    columns = ("account_number", "customer", "email", "credit", "currency")
    return await stream_sheet(request, "store-credit.csv", columns, service.export_owed(actor))


async def form_page(request: web.Request) -> web.StreamResponse:
    """Show a customer's credit with the form that changes it."""
    return await _form(request, await _customer(request), {"key": str(uuid4())})


async def adjust(request: web.Request) -> web.StreamResponse:
    """Top up or reduce; show the form again, as it was typed, where something is wrong."""
    app, actor, customer = app_of(request), actor_of(request), await _customer(request)
    typed = await read_form(request)
    currency = store_of(request).currency
    try:
        action = _action(typed.get("action", ""))
        currency = typed.get("currency", "") or currency
        amount = parse_money(typed.get("amount", ""), currency)
        account = await app.get(CreditService).adjust(
            actor,
            customer.id,
            action,
            amount,
            typed.get("reason", ""),
            currency=currency,
            key=form_key(typed),
        )
    except Refusal as refusal:
        return await _form(request, customer, typed, refusal)
    told = _("Topped up by {amount}.") if action is CreditAction.TOP_UP else _("Reduced by {amount}.")
    balance = _("Current Credit: {balance}.").format(balance=format_money(account.balance, account.currency))
    flash(request, f"{told.format(amount=format_money(amount, account.currency))} {balance}")
    raise redirect(request, f"customer/{customer.id}/credit" if actor.may(CUSTOMER_READ) else f"credit/{customer.id}")


def customer_tab(app: App) -> CustomerTab:
    """Return the tab of a customer's page with the credit and the form that changes it."""

    async def load(actor: Actor, customer: Customer) -> Mapping[str, Any]:
        return await _shown(app, actor, customer, {"key": str(uuid4())})

    return CustomerTab("credit", lazy("Credit"), CREDIT_READ, "store_credit/customer_tab.html", load, position=31)


def customer_action(app: App) -> CustomerAction:
    """Return the action in each row of the list of customers."""

    async def offered(customers: Any) -> set[UUID]:
        service = app.get(CreditService)
        return {customer.id for customer in customers if service.active(customer.store)}

    return CustomerAction(
        name="credit",
        label=lazy("Adjust credit"),
        permission=CREDIT_UPDATE,
        path=lambda customer: f"credit/{customer.id}",
        offered=offered,
        icon="payments",
        position=31,
    )


# Within


async def _customer(request: web.Request) -> Customer:
    return await app_of(request).get(CustomerService).at(request.match_info["id"])


async def _form(
    request: web.Request, customer: Customer, values: Mapping[str, str], refusal: Refusal | None = None
) -> web.StreamResponse:
    errors = {error.field: error.message for error in refusal.errors} if isinstance(refusal, Invalid) else {}
    shown = await _shown(app_of(request), actor_of(request), customer, values)
    problem = refusal.message if refusal is not None and not errors.keys() & {"amount", "reason"} else ""
    return render(
        request,
        "store_credit/customer.html",
        {**shown, "customer": customer, "errors": {**NO_ERRORS, **errors}, "problem": problem},
        status=200 if refusal is None else refusal.status,
    )


async def _shown(app: App, actor: Actor, customer: Customer, values: Mapping[str, str]) -> dict[str, Any]:
    service, currency = app.get(CreditService), app.stores.get(actor.store).currency
    balances = {one.currency: one.balance for one in await service.accounts_of(customer.id)}
    return {
        "balances": {currency: balances.pop(currency, 0), **{code: left for code, left in balances.items() if left}},
        "entries": await service.entries(customer.id),
        "kind_label": kind_label,
        "active": service.active(actor.store),
        "may_adjust": actor.may(CREDIT_UPDATE),
        "values": {**dict.fromkeys(("key", "currency", "amount", "reason"), ""), **values},
        "errors": NO_ERRORS,
        "problem": "",
        "reason_length": REASON_LENGTH,
    }


def _action(typed: str) -> CreditAction:
    try:
        return CreditAction(typed)
    except ValueError:
        raise Invalid.field("action", _("Choose Top Up or Reduce.")) from None


PAGES = [
    Page("credit", list_page, CREDIT_READ, label=lazy("Store credit"), position=43, icon="payments", shortcut="k"),
    Page("credit/export.csv", export_page, CREDIT_READ),
    Page("credit/{id}", form_page, CREDIT_READ),
    Page("credit/{id}", adjust, CREDIT_UPDATE, methods=("POST",)),
]
