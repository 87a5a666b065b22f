"""Stock in the JSON API: its history, what arrives, corrections, who waits."""

from __future__ import annotations

from fastapi import APIRouter

from guildshop.plugins.catalog.api import PRODUCT_READ, PRODUCT_UPDATE
from guildshop.plugins.catalog.endpoints.models import (
    AdjustRequest,
    MovementModel,
    ProductModel,
    RestockModel,
    WaitingModel,
    movement_model,
    product_model,
    waiting_model,
)
from guildshop.plugins.catalog.service import CatalogService
from guildshop.web.api import CurrentActor, CurrentApp, Cursor, CursorPage, Limit, needs

router = APIRouter(prefix="/products/{product}", tags=["Products"])


@router.get("/stock", summary="A product's stock history", dependencies=[needs(PRODUCT_READ)])
async def list_movements(
    actor: CurrentActor, app: CurrentApp, product: str, cursor: Cursor = None, limit: Limit = 50
) -> CursorPage[MovementModel]:
    """Return every change of a product's stock, newest first."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    history = await service.stock_history(actor, found.id, cursor=cursor or "", limit=limit)
    return CursorPage[MovementModel].of(history, movement_model)


@router.post("/restock", summary="Restock a product", dependencies=[needs(PRODUCT_UPDATE)])
async def restock(actor: CurrentActor, app: CurrentApp, product: str, given: RestockModel) -> ProductModel:
    """Add pieces that arrived."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    return product_model(await service.restock(actor, found.id, given.quantity, given.reason))


@router.post("/adjust", summary="Correct a product's stock", dependencies=[needs(PRODUCT_UPDATE)])
async def adjust(actor: CurrentActor, app: CurrentApp, product: str, given: AdjustRequest) -> ProductModel:
    """Correct the stock up or down, with a reason; never below zero."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    return product_model(await service.adjust(actor, found.id, given.change, given.reason))


@router.get("/waiting", summary="Who waits for a product", dependencies=[needs(PRODUCT_READ)])
async def list_waiting(actor: CurrentActor, app: CurrentApp, product: str, limit: Limit = 50) -> list[WaitingModel]:
    """Return those for whom a piece is held, then those who wait, in order."""
    service = app.get(CatalogService)
    found = await service.look_up(product)
    return [waiting_model(one) for one in await service.waiting_list(actor, found.id, limit=limit)]
