"""Discord's IDs: milliseconds since 2015 in the upper 42 bits, so that a newer thing has a larger ID."""

from collections.abc import Callable
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000


class Snowflakes:
    """Make IDs that are unique and grow with the clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = 0

    def make(self) -> str:
        """Return a new ID."""
        self._last = max(self._last + 1, (int(self._clock() * 1000) - EPOCH_MS) << 22)
        return str(self._last)


def timestamp(seconds: float) -> str:
    """Write a Unix time in seconds as Discord does."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def created_at(snowflake: str) -> float:
    """Return the Unix time in seconds at which an ID was made."""
    return ((int(snowflake) >> 22) + EPOCH_MS) / 1000
