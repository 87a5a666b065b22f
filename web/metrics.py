"""What Prometheus may ask about the web and the outbox."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Counts of one server, in a registry of its own, so that several can live in one process."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "guildshop_http_requests", "Answered requests.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "guildshop_http_request_seconds",
            "Time until an answer was complete.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.outbox_due = Gauge(
            "guildshop_outbox_due_deliveries", "Deliveries that are due and not done.", registry=self.registry
        )
        self.outbox_failed = Gauge(
            "guildshop_outbox_failed_deliveries", "Deliveries that used up their attempts.", registry=self.registry
        )
        self.gateway_ready = Gauge(
            "guildshop_gateway_ready", "1 while the bot is connected to Discord.", registry=self.registry
        )
        self.stores = Gauge("guildshop_stores", "Stores that are active.", registry=self.registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request by its route, never by its path."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def text(self) -> tuple[bytes, str]:
        """Return everything in Prometheus' text format, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)
