"""The page of the sales tax: orders to be reviewed, product tax codes, and customers who pay none."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from uuid import UUID

from aiohttp import web

from guildshop.errors import NotFound, Refusal
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.taxjar.api import TAX_READ, TAX_UPDATE, Exemption, TaxJarSettings
from guildshop.plugins.taxjar.service import TaxService
from guildshop.web.again import show_again
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, read_form, redirect, render

EXEMPTIONS: Mapping[Exemption, str] = {
    Exemption.WHOLESALE: lazy("Wholesale"),
    Exemption.GOVERNMENT: lazy("Government"),
    Exemption.OTHER: lazy("Other"),
}


async def show(request: web.Request) -> web.StreamResponse:
    """Show what waits for a review, and what TaxJar is told of products and customers."""
    app, actor = app_of(request), actor_of(request)
    service = app.get(TaxService)
    settings = app.stores.settings(store_of(request).id, TaxJarSettings)
    labels = {one: _(label) for one, label in EXEMPTIONS.items()}
    return render(
        request,
        "taxjar/tax.html",
        {
            "flagged": await service.flagged(actor),
            "codes": await service.all_codes(actor),
            "exemptions": await service.all_exemptions(actor),
            "labels": labels,
            "choices": [(one.value, label) for one, label in labels.items()],
            "wanted": settings.wanted,
            "complete": settings.complete,
            "blocks": settings.when_unavailable == "block",
        },
    )


async def review(request: web.Request) -> web.StreamResponse:
    """Note that somebody looked at the tax of an order."""
    service, form = app_of(request).get(TaxService), await read_form(request)
    return await _do(request, service.review(actor_of(request), _key(form.get("order", ""))), _("Marked as reviewed."))


async def set_code(request: web.Request) -> web.StreamResponse:
    """Give a product a tax code, or take it off."""
    service, actor, form = app_of(request).get(TaxService), actor_of(request), await read_form(request)

    async def change() -> None:
        actor.require(TAX_UPDATE)
        await service.set_code(actor, await service.find_product(form.get("product", "")), form.get("code", ""))

    return await _do(request, change(), _("Saved. It applies to the next quote."))


async def set_exemption(request: web.Request) -> web.StreamResponse:
    """Say that a customer pays no sales tax, or that they do."""
    service, actor, form = app_of(request).get(TaxService), actor_of(request), await read_form(request)

    async def change() -> None:
        actor.require(TAX_UPDATE)
        text, chosen = form.get("customer", ""), form.get("exemption", "")
        exemption = Exemption(chosen) if chosen in set(Exemption) else None
        given = form.get("id", "")
        customers = app_of(request).get(CustomerService)
        customer = _key(given) if given else (await customers.find_one(actor, text)).id
        await service.set_exemption(actor, customer, exemption)

    return await _do(request, change(), _("Saved. It applies to the next quote."))


async def _do(request: web.Request, doing: Awaitable[None], done: str) -> web.StreamResponse:
    try:
        await doing
    except Refusal as refusal:
        return await show_again(request, show, refusal)
    flash(request, done)
    raise redirect(request, "tax")


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("There is no such thing in this store.")) from None


PAGES = [
    Page("tax", show, TAX_READ, label=lazy("Sales tax"), position=45, icon="tax", shortcut="v"),
    Page("tax/review", review, TAX_UPDATE, methods=("POST",)),
    Page("tax/code", set_code, TAX_UPDATE, methods=("POST",)),
    Page("tax/exemption", set_exemption, TAX_UPDATE, methods=("POST",)),
]
