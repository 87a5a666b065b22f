"""Categories, product lists and panels."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aiohttp import web

from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.i18n import _
from guildshop.plugins.catalog.api import PRODUCT_UPDATE
from guildshop.plugins.catalog.pages.products import service_of, words
from guildshop.web.again import show_again
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, form_version, read_form, redirect, render

if TYPE_CHECKING:
    from guildshop.plugins.catalog.api import ProductList


async def shelves_page(request: web.Request) -> web.StreamResponse:
    """Show the categories, the lists, and where panels are."""
    service = service_of(request)
    lists = await service.product_lists()
    names = {one.id: one.name for one in lists}
    guild_id, bot = store_of(request).guild_id, app_of(request).bot
    guild = bot.get_guild(guild_id) if bot is not None and guild_id is not None else None
    panels = []
    for panel in await service.panels():
        channel = guild.get_channel(panel.channel_id) if guild is not None else None
        shelf = names.get(panel.product_list, "") if panel.product_list else _("All products")
        panels.append((f"#{channel.name}" if channel is not None else str(panel.channel_id), shelf, panel))
    return render(
        request,
        "catalog/shelves.html",
        {
            "categories": await service.categories(),
            "lists": lists,
            "panels": panels,
            "may_change": actor_of(request).may(PRODUCT_UPDATE),
        },
    )


async def save_category(request: web.Request) -> web.StreamResponse:
    """Add a category, or rename, move or delete one."""
    service, actor, typed = service_of(request), actor_of(request), await read_form(request)
    try:
        if not typed.get("id"):
            made = await service.create_category(actor, typed.get("name", ""), _position(typed.get("position", "")))
            flash(request, _("The category {name} was added.").format(name=made.name))
        elif typed.get("do") == "delete":
            await service.delete_category(actor, _key(typed["id"]))
            flash(request, _("The category was deleted."))
        else:
            name, position = typed.get("name", ""), _position(typed.get("position", ""))
            saved = await service.change_category(actor, _key(typed["id"]), name=name, position=position)
            flash(request, _("The category {name} was saved.").format(name=saved.name))
    except Refusal as refusal:
        return await show_again(request, shelves_page, refusal)
    raise redirect(request, "product-list")


async def remove_panel(request: web.Request) -> web.StreamResponse:
    """Take a panel off its channel."""
    try:
        await service_of(request).remove_panel(actor_of(request), _key(request.match_info["id"]))
        flash(request, _("The panel was taken off. Its message disappears in a moment."))
    except Refusal as refusal:
        flash(request, refusal.message, "error")
    raise redirect(request, "product-list")


async def create_list(request: web.Request) -> web.StreamResponse:
    """Add an empty list and open it."""
    typed = await read_form(request)
    try:
        made = await service_of(request).create_list(actor_of(request), typed.get("name", ""))
    except Refusal as refusal:
        return await show_again(request, shelves_page, refusal)
    flash(request, _("The list {name} was added. Put products into it.").format(name=made.name))
    raise redirect(request, f"product-list/{made.id}")


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show a list with its products."""
    found = await _list(request)
    products = await service_of(request).list_items(found.id)
    typed = "\n".join(product.sku for product in products)
    return await _show(request, found, {"name": found.name, "position": str(found.position), "products": typed})


async def save_list(request: web.Request) -> web.StreamResponse:
    """Rename a list and put products into it, in the order in which their SKUs stand."""
    found, typed = await _list(request), await read_form(request)
    service, actor = service_of(request), actor_of(request)
    version = form_version(typed) or 0
    try:
        products = [(await service.look_up(sku)).id for sku in typed.get("products", "").split()]
        saved = await service.set_list_items(actor, found.id, products, version=version)
        await service.change_list(
            actor, found.id, name=typed.get("name", ""), position=_position(typed.get("position", ""))
        )
    except Refusal as refusal:
        return await _show(request, found, {**dict.fromkeys(("name", "position", "products"), ""), **typed}, refusal)
    flash(request, _("The list {name} was saved.").format(name=saved.name))
    raise redirect(request, f"product-list/{found.id}")


async def delete_list(request: web.Request) -> web.StreamResponse:
    """Delete a list; its products stay."""
    found = await _list(request)
    await service_of(request).delete_list(actor_of(request), found.id)
    flash(request, _("The list {name} was deleted. Its products stay.").format(name=found.name))
    raise redirect(request, "product-list")


async def _show(
    request: web.Request, found: ProductList, values: dict[str, str], refusal: Refusal | None = None
) -> web.StreamResponse:
    errors = {error.field: error.message for error in refusal.errors} if isinstance(refusal, Invalid) else {}
    return render(
        request,
        "catalog/one_list.html",
        {
            "list": found,
            "values": values,
            "errors": errors,
            "problem": refusal.message if refusal is not None and not errors else "",
            "products": await service_of(request).list_items(found.id),
            "may_change": actor_of(request).may(PRODUCT_UPDATE),
            **words(),
        },
        status=200 if refusal is None else 422,
    )


async def _list(request: web.Request) -> ProductList:
    return await service_of(request).product_list(_key(request.match_info["id"]))


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("There is nothing of that ID in this shop.")) from None


def _position(text: str) -> int:
    digits = text.strip().removeprefix("-")
    if not digits:
        return 0
    if not (digits.isascii() and digits.isdigit() and len(digits) < 6):
        raise Invalid.field("position", _("“{text}” is no position. Write a whole number.").format(text=text[:40]))
    return -int(digits) if text.strip().startswith("-") else int(digits)
