"""The kernel's own part of the API: the store, and its events."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter

from guildshop.database.tables import EventRow
from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, Snowflake, needs

router = APIRouter()


class StoreModel(ApiModel):
    """The store that the token or session stands in."""

    id: int
    guild_id: Snowflake | None
    name: str
    currency: str
    language: str
    time_zone: str
    is_active: bool
    plugins: list[str]


class EventModel(ApiModel):
    """A fact, as it was recorded; `data` are the event's own fields."""

    id: UUID
    name: str
    key: str
    occurred_at: datetime
    data: dict[str, Any]


@router.get("/store", tags=["Store"], summary="The store")
async def read_store(actor: CurrentActor, app: CurrentApp) -> StoreModel:
    """Return the store that you act in, and which plugins are on."""
    store = app.stores.get(actor.store)
    return StoreModel(
        id=store.id,
        guild_id=store.guild_id,
        name=store.name,
        currency=store.currency,
        language=store.language,
        time_zone=store.time_zone,
        is_active=store.active,
        plugins=list(app.stores.enabled_plugins(store.id)),
    )


@router.get("/events", tags=["Events"], summary="Events", dependencies=[needs("event.read")])
async def list_events(cursor: Cursor = None, limit: Limit = 50, name: str | None = None) -> CursorPage[EventModel]:
    """Return what happened in the store, the latest first."""
    query = EventRow.select().order_by(EventRow.id, ascending=False).limit(limit + 1)
    if name:
        query = query.where(EventRow.name == name)
    if cursor:
        query = query.where(EventRow.id < _as_id(cursor))
    rows = await query
    return CursorPage[EventModel](
        items=[_event(row) for row in rows[:limit]],
        next_cursor=str(rows[limit - 1]["id"]) if len(rows) > limit else None,
    )


def _event(row: dict[str, Any]) -> EventModel:
    payload = row["payload"]
    data = orjson.loads(payload) if isinstance(payload, str | bytes) else payload
    return EventModel(id=row["id"], name=row["name"], key=row["key"], occurred_at=row["occurred_at"], data=data)


def _as_id(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError:
        raise Invalid.field("cursor", _("“{cursor}” is no cursor of this list.").format(cursor=cursor[:60])) from None
