"""Reading the audit log."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.paging import Slice, id_of, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.staff.api import AUDIT_READ, AuditFilter, AuditRecord

if TYPE_CHECKING:
    from guildshop.app import App

PAGE_SIZE = 50


class AuditService:
    """Searches the audit log, which is only ever added to."""

    def __init__(self, app: App) -> None:
        """Work in this application."""
        self.app = app

    async def search(
        self, actor: Actor, wanted: AuditFilter, *, cursor: str = "", limit: int = PAGE_SIZE
    ) -> Slice[AuditRecord]:
        """Return the entries that fit, newest first; needs `audit.read`."""
        actor.require(AUDIT_READ)
        conditions, values = _conditions(wanted)
        return await self._page(actor.store, conditions, values, cursor, limit)

    async def about(
        self, actor: Actor, subject: str, ids: Collection[UUID], *, cursor: str = "", limit: int = PAGE_SIZE
    ) -> Slice[AuditRecord]:
        """Return what the log says of these rows of one kind, newest first; needs `audit.read`."""
        actor.require(AUDIT_READ)
        conditions = ["subject = :subject", "subject_id IN :ids"]
        values = {"subject": subject, "ids": [str(key) for key in ids]}
        return await self._page(actor.store, conditions, values, cursor, limit)

    async def _page(
        self, store: int, conditions: list[str], values: dict[str, Any], cursor: str, limit: int
    ) -> Slice[AuditRecord]:
        if cursor:
            conditions.append("id < :last")
            values["last"] = id_of(cursor)
        rows = await self.app.database.fetch(
            "SELECT id, at, actor_kind, actor_id, actor_name, origin, action, subject, subject_id, before, after, note"
            f" FROM audit_entry WHERE store = :store {''.join(f'AND {condition} ' for condition in conditions)}"
            "ORDER BY id DESC LIMIT :limit",
            store=store,
            limit=limit + 1,
            **values,
        )
        found = [_record(row) for row in rows[:limit]]
        return Slice(found, to_cursor([str(found[-1].id)]) if len(rows) > limit else "")


def _conditions(wanted: AuditFilter) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if wanted.actor:
        conditions.append("(LOWER(actor_name) LIKE :actor ESCAPE '!' OR actor_id = :actor_id)")
        values |= {"actor": _within(wanted.actor), "actor_id": wanted.actor}
    if wanted.action:
        conditions.append("LOWER(action) LIKE :action ESCAPE '!'")
        values["action"] = _within(wanted.action)
    if wanted.subject:
        conditions.append("(LOWER(subject) LIKE :subject ESCAPE '!' OR subject_id = :subject_id)")
        values |= {"subject": _within(wanted.subject), "subject_id": wanted.subject}
    if wanted.since is not None:
        conditions.append("at >= :since")
        values["since"] = wanted.since
    if wanted.until is not None:
        conditions.append("at < :until")
        values["until"] = wanted.until
    return conditions, values


def _within(text: str) -> str:
    escaped = text.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"


def _record(row: dict[str, Any]) -> AuditRecord:
    return AuditRecord(**{**row, "before": _mapping(row["before"]), "after": _mapping(row["after"])})


def _mapping(value: Any) -> dict[str, Any]:
    decoded = json.loads(value) if isinstance(value, str | bytes) else value
    return decoded if isinstance(decoded, dict) else {}
