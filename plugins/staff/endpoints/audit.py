"""The audit log in the JSON API: to read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from guildshop.plugins.staff.api import AUDIT_READ, AuditFilter, AuditRecord
from guildshop.plugins.staff.service import AuditService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, needs

router = APIRouter(prefix="/audit-entries", tags=["Audit log"])


class AuditEntryModel(ApiModel):
    """Who did what to which row, when, through which entrance. `before` and `after` hold what changed."""

    id: UUID
    actor_kind: str
    actor_id: str
    actor_name: str
    origin: str
    action: str
    subject: str
    subject_id: str
    before: dict[str, Any]
    after: dict[str, Any]
    note: str
    created_at: datetime


@router.get("", dependencies=[needs(AUDIT_READ)])
async def list_audit_entries(
    actor: CurrentActor,
    app: CurrentApp,
    by: Annotated[str, Query(alias="actor", description="Part of the actor's name, or their ID.", max_length=100)] = "",
    action: Annotated[str, Query(description="Part of the action, such as order.cancel.", max_length=100)] = "",
    subject: Annotated[str, Query(description="Part of the kind of row, or a row's ID.", max_length=100)] = "",
    created_from: Annotated[AwareDatetime | None, Query(alias="createdFrom")] = None,
    created_before: Annotated[AwareDatetime | None, Query(alias="createdBefore")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CursorPage[AuditEntryModel]:
    """List what was done, the latest first."""
    wanted = AuditFilter(by, action, subject, created_from, created_before)
    found = await app.get(AuditService).search(actor, wanted, cursor=cursor or "", limit=limit)
    return CursorPage[AuditEntryModel].of(found, _entry)


def _entry(record: AuditRecord) -> AuditEntryModel:
    same = ("id", "actor_kind", "actor_id", "actor_name", "origin", "action", "subject", "subject_id", "note")
    values = {name: getattr(record, name) for name in same}
    return AuditEntryModel(**values, before=dict(record.before), after=dict(record.after), created_at=record.at)
