"""Products in the JSON API: listed, read, made, changed, published; their variants."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from guildshop.plugins.catalog.api import PRODUCT_READ, PRODUCT_UPDATE, ProductChange, ProductInput, VariantInput
from guildshop.plugins.catalog.endpoints.models import (
    NewProductRequest,
    ProductModel,
    ProductPatch,
    StateModel,
    VariantRequest,
    named,
    product_model,
)
from guildshop.plugins.catalog.service import CatalogService
from guildshop.web.api import CurrentActor, CurrentApp, Cursor, CursorPage, Limit, needs

router = APIRouter(prefix="/products", tags=["Products"])

MAY_BE_NOTHING = frozenset({"cost_cents", "category_id", "limit_per_customer", "low_stock_at"})
"""What null takes off; of everything else it changes nothing."""


@router.get("", summary="Products", dependencies=[needs(PRODUCT_READ)])
async def list_products(
    actor: CurrentActor,
    app: CurrentApp,
    cursor: Cursor = None,
    limit: Limit = 50,
    text: Annotated[str, Query(max_length=100, description="Occurs in the name or SKU.")] = "",
) -> CursorPage[ProductModel]:
    """Return all products by name, drafts too."""
    found = await app.get(CatalogService).list_products(actor, text, cursor=cursor or "", limit=limit)
    return CursorPage[ProductModel].of(found, product_model)


@router.post("", summary="Make a product", status_code=HTTPStatus.CREATED, dependencies=[needs(PRODUCT_UPDATE)])
async def create_product(actor: CurrentActor, app: CurrentApp, request: NewProductRequest) -> ProductModel:
    """Make a draft: no member sees it before it is published."""
    service = app.get(CatalogService)
    given = ProductInput(**named(request), published=False)
    create = service.create_product if given.sku.strip() else service.create_draft
    return product_model(await create(actor, given))


@router.get("/{product}", summary="One product", dependencies=[needs(PRODUCT_READ)])
async def read_product(app: CurrentApp, product: str) -> ProductModel:
    """Return a product by ID or SKU."""
    return product_model(await app.get(CatalogService).look_up(product))


@router.patch("/{product}", summary="Change a product", dependencies=[needs(PRODUCT_UPDATE)])
async def change_product(actor: CurrentActor, app: CurrentApp, product: str, request: ProductPatch) -> ProductModel:
    """Change a product or a variant; orders keep what they were placed with."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    given = {name for name in request.model_fields_set if name in MAY_BE_NOTHING or getattr(request, name) is not None}
    change = ProductChange(**named(request, given))
    return product_model(await service.change_product(actor, found.id, change, version=request.version))


@router.post("/{product}/publish", summary="Publish a draft", dependencies=[needs(PRODUCT_UPDATE)])
async def publish(actor: CurrentActor, app: CurrentApp, product: str, given: StateModel) -> ProductModel:
    """Let members see and order it; refused while it is not complete."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    return product_model(await service.publish(actor, found.id, version=given.version))


@router.post("/{product}/unpublish", summary="Hide a product", dependencies=[needs(PRODUCT_UPDATE)])
async def unpublish(actor: CurrentActor, app: CurrentApp, product: str, given: StateModel) -> ProductModel:
    """Make it a draft again; its orders go on."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    return product_model(await service.unpublish(actor, found.id, version=given.version))


@router.post("/{product}/deactivate", summary="Take a product out of the shop", dependencies=[needs(PRODUCT_UPDATE)])
async def deactivate(actor: CurrentActor, app: CurrentApp, product: str, given: StateModel) -> ProductModel:
    """Sell it no longer; its orders and its stock's history stay."""
    return await _set_active(actor, app, product, given, active=False)


@router.post("/{product}/activate", summary="Take a product back into the shop", dependencies=[needs(PRODUCT_UPDATE)])
async def activate(actor: CurrentActor, app: CurrentApp, product: str, given: StateModel) -> ProductModel:
    """Sell it again."""
    return await _set_active(actor, app, product, given, active=True)


@router.get("/{product}/variants", summary="A product's variants", dependencies=[needs(PRODUCT_READ)])
async def list_variants(app: CurrentApp, product: str) -> list[ProductModel]:
    """Return the variants of a product, inactive ones too."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    return [product_model(one) for one in (await service.variants([found.id], listed=False)).get(found.id, [])]


@router.post(
    "/{product}/variants",
    summary="Add a variant",
    status_code=HTTPStatus.CREATED,
    dependencies=[needs(PRODUCT_UPDATE)],
)
async def add_variant(actor: CurrentActor, app: CurrentApp, product: str, request: VariantRequest) -> ProductModel:
    """Add a variant, which is changed as a product is; from the first one on, a product is ordered as one of them."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    given = VariantInput(**named(request))
    return product_model(await service.add_variant(actor, found.id, given, version=request.version))


async def _set_active(
    actor: CurrentActor, app: CurrentApp, product: str, given: StateModel, *, active: bool
) -> ProductModel:
    service = app.get(CatalogService)
    found = await service.look_up(product)
    change = ProductChange(active=active)
    return product_model(await service.change_product(actor, found.id, change, version=given.version))
