"""Filters of the list of orders that each user keeps for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, NotFound
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders import tables
from guildshop.plugins.orders.service.rows import as_uuid
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

READ = "order.read"
NAME_LENGTH = 60
MAXIMUM = 30
"""How many filters one user keeps."""


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A kept filter: its name, and the query of the list's address."""

    id: UUID
    name: str
    query: str


class SavedFilters:
    """Keeping, listing and dropping one's own filters."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def all(self, actor: Actor) -> Sequence[SavedFilter]:
        """Return the actor's filters by name."""
        actor.require(READ)
        found = await self.app.database.fetch(
            "SELECT id, name, query FROM order_filter WHERE store = :store AND owner = :owner ORDER BY name, id",
            store=current_store(),
            owner=_owner(actor),
        )
        return tuple(SavedFilter(as_uuid(row["id"]), row["name"], row["query"]) for row in found)

    async def keep(self, actor: Actor, name: str, query: str) -> None:
        """Keep a filter under a name; one of that name is replaced."""
        name = " ".join(name.split())
        if not 1 <= len(name) <= NAME_LENGTH:
            raise Invalid.field(
                "name", _("Give the filter a name of 1 to {length} characters.").format(length=NAME_LENGTH)
            )
        if not query:
            raise Invalid.field("query", _("Nothing is filtered. Choose a filter first, then keep it."))
        present = await self.all(actor)
        if len(present) >= MAXIMUM and all(one.name != name for one in present):
            raise Invalid.field(
                "name", _("You keep {count} filters already. Drop one first.").format(count=len(present))
            )
        async with self.app.work(actor) as work:
            work.delete(tables.SavedFilter, where="owner = :owner AND name = :name", owner=_owner(actor), name=name)
            work.insert(
                tables.SavedFilter,
                conflict=Invalid.field("name", _("You keep a filter “{name}” already.").format(name=name)),
                id=new_id(),
                owner=_owner(actor),
                name=name,
                query=query[:1000],
                created=work.now,
            )

    async def drop(self, actor: Actor, key: str) -> None:
        """Drop one of the actor's filters."""
        actor.require(READ)
        refusal = NotFound(_("There is no such filter. Reload the page."))
        try:
            wanted = UUID(key)
        except ValueError:
            raise refusal from None
        async with self.app.work(actor) as work:
            work.delete(
                tables.SavedFilter,
                where="id = :id AND owner = :owner",
                rows=1,
                refusal=refusal,
                id=wanted,
                owner=_owner(actor),
            )


def _owner(actor: Actor) -> str:
    return f"{actor.kind.value}:{actor.id}"[:120]
