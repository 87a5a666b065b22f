"""Products, categories and the stock ledger in Piccolo Admin: every write goes through the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from piccolo_admin.endpoints import FormConfig
from pydantic import BaseModel, Field

from guildshop.hookspecs import AdminSection
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.plugins.catalog.admin_labels import LABELS
from guildshop.plugins.catalog.api import (
    PRODUCT_READ,
    ProductChange,
    ProductInput,
    ProductKind,
    QuantityVisibility,
)
from guildshop.plugins.catalog.rules import parse_ids, parse_options
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.catalog.tables import (
    Category,
    Panel,
    Product,
    ProductList,
    ProductListItem,
    StockMovement,
    Waitlist,
)
from guildshop.web.admin import ServiceTable, service_table
from guildshop.web.admin_tables import chosen
from guildshop.web.context import current_actor

if TYPE_CHECKING:
    from guildshop.app import App

_LISTS = ("required_roles", "granted_roles", "granted_channels")
_EDITABLE = (
    "sku",
    "name",
    "description",
    "price",
    "cost",
    "currency",
    "image_url",
    "options",
    "category",
    "kind",
    "active",
    "published",
    "tracked",
    "visibility",
    "required_roles",
    "granted_roles",
    "granted_channels",
    "limit_per_customer",
    "position",
    "low_stock_at",
)


class RestockForm(BaseModel):
    """Pieces that arrived."""

    product: str = Field(title=lazy("Product (SKU)"))
    quantity: int = Field(title=lazy("Quantity, 1 to 10,000"))
    reason: str = Field(default="", title=lazy("Reason"))


class AdjustForm(BaseModel):
    """A correction of the stock."""

    product: str = Field(title=lazy("Product (SKU)"))
    change: int = Field(title=lazy("Change, such as 3 or -2"))
    reason: str = Field(title=lazy("Reason"))


def admin_section(app: App) -> AdminSection:
    """Return the section of the catalog."""
    service = app.get(CatalogService)
    tables = [_products(service), _categories(service), _movements(), *_read_only()]
    return AdminSection(lazy("Catalog"), tables, _forms(service), labels=LABELS)


def _products(service: CatalogService) -> ServiceTable:
    async def patch(actor: Actor, key: UUID, changes: dict[str, Any], version: int | None) -> None:
        await service.change_product(actor, key, ProductChange(**_given(changes)), version=version)

    async def post(actor: Actor, values: dict[str, Any]) -> UUID:
        known = {name: values[name] for name in _EDITABLE if name in values and name != "options"}
        required: dict[str, Any] = {"sku": "", "name": "", "price": 0, **_given(known)}
        quantity = values.get("available") or 0
        return (await service.create_product(actor, ProductInput(**required, quantity=quantity))).id

    async def delete(actor: Actor, key: UUID) -> str:
        product = await service.deactivate_product(actor, key)
        return _("{product} is no longer sold. It was not deleted, since its orders and its stock ledger stay.").format(
            product=product.name
        )

    return service_table(
        Product,
        read=PRODUCT_READ,
        visible=[
            Product.sku,
            Product.name,
            Product.price,
            Product.currency,
            Product.category,
            Product.parent,
            Product.kind,
            Product.available,
            Product.reserved,
            Product.tracked,
            Product.published,
            Product.active,
        ],
        editable=[getattr(Product, name) for name in _EDITABLE],
        volatile=[Product.available, Product.reserved, Product.stock_state, Product.waiting, Product.variants],
        on_patch=patch,
        on_post=post,
        on_delete=delete,
        order_by=[Product.position],
        link=Product.sku,
    )


def _categories(service: CatalogService) -> ServiceTable:
    async def patch(actor: Actor, key: UUID, changes: dict[str, Any], version: int | None) -> None:
        before = await service.category(key)
        await service.change_category(
            actor,
            key,
            name=changes.get("name", before.name) or "",
            position=changes.get("position", before.position) or 0,
            version=version,
        )

    async def post(actor: Actor, values: dict[str, Any]) -> UUID:
        return (await service.create_category(actor, values.get("name") or "", values.get("position") or 0)).id

    async def delete(actor: Actor, key: UUID) -> str:
        category = await service.category(key)
        await service.delete_category(actor, key)
        return _("The category {category} was deleted.").format(category=category.name)

    return service_table(
        Category,
        read=PRODUCT_READ,
        visible=[Category.name, Category.position, Category.created],
        editable=[Category.name, Category.position],
        on_patch=patch,
        on_post=post,
        on_delete=delete,
        order_by=[Category.position],
    )


def _movements() -> ServiceTable:
    """The ledger is read-only: its rows are made by orders, restocking and adjustments."""
    return service_table(
        StockMovement,
        read=PRODUCT_READ,
        visible=[
            StockMovement.created,
            StockMovement.product,
            StockMovement.kind,
            StockMovement.available_change,
            StockMovement.reserved_change,
            StockMovement.actor,
            StockMovement.reason,
        ],
        order_by=[StockMovement.created],
        newest_first=True,
    )


def _read_only() -> list[ServiceTable]:
    """Lists are kept on their own pages, panels and the waiting list by the bot: here they are only shown."""
    return [
        service_table(ProductList, read=PRODUCT_READ, order_by=[ProductList.position]),
        service_table(ProductListItem, read=PRODUCT_READ, order_by=[ProductListItem.position]),
        service_table(Waitlist, read=PRODUCT_READ, order_by=[Waitlist.created], newest_first=True),
        service_table(Panel, read=PRODUCT_READ, order_by=[Panel.created]),
    ]


def _forms(service: CatalogService) -> list[FormConfig]:
    async def restock(_request: Any, data: RestockForm) -> str:
        product = await service.find(data.product)
        product = await service.restock(current_actor(), product.id, data.quantity, data.reason)
        return _("{product}: {available} available now.").format(product=product.name, available=product.available)

    async def adjust(_request: Any, data: AdjustForm) -> str:
        product = await service.find(data.product)
        product = await service.adjust(current_actor(), product.id, data.change, data.reason)
        return _("{product}: {available} available now.").format(product=product.name, available=product.available)

    return [
        FormConfig(
            name=lazy("Restock"),
            pydantic_model=RestockForm,
            endpoint=restock,
            description=lazy("Add pieces that arrived to a product's stock."),
        ),
        FormConfig(
            name=lazy("Adjust stock"),
            pydantic_model=AdjustForm,
            endpoint=adjust,
            description=lazy("Correct a product's stock up or down, with a reason."),
        ),
    ]


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Return values of the form as the service takes them."""
    nothing = {"description": "", "image_url": "", "position": 0, "sku": "", "name": "", "price": 0, "currency": ""}
    given: dict[str, Any] = {name: nothing.get(name) if value is None else value for name, value in values.items()}
    for name in _LISTS:
        if name in given:
            given[name] = parse_ids(name, given[name] or "")
    if given.get("options"):
        given["options"] = parse_options(given["options"])
    else:
        given.pop("options", None)
    if "kind" in given:
        given["kind"] = chosen(ProductKind, "kind", given["kind"])
    if "visibility" in given:
        given["visibility"] = chosen(QuantityVisibility, "visibility", given["visibility"])
    return given
