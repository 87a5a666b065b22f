"""Categories and product lists in the JSON API."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter

from guildshop.plugins.catalog.api import PRODUCT_READ, PRODUCT_UPDATE
from guildshop.plugins.catalog.endpoints.models import (
    CategoryModel,
    ListedRequest,
    ProductListModel,
    ProductModel,
    ShelfPatch,
    ShelfRequest,
    category_model,
    list_model,
    product_model,
)
from guildshop.plugins.catalog.service import CatalogService
from guildshop.web.api import CurrentActor, CurrentApp, needs

lists = APIRouter(prefix="/products/lists", tags=["Products"])
categories = APIRouter(prefix="/products/categories", tags=["Products"])


@categories.get("", summary="Categories", dependencies=[needs(PRODUCT_READ)])
async def list_categories(app: CurrentApp) -> list[CategoryModel]:
    """Return all categories in their order."""
    return [category_model(one) for one in await app.get(CatalogService).categories()]


@categories.post("", summary="Add a category", status_code=HTTPStatus.CREATED, dependencies=[needs(PRODUCT_UPDATE)])
async def create_category(actor: CurrentActor, app: CurrentApp, request: ShelfRequest) -> CategoryModel:
    """Add a category; products are put into one by changing them."""
    return category_model(await app.get(CatalogService).create_category(actor, request.name, request.position))


@categories.patch("/{category}", summary="Rename or move a category", dependencies=[needs(PRODUCT_UPDATE)])
async def change_category(actor: CurrentActor, app: CurrentApp, category: UUID, request: ShelfPatch) -> CategoryModel:
    """Rename or move a category."""
    service = app.get(CatalogService)
    before = await service.category(category)
    changed = await service.change_category(
        actor,
        before.id,
        name=before.name if request.name is None else request.name,
        position=before.position if request.position is None else request.position,
        version=before.version if request.version is None else request.version,
    )
    return category_model(changed)


@categories.delete(
    "/{category}",
    summary="Delete a category",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[needs(PRODUCT_UPDATE)],
)
async def delete_category(actor: CurrentActor, app: CurrentApp, category: UUID) -> None:
    """Delete an empty category."""
    await app.get(CatalogService).delete_category(actor, category)


@lists.get("", summary="Product lists", dependencies=[needs(PRODUCT_READ)])
async def list_lists(app: CurrentApp) -> list[ProductListModel]:
    """Return all product lists in their order."""
    return [list_model(one) for one in await app.get(CatalogService).product_lists()]


@lists.post("", summary="Add a product list", status_code=HTTPStatus.CREATED, dependencies=[needs(PRODUCT_UPDATE)])
async def create_list(actor: CurrentActor, app: CurrentApp, request: ShelfRequest) -> ProductListModel:
    """Add an empty list."""
    return list_model(await app.get(CatalogService).create_list(actor, request.name, request.position))


@lists.get("/{product_list}", summary="The products of a list", dependencies=[needs(PRODUCT_READ)])
async def read_list(app: CurrentApp, product_list: UUID) -> list[ProductModel]:
    """Return the products of a list in its order, drafts too."""
    service = app.get(CatalogService)
    found = await service.product_list(product_list)
    return [product_model(product) for product in await service.list_items(found.id)]


@lists.patch("/{product_list}", summary="Rename or move a product list", dependencies=[needs(PRODUCT_UPDATE)])
async def change_list(
    actor: CurrentActor, app: CurrentApp, product_list: UUID, request: ShelfPatch
) -> ProductListModel:
    """Rename or move a list."""
    service = app.get(CatalogService)
    before = await service.product_list(product_list)
    changed = await service.change_list(
        actor,
        before.id,
        name=before.name if request.name is None else request.name,
        position=before.position if request.position is None else request.position,
        version=before.version if request.version is None else request.version,
    )
    return list_model(changed)


@lists.put("/{product_list}/products", summary="Fill a product list", dependencies=[needs(PRODUCT_UPDATE)])
async def fill_list(
    actor: CurrentActor, app: CurrentApp, product_list: UUID, request: ListedRequest
) -> ProductListModel:
    """Make these products, in this order, the list; variants are in it with what they belong to."""
    service = app.get(CatalogService)
    found = await service.product_list(product_list)
    products = [(await service.look_up(one)).id for one in request.products]
    return list_model(await service.set_list_items(actor, found.id, products, version=request.version))


@lists.delete(
    "/{product_list}",
    summary="Delete a product list",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[needs(PRODUCT_UPDATE)],
)
async def delete_list(actor: CurrentActor, app: CurrentApp, product_list: UUID) -> None:
    """Delete a list; its products stay."""
    await app.get(CatalogService).delete_list(actor, product_list)
