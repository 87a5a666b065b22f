"""Writing the stock ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import MovementKind
from guildshop.plugins.catalog.tables import StockMovement as MovementTable

if TYPE_CHECKING:
    from guildshop.database import Work


def move(
    work: Work,
    product_id: UUID,
    kind: MovementKind,
    available: int,
    reserved: int,
    order_id: UUID | None = None,
    reason: str = "",
) -> None:
    """Write a row of the ledger; whoever calls changes the counters in the same unit."""
    work.insert(
        MovementTable,
        id=new_id(),
        product=product_id,
        kind=kind.value,
        available_change=available,
        reserved_change=reserved,
        order_id=order_id,
        actor=actor_text(work.actor),
        reason=reason,
        created=work.now,
    )


def actor_text(actor: Actor) -> str:
    """Return who changed the stock, as the ledger keeps it: kind and ID."""
    return f"{actor.kind.value}:{actor.id}"[:120]
