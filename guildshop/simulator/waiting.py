"""Wait for something to become so, without polling."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Wake those who wait whenever anything changes."""

    def __init__(self, seen: Callable[[], str]) -> None:
        self._seen = seen
        self._waiters: list[asyncio.Future[None]] = []

    def changed(self) -> None:
        """Wake everyone who waits."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_for(self, condition: Callable[[], T | Awaitable[T]], timeout: float) -> T:
        """Return the condition's first true value. Raises AssertionError after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiters.append(waiter)
            value = condition()
            value = await value if inspect.isawaitable(value) else value
            if value:
                return value
            if loop.time() >= deadline:
                raise AssertionError(f"Still not so after {timeout} s.\n{self._seen()}")
            await asyncio.wait([waiter], timeout=max(0.0, deadline - loop.time()))
