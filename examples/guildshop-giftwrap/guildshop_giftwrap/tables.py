"""How many wraps of a day are taken, and which orders took them."""

from __future__ import annotations

from guildshop.tenancy import StoreTable
from piccolo.columns import UUID, Boolean, Date, Integer, Text


class GiftwrapDay(StoreTable, tablename="giftwrap_day"):
    """A day in the store's time zone. `taken` is the number of its wraps that are not given back."""

    id = UUID(primary_key=True)
    day = Date()
    taken = Integer(default=0)


class Giftwrap(StoreTable, tablename="giftwrap"):
    """The wrap of one order, and what its card says."""

    id = UUID(primary_key=True)
    order_id = UUID()
    day = Date()
    message = Text(default="")
    returned = Boolean(default=False)
