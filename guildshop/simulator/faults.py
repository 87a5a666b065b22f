"""What can be made to go wrong."""

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass, field

from guildshop.simulator.json_types import Json


@dataclass(slots=True)
class RateLimit:
    """Answer 429 `count` times to paths that match, asking to wait `retry_after` seconds."""

    count: int
    retry_after: float = 0.5
    path_pattern: str = "*"
    is_global: bool = False


@dataclass(slots=True)
class Failure:
    """Answer with a server error `count` times to paths that match."""

    status: int
    count: int
    path_pattern: str = "*"


@dataclass(slots=True)
class Faults:
    """The faults now switched on. Path patterns are globs over the path below /api/v10."""

    closed_dms: set[str] = field(default_factory=set)
    rate_limit: RateLimit | None = None
    fail_next: Failure | None = None
    slow_ms: int = 0
    late_answer: bool = False
    role_too_high: bool = False

    def next_rate_limit(self, path: str) -> RateLimit | None:
        """Use up one 429 for this path, if there is one."""
        limit = self.rate_limit
        if limit is None or not fnmatch.fnmatchcase(path, limit.path_pattern):
            return None
        limit.count -= 1
        if limit.count <= 0:
            self.rate_limit = None
        return limit

    def next_failure(self, path: str) -> int | None:
        """Use up one server error for this path, if there is one, and return its status."""
        failure = self.fail_next
        if failure is None or not fnmatch.fnmatchcase(path, failure.path_pattern):
            return None
        failure.count -= 1
        if failure.count <= 0:
            self.fail_next = None
        return failure.status

    def as_json(self) -> Json:
        """Return the faults as the console shows them."""
        limit, failure = self.rate_limit, self.fail_next
        return {
            "closed_dms": sorted(self.closed_dms),
            "rate_limit": limit
            and {"path_pattern": limit.path_pattern, "count": limit.count, "retry_after": limit.retry_after},
            "fail_next": failure
            and {"status": failure.status, "count": failure.count, "path_pattern": failure.path_pattern},
            "slow_ms": self.slow_ms,
            "late_answer": self.late_answer,
            "role_too_high": self.role_too_high,
        }

    def update(self, wanted: Json) -> None:
        """Switch faults as the console asks; keys left out stay. Raises ValueError, KeyError or TypeError."""
        if "closed_dms" in wanted:
            ids: Iterable[object] = wanted["closed_dms"] or ()
            self.closed_dms = {str(i) for i in ids}
        if "rate_limit" in wanted:
            limit = wanted["rate_limit"]
            self.rate_limit = limit and RateLimit(
                int(limit["count"]), float(limit.get("retry_after", 0.5)), str(limit.get("path_pattern") or "*")
            )
        if "fail_next" in wanted:
            failure = wanted["fail_next"]
            self.fail_next = failure and Failure(
                int(failure["status"]), int(failure.get("count", 1)), str(failure.get("path_pattern") or "*")
            )
        if "slow_ms" in wanted:
            self.slow_ms = max(0, int(wanted["slow_ms"] or 0))
        for key in ("late_answer", "role_too_high"):
            if key in wanted:
                setattr(self, key, bool(wanted[key]))
