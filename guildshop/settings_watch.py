"""Keeping the settings of all processes alike: what one process changes, the others read again at once.

A change records `StoreChanged` in the transaction that made it; its commit wakes every process that listens to the
database. Each then looks whether what it holds in memory is still what is written.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from guildshop.events import Delivery, Event

if TYPE_CHECKING:
    from guildshop.app import App

log = structlog.get_logger(__name__)

LOOK_AT_MOST_EVERY = 1.0
"""Seconds between two looks under load: any commit may wake us."""
LOOK_AT_LEAST_EVERY = 30.0
"""Seconds without a wake-up, in case one was lost with a connection."""


@dataclass(frozen=True, slots=True)
class StoreChanged(Event):
    """A store was made, moved, put to sleep, woken or set up differently: then `names` of that section changed."""

    section: str = ""
    names: tuple[str, ...] = ()


class SettingsWatch:
    """Looks for settings that another process changed."""

    def __init__(self, app: App) -> None:
        """Prepare; `start` begins to watch."""
        self._app = app
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def heard(self, event: StoreChanged, delivery: Delivery) -> None:
        """Hear of a change that any process made; a new store gets its timers."""
        await self.look()
        if self._app.dispatcher.alive:
            await self._app.dispatcher.ensure_timers()

    async def start(self) -> None:
        """Watch."""
        if self._task is not None:
            return
        self._app.database.on_commit(self._wake.set)
        await self._app.database.listen()
        self._task = asyncio.create_task(self._run(), name="settings-watch")

    async def stop(self) -> None:
        """Watch no longer."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def look(self) -> None:
        """Read the settings again if they changed, and tell those who want to know."""
        stores = self._app.stores
        for store_id in await stores.refresh():
            await self._app.settings_changed(store_id)

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AT_LEAST_EVERY):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.look()
            except Exception:
                log.exception("settings.watch_failed")
            await asyncio.sleep(LOOK_AT_MOST_EVERY)
