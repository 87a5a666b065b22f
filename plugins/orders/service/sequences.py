"""Numbers without gaps: one is taken in the unit that writes what it numbers, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Refusal
from guildshop.plugins.orders.service.rows import as_uuid
from guildshop.tenancy import StoreTable, current_store

if TYPE_CHECKING:
    from guildshop.database import Database, Work


class NextNumber:
    """The number that comes next in a table that holds the last one of each store."""

    def __init__(self, table: type[StoreTable], key: UUID | None, number: int) -> None:
        """Be the number after the one of the row `key`, the first where there is none."""
        self._table, self._key, self.number = table, key, number

    def take(self, work: Work, taken: Refusal) -> None:
        """Take it in a Work, unless somebody else was faster: then `taken`."""
        if self._key is None:
            work.insert(self._table, conflict=taken, id=new_id(), last=self.number)
            return
        work.guard(
            self._table,
            set="last = :number",
            where="id = :id AND last = :before",
            refusal=taken,
            id=self._key,
            number=self.number,
            before=self.number - 1,
        )


async def next_number(database: Database, table: type[StoreTable]) -> NextNumber:
    """Return what comes next in the store in scope; it is nobody's until it is taken."""
    row = await database.fetch_one(
        f"SELECT id, last FROM {table._meta.tablename} WHERE store = :store", store=current_store()
    )
    return NextNumber(table, None, 1) if row is None else NextNumber(table, as_uuid(row["id"]), int(row["last"]) + 1)
