"""Products in the JSON API, without their cost."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from guildshop.plugins.catalog.api import PRODUCT_READ, Product, ProductKind, QuantityVisibility
from guildshop.plugins.catalog.service import CatalogService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, Snowflake

router = APIRouter(prefix="/products", tags=["Products"])


class ProductModel(ApiModel):
    """Something for sale; `quantityAvailable` means nothing unless `isInventoryTracked`."""

    id: UUID
    sku: str
    name: str
    description: str
    price_cents: int
    currency: str
    image_url: str
    category_id: UUID | None
    kind: ProductKind
    is_active: bool
    is_published: bool
    is_inventory_tracked: bool
    quantity_available: int
    quantity_reserved: int
    quantity_visibility: QuantityVisibility
    required_roles: list[Snowflake]
    granted_roles: list[Snowflake]
    granted_channels: list[Snowflake]
    limit_per_customer: int | None
    low_stock_at: int | None
    position: int
    created_at: datetime
    version: int


@router.get("", summary="Products")
async def list_products(
    actor: CurrentActor,
    app: CurrentApp,
    cursor: Cursor = None,
    limit: Limit = 50,
    text: Annotated[str, Query(max_length=100, description="Occurs in the name or SKU.")] = "",
) -> CursorPage[ProductModel]:
    """Return all products by name, drafts too."""
    found = await app.get(CatalogService).list_products(actor, text, cursor=cursor or "", limit=limit)
    return CursorPage[ProductModel].of(found, _model)


@router.get("/{product}", summary="One product")
async def read_product(actor: CurrentActor, app: CurrentApp, product: str) -> ProductModel:
    """Return a product by ID or SKU."""
    actor.require(PRODUCT_READ)
    return _model(await app.get(CatalogService).find(product))


def _model(product: Product) -> ProductModel:
    return ProductModel(
        id=product.id,
        sku=product.sku,
        name=product.name,
        description=product.description,
        price_cents=product.price,
        currency=product.currency,
        image_url=product.image_url,
        category_id=product.category,
        kind=product.kind,
        is_active=product.active,
        is_published=product.published,
        is_inventory_tracked=product.tracked,
        quantity_available=product.available,
        quantity_reserved=product.reserved,
        quantity_visibility=product.visibility,
        required_roles=list(product.required_roles),
        granted_roles=list(product.granted_roles),
        granted_channels=list(product.granted_channels),
        limit_per_customer=product.limit_per_customer,
        low_stock_at=product.low_stock_at,
        position=product.position,
        created_at=product.created,
        version=product.version,
    )
