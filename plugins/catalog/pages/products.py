"""Products: the list, one with its form, variants, images and stock, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from aiohttp import web
from markupsafe import Markup
from yarl import URL

from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.i18n import _, pgettext
from guildshop.importing import import_kind
from guildshop.isolation import PluginFailed, isolated
from guildshop.paging import Slice
from guildshop.plugins.catalog.api import (
    PRODUCT_UPDATE,
    MovementKind,
    Product,
    ProductChange,
    ProductFilter,
    ProductKind,
    ProductState,
    QuantityVisibility,
)
from guildshop.plugins.catalog.api.stock import reason_text
from guildshop.plugins.catalog.pages.forms import NAMES, blank, product_change, product_input, values_of, variant_input
from guildshop.plugins.catalog.rules import parse_quantity
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.catalog.views.staff import state_label, stock_line
from guildshop.web.again import show_again
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, form_version, page_url, read_form, redirect, render, render_part
from guildshop.web.sheets import stream_sheet

PAGE_SIZE = 50
HISTORY_SIZE = 100
TONES = {ProductState.DRAFT: "warn", ProductState.PUBLISHED: "good", ProductState.INACTIVE: "neutral"}


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show the products that fit the filters, by name."""
    actor, service = actor_of(request), service_of(request)
    names = ("text", "state", "category", "list", "short")
    typed = {name: request.query.get(name, "").strip()[:100] for name in names}
    wanted = ProductFilter(
        text=typed["text"],
        state=ProductState(typed["state"]) if typed["state"] in ProductState.__members__ else None,
        category=_key(typed["category"]),
        product_list=_key(typed["list"]),
        short=bool(typed["short"]),
    )
    found = await service.product_slice(actor, wanted, cursor=request.query.get("cursor", ""), limit=PAGE_SIZE)
    query = {name: value for name, value in typed.items() if value}
    here = URL(page_url(request, "product"))
    categories = [(str(one.id), one.name) for one in await service.categories()]
    lists = [(str(one.id), one.name) for one in await service.product_lists()]
    return render(
        request,
        "catalog/list.html",
        {
            "products": found.items,
            "filters": typed,
            "filtered": bool(query),
            "states": [("", _("All states")), *((state.value, state_label(state)) for state in ProductState)],
            "categories": [("", _("All categories")), *categories],
            "category_names": dict(categories),
            "lists": [("", _("All lists")), *lists],
            "next_url": str(here.with_query({**query, "cursor": found.cursor})) if found.cursor else "",
            "first_url": str(here.with_query(query)) if "cursor" in request.query else "",
            **words(),
        },
    )


async def export_page(request: web.Request) -> web.StreamResponse:
    """Send every product as CSV, in the columns that the import takes."""
    actor = actor_of(request)
    actor.require(PRODUCT_UPDATE)
    kind = import_kind(app_of(request), "products")
    return await stream_sheet(request, "products.csv", list(kind.columns), service_of(request).export_products(actor))


async def new_page(request: web.Request) -> web.StreamResponse:
    """Show the form of a new product."""
    return await _form(request, None, blank(store_of(request).currency))


async def create(request: web.Request) -> web.StreamResponse:
    """Make the product, as a draft."""
    typed = await read_form(request)
    store = store_of(request)
    try:
        given = product_input(typed, store.currency)
        service, actor = service_of(request), actor_of(request)
        product = await (service.create_product(actor, given) if given.sku else service.create_draft(actor, given))
    except Refusal as refusal:
        return await _form(request, None, {**blank(store.currency), **typed}, refusal)
    flash(request, _("{product} is a draft. Publish it when it is complete.").format(product=product.name))
    raise redirect(request, f"product/{product.id}")


async def product_page(request: web.Request) -> web.StreamResponse:
    """Show a product with everything about it, and what can be done."""
    product = await product_of(request)
    cost = None
    if actor_of(request).may(PRODUCT_UPDATE):
        cost = await service_of(request).cost_of(actor_of(request), product.id)
    return await _form(request, product, values_of(product, cost))


