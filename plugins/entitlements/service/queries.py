"""Reading entitlements of the store in scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import NotFound
from guildshop.i18n import _
from guildshop.plugins.entitlements.api import Entitlement, EntitlementKind, EntitlementStatus
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

COLUMNS = (
    "id, store, order_id, product, product_name, discord_id, kind, target, status, problem, reason, remedy,"
    " created, granted_at, revoked_at"
)


class EntitlementQueries:
    """What can be read of entitlements."""

    def __init__(self, app: App) -> None:
        """Read through this application."""
        self.app = app

    async def get(self, entitlement_id: UUID) -> Entitlement:
        """Return an entitlement; NotFound when this store has none of that ID."""
        found = await self._where("id = :id", id=entitlement_id)
        if not found:
            raise NotFound(_("This entitlement does not exist any more."))
        return found[0]

    async def of_order(self, order_id: UUID) -> Sequence[Entitlement]:
        """Return what came with an order, in the sequence of its making."""
        return await self._where("order_id = :order_id", order_id=order_id)

    async def of_member(self, discord_id: int) -> Sequence[Entitlement]:
        """Return what a member has, waits for, or could not get; nothing that ended."""
        return await self._where("discord_id = :discord_id AND status <> 'REVOKED'", discord_id=discord_id)

    async def failed(self) -> Sequence[Entitlement]:
        """Return what could not be given."""
        return await self._where("status = 'FAILED'")

    async def supported_by_another(self, entitlement: Entitlement) -> bool:
        """Tell whether another entitlement of the member still gives the same role or channel."""
        others = await self._where(
            "discord_id = :discord_id AND kind = :kind AND target = :target AND id <> :id"
            " AND status IN ('PENDING', 'GRANTED')",
            discord_id=entitlement.discord_id,
            kind=entitlement.kind.value,
            target=entitlement.target,
            id=entitlement.id,
        )
        return bool(others)

    async def least_recently_checked(self, limit: int) -> Sequence[int]:
        """Return the members with something granted, those first who were not compared with Discord for longest."""
        rows = await self.app.database.fetch(
            "SELECT discord_id, MIN(COALESCE(checked_at, created)) AS since FROM entitlement"
            " WHERE store = :store AND discord_id IS NOT NULL"
            " AND (status = 'GRANTED' OR (status = 'FAILED' AND problem = 'member-gone'))"
            f" GROUP BY discord_id ORDER BY since LIMIT {limit:d}",
            store=current_store(),
        )
        return [int(row["discord_id"]) for row in rows]

    async def _where(self, condition: str, **values: Any) -> list[Entitlement]:
        rows = await self.app.database.fetch(
            f"SELECT {COLUMNS} FROM entitlement WHERE store = :store AND ({condition}) ORDER BY id",
            store=current_store(),
            **values,
        )
        return [_entitlement(row) for row in rows]


def _entitlement(row: dict[str, Any]) -> Entitlement:
    return Entitlement(
        id=_uuid(row["id"]),
        store=row["store"],
        order=_uuid(row["order_id"]),
        product=_uuid(row["product"]),
        product_name=row["product_name"],
        discord_id=row["discord_id"],
        kind=EntitlementKind(row["kind"]),
        target=row["target"],
        status=EntitlementStatus(row["status"]),
        problem=row["problem"],
        reason=row["reason"],
        remedy=row["remedy"],
        created=row["created"],
        granted_at=row["granted_at"],
        revoked_at=row["revoked_at"],
    )


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))
