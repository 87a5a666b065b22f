"""How many points are left with Shopify, by what each answer says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FIRST_COST = 20.0
"""What a query is taken to cost until Shopify has said so."""
MOST_QUERIES = 200


@dataclass(slots=True)
class Bucket:
    """The points of one shop when it was last heard of them."""

    available: float
    maximum: float
    restore: float
    at: float


class Points:
    """The points of all shops that are asked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Know nothing yet: then nobody waits."""
        self.clock = clock
        self._buckets: dict[str, Bucket] = {}
        self._costs: dict[str, float] = {}

    def wait_for(self, account: str, query: str) -> float:
        """Return how many seconds it takes until the query can be afforded, and take its points."""
        bucket = self._buckets.get(account)
        if bucket is None:
            return 0.0
        now = self.clock()
        bucket.available = min(bucket.available + (now - bucket.at) * bucket.restore, bucket.maximum)
        bucket.at = now
        cost = min(self._costs.get(query, FIRST_COST), bucket.maximum)
        # Below nothing, so that of many who ask at once each waits for those before it.
        bucket.available -= cost
        return 0.0 if bucket.available >= 0 else -bucket.available / bucket.restore

    def note(self, account: str, query: str, extensions: object) -> None:
        """Remember what an answer says of points."""
        try:
            cost: Any = extensions["cost"]  # type: ignore[index]
            status = cost["throttleStatus"]
            bucket = Bucket(
                float(status["currentlyAvailable"]),
                float(status["maximumAvailable"]),
                float(status["restoreRate"]),
                self.clock(),
            )
            requested = float(cost["requestedQueryCost"])
        except (KeyError, TypeError, ValueError):
            return
        if bucket.restore <= 0 or bucket.maximum <= 0:
            return
        self._buckets[account] = bucket
        if len(self._costs) < MOST_QUERIES:
            self._costs[query] = requested