async def save(request: web.Request) -> web.StreamResponse:
    """Change the product as the form says, unless somebody else changed it since it was opened."""
    product, typed = await product_of(request), await read_form(request)
    version = form_version(typed) or 0
    try:
        change = product_change(typed, product)
        changed = await service_of(request).change_product(actor_of(request), product.id, change, version=version)
    except Refusal as refusal:
        return await _form(request, product, {**values_of(product, None), "tracked": "", **typed}, refusal)
    flash(request, _("{product} was saved.").format(product=changed.name))
    raise redirect(request, f"product/{changed.id}")


async def add_variant(request: web.Request) -> web.StreamResponse:
    """Add a variant to a product."""
    product, typed = await product_of(request), await read_form(request)
    try:
        given = variant_input(typed, product.currency)
        variant = await service_of(request).add_variant(actor_of(request), product.id, given)
        flash(request, _("{product} can be ordered now.").format(product=variant.name))
    except Refusal as refusal:
        return await show_again(request, product_page, refusal)
    raise redirect(request, f"product/{product.id}")


async def change_state(request: web.Request) -> web.StreamResponse:
    """Publish, hide, take out of the shop or take back into it."""
    product, typed = await product_of(request), await read_form(request)
    service, actor = service_of(request), actor_of(request)
    changes = {
        "publish": ProductChange(published=True),
        "hide": ProductChange(published=False),
        "stop": ProductChange(active=False),
        "start": ProductChange(active=True),
    }
    change = changes.get(typed.get("do", ""))
    if change is None:
        raise Invalid(_("There is nothing called “{name}” to do.").format(name=typed.get("do", "")[:40]))
    try:
        changed = await service.change_product(actor, product.id, change)
        flash(
            request,
            _("{product} is now: {state}.").format(product=changed.name, state=state_label(changed.state)),
        )
    except Refusal as refusal:
        flash(request, refusal.message, "error")
    raise redirect(request, f"product/{product.id}")


async def restock(request: web.Request) -> web.StreamResponse:
    """Add pieces that arrived."""
    product, typed = await product_of(request), await read_form(request)
    try:
        quantity = parse_quantity(typed.get("quantity", ""))
        after = await service_of(request).restock(actor_of(request), product.id, quantity, typed.get("reason", ""))
        flash(request, _("{product}: {stock}.").format(product=after.name, stock=stock_line(after)))
    except Refusal as refusal:
        return await show_again(request, product_page, refusal)
    raise redirect(request, f"product/{product.id}")


async def adjust(request: web.Request) -> web.StreamResponse:
    """Correct the stock, with a reason."""
    product, typed = await product_of(request), await read_form(request)
    change = typed.get("change", "").replace("−", "-")
    try:
        number = parse_quantity(change.removeprefix("-").removeprefix("+"), least=0)
        number = -number if change.startswith("-") else number
        after = await service_of(request).adjust(actor_of(request), product.id, number, typed.get("reason", ""))
        flash(request, _("{product}: {stock}.").format(product=after.name, stock=stock_line(after)))
    except Refusal as refusal:
        return await show_again(request, product_page, refusal)
    raise redirect(request, f"product/{product.id}")


async def stock_page(request: web.Request) -> web.StreamResponse:
    """Show the whole stock ledger of a product, newest first."""
    product, service, actor = await product_of(request), service_of(request), actor_of(request)
    cursor = request.query.get("cursor", "")
    found = await service.stock_history(actor, product.id, cursor=cursor, limit=HISTORY_SIZE)
    here = URL(page_url(request, f"product/{product.id}/stock"))
    return render(
        request,
        "catalog/stock.html",
        {
            "product": product,
            "movements": found.items,
            "next_url": str(here.with_query(cursor=found.cursor)) if found.cursor else "",
            "first_url": str(here) if cursor else "",
            **words(),
        },
    )


