"""Reading entitlements of the store in scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import NotFound
from guildshop.i18n import _
from guildshop.plugins.entitlements.api import KEYS_OUT, Entitlement, EntitlementKind, EntitlementStatus
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

COLUMNS = (
    "id, store, order_id, product, product_name, discord_id, kind, target, status, problem, reason, remedy,"
    " created, granted_at, revoked_at, good, days, starts_at, expires_at, ended"
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
        """Return what could not be given, and what could not be taken back."""
        return await self._where("status = 'FAILED' OR (status = 'REVOKED' AND problem <> '')")

    async def newly_linked(self) -> dict[UUID, int]:
        """Return the orders that could not give a guest something whose customer is a member by now, and that member.

        Whoever a gift was for was known from the start.
        """
        rows = await self.app.database.fetch(
            "SELECT DISTINCT e.order_id, c.discord_id FROM entitlement e"
            " JOIN orders o ON o.store = e.store AND o.id = e.order_id"
            " JOIN customer c ON c.store = e.store AND c.id = o.customer"
            " WHERE e.store = :store AND e.status = 'FAILED' AND e.discord_id IS NULL AND c.discord_id IS NOT NULL",
            store=current_store(),
        )
        return {_uuid(row["order_id"]): int(row["discord_id"]) for row in rows}

    async def supported_by_another(self, entitlement: Entitlement) -> bool:
        """Tell whether another entitlement of the member still gives the same role or channel."""
        return bool(await self.others_of(entitlement))

    async def others_of(self, entitlement: Entitlement) -> Sequence[Entitlement]:
        """Return the member's other live entitlements to the same role or channel."""
        return await self._where(
            "discord_id = :discord_id AND kind = :kind AND target = :target AND id <> :id"
            " AND status IN ('PENDING', 'GRANTED')",
            discord_id=entitlement.discord_id,
            kind=entitlement.kind.value,
            target=entitlement.target,
            id=entitlement.id,
        )

    async def terms(self, products: Collection[UUID]) -> dict[UUID, tuple[int, bool]]:
        """Return of each product for how many days it gives its roles (0: for ever), and whether it gives a key."""
        if not products:
            return {}
        rows = await self.app.database.fetch(
            "SELECT product, days, gives_key FROM product_terms WHERE store = :store AND product IN :products",
            store=current_store(),
            products=list(products),
        )
        return {_uuid(row["product"]): (int(row["days"]), bool(row["gives_key"])) for row in rows}

    async def file_ids(self, products: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Return the files that come with each product."""
        found: dict[UUID, list[UUID]] = {}
        if products:
            rows = await self.app.database.fetch(
                "SELECT id, product FROM product_file WHERE store = :store AND offered AND product IN :products"
                " ORDER BY id",
                store=current_store(),
                products=list(products),
            )
            for row in rows:
                found.setdefault(_uuid(row["product"]), []).append(_uuid(row["id"]))
        return found

    async def waiting_for_keys(self, product: UUID) -> Sequence[Entitlement]:
        """Return those who bought a product and got no key since none was left, the first buyer first."""
        return await self._where(
            "product = :product AND status = 'FAILED' AND problem = :problem", product=product, problem=KEYS_OUT
        )

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
        good=None if row["good"] is None else _uuid(row["good"]),
        days=row["days"],
        starts_at=row["starts_at"],
        expires_at=row["expires_at"],
        ended=row["ended"],
    )


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))
