"""A record of every request that the bot made."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from guildshop.simulator.json_types import Json


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the bot. `route` is its template, `at` Unix time in seconds."""

    at: float
    method: str
    path: str
    route: str
    body: Any
    status: int

    def as_json(self) -> Json:
        """Return the request as the console shows it."""
        return {key: getattr(self, key) for key in self.__slots__}


class Recorder:
    """The last requests and, for ever, how many there were of each route."""

    def __init__(self, keep: int = 100_000) -> None:
        self.requests: deque[Request] = deque(maxlen=keep)
        self.counts: Counter[str] = Counter()

    def add(self, request: Request) -> None:
        """Record a request that was answered."""
        self.requests.append(request)
        self.counts[f"{request.method} {request.route}"] += 1

    def clear(self) -> None:
        """Forget everything recorded."""
        self.requests.clear()
        self.counts.clear()
