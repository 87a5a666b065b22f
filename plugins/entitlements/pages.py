"""The pages of digital goods: what could not be given, and what each product gives."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web
from aiohttp.web_request import FileField

from guildshop.errors import Invalid, NotFound
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy, ngettext
from guildshop.plugins.catalog.api import PRODUCT_READ, PRODUCT_UPDATE
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.entitlements.api import (
    FILES_A_PRODUCT,
    GOODS,
    LARGEST_FILE,
    LONGEST_TERM,
    kind_label,
    state_label,
)
from guildshop.plugins.entitlements.service import EntitlementService, GoodsService
from guildshop.plugins.orders.service import OrderService
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, read_form, redirect, render

ORDER_READ = "order.read"
ORDER_UPDATE = "order.update"
_POST = ("POST",)


async def show_all(request: web.Request) -> web.StreamResponse:
    """Show what could not be given, and the products that give something."""
    app, actor = app_of(request), actor_of(request)
    sku, unknown = request.query.get("sku", "").strip()[:64], ""
    if sku:
        try:
            product = await app.get(CatalogService).find(sku)
        except NotFound as error:
            unknown = error.message
        else:
            raise redirect(request, f"entitlement/product/{product.id}")
    failed, numbers, store = [], {}, app.stores.get(actor.store)
    if actor.may(ORDER_READ):
        failed = list(await app.get(EntitlementService).failed())[:200]
        for order in {found.order for found in failed}:
            numbers[order] = (await app.get(OrderService).get(order)).number
    return render(
        request,
        "entitlements/list.html",
        {
            "failed": failed,
            "numbers": numbers,
            "names": {
                one.id: "" if one.kind in GOODS else app.messenger.target_name(store, one.target) for one in failed
            },
            "kind_label": kind_label,
            "state_label": state_label,
            "products": await app.get(GoodsService).overview(actor),
            "may_retry": actor.may(ORDER_UPDATE),
            "sku": sku,
            "unknown": unknown,
        },
    )


async def retry(request: web.Request) -> web.StreamResponse:
    """Try a failed one again."""
    await app_of(request).get(EntitlementService).retry(actor_of(request), _id(request, "id"))
    flash(request, _("It is being tried again."))
    raise redirect(request, "entitlement")


async def show_product(request: web.Request) -> web.StreamResponse:
    """Show what one product gives, with the forms that change it."""
    return await _product_page(request, {})


async def set_terms(request: web.Request) -> web.StreamResponse:
    """Set how long its roles last and whether it comes with a key."""
    product, form = _id(request, "id"), await read_form(request)
    try:
        days = form.get("days", "") or "0"
        if not days.isascii() or not days.isdigit() or len(days) > 6:
            raise Invalid.field("days", _("“{value}” is no number of days. Give 0 for ever.").format(value=days[:20]))
        await (
            app_of(request)
            .get(GoodsService)
            .set_terms(actor_of(request), product, int(days), gives_key="gives_key" in form)
        )
    except Invalid as invalid:
        return await _product_page(request, {"errors": _errors(invalid), "typed": form}, status=422)
    flash(request, _("Saved. It holds for orders paid from now on."))
    raise redirect(request, f"entitlement/product/{product}")


async def add_keys(request: web.Request) -> web.StreamResponse:
    """Add licence keys."""
    product, form = _id(request, "id"), await read_form(request)
    try:
        count = (
            await app_of(request)
            .get(GoodsService)
            .add_keys(actor_of(request), product, form.get("keys", ""), restock="restock" in form)
        )
    except Invalid as invalid:
        return await _product_page(request, {"errors": _errors(invalid), "typed": form}, status=422)
    flash(request, ngettext("{count} key was added.", "{count} keys were added.", count).format(count=count))
    raise redirect(request, f"entitlement/product/{product}")


async def remove_key(request: web.Request) -> web.StreamResponse:
    """Delete a key that nobody has yet."""
    await app_of(request).get(GoodsService).remove_key(actor_of(request), _id(request, "key"))
    flash(request, _("The key was deleted."))
    raise redirect(request, f"entitlement/product/{_id(request, 'id')}")


async def add_file(request: web.Request) -> web.StreamResponse:
    """Add a file."""
    product = _id(request, "id")
    field = (await request.post()).get("file")
    try:
        if not isinstance(field, FileField):
            raise Invalid.field("file", _("Choose a file."))
        await (
            app_of(request)
            .get(GoodsService)
            .add_file(actor_of(request), product, field.filename, field.file.read(LARGEST_FILE + 1))
        )
    except Invalid as invalid:
        return await _product_page(request, {"errors": _errors(invalid)}, status=422)
    flash(request, _("The file was added. Who orders the product from now on gets it."))
    raise redirect(request, f"entitlement/product/{product}")


async def remove_file(request: web.Request) -> web.StreamResponse:
    """Take a file off the product."""
    await app_of(request).get(GoodsService).remove_file(actor_of(request), _id(request, "file"))
    flash(request, _("The file was removed. Who bought it keeps it."))
    raise redirect(request, f"entitlement/product/{_id(request, 'id')}")


async def _product_page(request: web.Request, more: dict[str, object], status: int = 200) -> web.StreamResponse:
    actor, goods, product = actor_of(request), app_of(request).get(GoodsService), _id(request, "id")
    values = {
        "goods": await goods.of_product(actor, product),
        "files": await goods.files(actor, product),
        "keys": await goods.free_keys(actor, product),
        "may_change": actor.may(PRODUCT_UPDATE),
        "limits": {"days": LONGEST_TERM, "files": FILES_A_PRODUCT, "megabytes": LARGEST_FILE // 1_048_576},
        "errors": {},
        "typed": {},
    }
    return render(request, "entitlements/product.html", {**values, **more}, status=status)


def _errors(invalid: Invalid) -> dict[str, str]:
    return {error.field: error.message for error in invalid.errors}


def _id(request: web.Request, name: str) -> UUID:
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise NotFound(_("There is no such page.")) from None


PAGES = [
    Page(
        "entitlement",
        show_all,
        permission=PRODUCT_READ,
        label=lazy("Digital goods"),
        position=35,
        icon="key",
        shortcut="g",
    ),
    Page("entitlement/{id}/retry", retry, permission=ORDER_UPDATE, methods=_POST),
    Page("entitlement/product/{id}", show_product, permission=PRODUCT_READ),
    Page("entitlement/product/{id}/terms", set_terms, permission=PRODUCT_UPDATE, methods=_POST),
    Page("entitlement/product/{id}/keys", add_keys, permission=PRODUCT_UPDATE, methods=_POST, max_body=4 * 1024 * 1024),
    Page("entitlement/product/{id}/keys/{key}/remove", remove_key, permission=PRODUCT_UPDATE, methods=_POST),
    Page(
        "entitlement/product/{id}/files",
        add_file,
        permission=PRODUCT_UPDATE,
        methods=_POST,
        max_body=LARGEST_FILE + 1024 * 1024,
    ),
    Page("entitlement/product/{id}/files/{file}/remove", remove_file, permission=PRODUCT_UPDATE, methods=_POST),
]
