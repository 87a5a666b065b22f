"""Failed deliveries of events in the JSON API: listed, and tried again."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from guildshop.plugins.staff.api import EVENT_READ, EVENT_UPDATE
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, needs

router = APIRouter(prefix="/deliveries", tags=["Events"])


class FailedDeliveryModel(ApiModel):
    """An event of which a listener did not get to its end in all attempts."""

    id: UUID
    event: str
    key: str = Field(description="What the event is about, such as an order's ID.")
    listener: str
    attempts: int
    error: str
    occurred_at: datetime


@router.get("/failed", dependencies=[needs(EVENT_READ)])
async def list_failed_deliveries(actor: CurrentActor, app: CurrentApp) -> list[FailedDeliveryModel]:
    """List the latest 1000 deliveries that used up their attempts, newest first."""
    return [FailedDeliveryModel.model_validate(one) for one in await app.dispatcher.failed(actor.store)]


@router.post("/{delivery_id}/retry", status_code=HTTPStatus.NO_CONTENT, dependencies=[needs(EVENT_UPDATE)])
async def retry_delivery(actor: CurrentActor, app: CurrentApp, delivery_id: UUID) -> None:
    """Try a failed delivery again, now, with all its attempts anew."""
    await app.dispatcher.retry(actor, delivery_id)