def words() -> dict[str, Any]:
    """Return what the templates of products say."""
    kinds = {
        MovementKind.ADJUSTMENT: _("Adjusted"),
        MovementKind.RESERVE: _("Reserved"),
        MovementKind.RELEASE: _("Released"),
        MovementKind.SALE: _("Sold"),
        MovementKind.RESTOCK: _("Restocked"),
        MovementKind.RETURN: _("Returned"),
    }
    return {
        "tones": TONES,
        "state_label": state_label,
        "stock_line": stock_line,
        "movement_labels": kinds,
        "reason_text": reason_text,
    }


def service_of(request: web.Request) -> CatalogService:
    """Return the catalog's service."""
    return app_of(request).get(CatalogService)


async def product_of(request: web.Request) -> Product:
    """Return the product that a request names by its ID or SKU."""
    return await service_of(request).look_up(request.match_info["id"])


async def _form(
    request: web.Request, product: Product | None, values: Mapping[str, str], refusal: Refusal | None = None
) -> web.StreamResponse:
    service, actor = service_of(request), actor_of(request)
    errors = {}
    if isinstance(refusal, Invalid):
        errors = {NAMES.get(error.field, error.field): error.message for error in refusal.errors}
    around: dict[str, Any] = {"variants": [], "movements": [], "waiting": [], "in_lists": [], "parent": None}
    if product is not None:
        movements = await service.stock_history(actor, product.id, limit=8) if not product.variants else Slice(())
        around = {
            "variants": (await service.variants([product.id], listed=False)).get(product.id, []),
            "movements": movements.items,
            "waiting": await service.waiting_list(actor, product.id),
            "in_lists": await service.lists_of(product.id),
            "parent": await service.get(product.parent) if product.parent else None,
        }
    known = {*values, "quantity"}
    return render(
        request,
        "catalog/product.html",
        {
            "product": product,
            "values": values,
            "errors": errors,
            "problem": refusal.message if refusal is not None and not errors.keys() & known else "",
            "may_change": actor.may(PRODUCT_UPDATE),
            "kinds": [
                (ProductKind.DIGITAL.value, _("Digital")),
                (ProductKind.SHIPPED.value, pgettext("product", "Shipped")),
            ],
            "visibilities": [
                (QuantityVisibility.INHERIT.value, _("As the store's settings say")),
                (QuantityVisibility.PUBLIC.value, _("Members see the exact number")),
                (QuantityVisibility.PRIVATE.value, _("Members see In or Out of stock")),
            ],
            "categories": [
                ("", pgettext("category", "None")),
                *((str(one.id), one.name) for one in await service.categories()),
            ],
            "roles": _roles(request),
            "sections": await _sections(request, product) if product is not None and product.parent is None else [],
            **around,
            **words(),
        },
        status=200 if refusal is None else 422,
    )


async def _sections(request: web.Request, product: Product) -> list[Markup]:
    """Draw what plugins add to the page; where one fails, say so in its place."""
    app, actor = app_of(request), actor_of(request)
    found = [
        (plugin, section)
        for plugin, some in app.hooks("register_product_sections")
        for section in some
        if app.stores.enabled(actor.store, plugin) and actor.may(section.permission)
    ]
    drawn: list[Markup] = []
    for plugin, section in sorted(found, key=lambda one: one[1].position):
        try:
            with isolated(plugin, f"product section {section.name}"):
                values = {"section": await section.load(actor, product), "product": product}
                drawn.append(render_part(request, section.template, values))
        except PluginFailed as failed:
            drawn.append(Markup('<p class="card muted" role="alert">{}</p>').format(failed.part))
    return drawn


def _roles(request: web.Request) -> list[tuple[str, int]]:
    """Return the roles of the store's server by name, where the bot sees them."""
    bot, store = app_of(request).bot, store_of(request)
    guild = bot.get_guild(store.guild_id) if bot is not None and store.guild_id is not None else None
    return [(role.name, role.id) for role in reversed(guild.roles) if not role.is_default()] if guild else []


def _key(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound(_("There is nothing of that ID in this shop.")) from None
