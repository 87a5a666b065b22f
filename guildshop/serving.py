"""Running until told to stop: starts what was asked for, waits for a signal, and is gone within ten seconds."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.errors import GuildshopError
from guildshop.i18n import _

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

SIGNALS = (signal.SIGINT, signal.SIGTERM)
HARD_EXIT_SECONDS = 9.5
KILLED = 1


class Stopped(Exception):
    """A signal came while something was still starting."""


@dataclass(frozen=True, slots=True)
class Shards:
    """Which shards this process runs: `0-3/16` is the first four of sixteen."""

    ids: Sequence[int]
    count: int

    @classmethod
    def parse(cls, text: str) -> Shards:
        """Read `0-3/16` or `2/16`; ValueError says what is wrong."""
        span, slash, total = text.partition("/")
        first, _dash, last = span.partition("-")
        try:
            count, low, high = int(total), int(first), int(last or first)
        except ValueError:
            count = low = high = -1
        if not slash or not 0 <= low <= high < count:
            raise ValueError(
                _("“{text}” names no shards. Write them like 0-3/16: the first to the last of how many.").format(
                    text=text
                )
            )
        return cls(range(low, high + 1), count)


class Stopping:
    """Becomes true at SIGINT or SIGTERM; from then on the process has 9.5 seconds, a second signal ends it at once."""

    def __init__(self) -> None:
        """Listen to the signals in the running loop."""
        self._event = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        for number in SIGNALS:
            self._loop.add_signal_handler(number, self._signalled)

    def close(self) -> None:
        """Leave the signals alone again."""
        for number in SIGNALS:
            self._loop.remove_signal_handler(number)

    async def wait(self) -> None:
        """Return once a signal came."""
        await self._event.wait()

    async def unless_stopped(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Return what the coroutine returns; at a signal cancel it and raise Stopped."""
        task = asyncio.create_task(coroutine)
        stop = asyncio.create_task(self._event.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return await task
            raise Stopped
        finally:
            stop.cancel()
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def _signalled(self) -> None:
        if self._event.is_set():
            os._exit(KILLED)
        log.info("stopping", within_seconds=HARD_EXIT_SECONDS)
        # A thread, since what hangs may be the loop itself.
        watchdog = threading.Timer(HARD_EXIT_SECONDS, os._exit, (KILLED,))
        watchdog.daemon = True
        watchdog.start()
        self._event.set()


async def serve(
    settings: Settings,
    *,
    web: bool = True,
    discord: bool = True,
    shards: Shards | None = None,
    prepare: Callable[[App], Awaitable[None]] | None = None,
    ready: Callable[[App], None] | None = None,
) -> None:
    """Open the application, start its edges, and keep it until a signal comes.

    `prepare` runs once everything is open and before anything listens, `ready` when all is up. Raises the sentence of
    what cannot start.
    """
    stopping = Stopping()
    try:
        if discord:
            settings.discord.token.reveal()
        app = await stopping.unless_stopped(App.open(settings))
        try:
            if prepare is not None:
                await stopping.unless_stopped(_as_coroutine(prepare(app)))
            await stopping.unless_stopped(_start(app, web=web, discord=discord, shards=shards))
            if ready is not None:
                ready(app)
            await _until_stopped(app, stopping)
        finally:
            await app.close()
    except Stopped:
        log.info("stopped.while_starting")
    finally:
        stopping.close()


async def _start(app: App, *, web: bool, discord: bool, shards: Shards | None) -> None:
    if web:
        await app.start_web()
    if discord:
        if shards is None:
            await app.start_discord()
        else:
            await app.start_discord(shard_ids=shards.ids, shard_count=shards.count)
    await app.start_dispatcher()


async def _until_stopped(app: App, stopping: Stopping) -> None:
    """Wait for a signal; raise when the bot has lost Discord for good."""
    if app.bot is None:
        await stopping.wait()
        return
    try:
        await stopping.unless_stopped(app.bot.wait_until_disconnected())
    except Stopped:
        return
    raise GuildshopError(_("The connection to Discord ended and cannot be resumed. The log says why; start it again."))


async def _as_coroutine(awaitable: Awaitable[None]) -> None:
    await awaitable
