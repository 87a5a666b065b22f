"""A child process that makes units as fast as it can and says which were acknowledged, until it is killed."""

from __future__ import annotations

import asyncio
import sys

from guildshop.database import Work, new_id, open_database
from guildshop.database.tables import EventRow, StoreSetting
from guildshop.permissions import Actor

WORKERS = 8
ACTOR = Actor.system(1, "unit maker")


def fill(work: Work, key: str) -> None:
    """Add a unit's three rows, the last of which may be refused."""
    work.insert(EventRow, id=key, name="Made", key=key, payload="{}", occurred_at=work.now)
    work.insert(StoreSetting, id=new_id(), section=key, value={"unit": key})
    work.audit("unit.make", subject="unit", subject_id=key)


async def make(url: str) -> None:
    """Open the database and make units for ever."""
    database = await open_database(url)

    async def maker() -> None:
        while True:
            key = str(new_id())
            async with database.work(ACTOR) as work:
                fill(work, key)
            # One write call a line, so that a kill leaves no half line of an acknowledged unit behind.
            sys.stdout.write(key + "\n")
            sys.stdout.flush()

    await asyncio.gather(*(maker() for _number in range(WORKERS)))


if __name__ == "__main__":
    asyncio.run(make(sys.argv[1]))
