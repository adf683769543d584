"""Counters of the web processes: methods, routes and status classes, never a value."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUESTS = Counter("tandem_http_requests", "Requests answered", ["method", "view", "status_class"])
SECONDS = Histogram("tandem_http_request_seconds", "Time to answer, in seconds", ["view"])
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(method: str, view: str, status: int, seconds: float) -> None:
    """`view` is a route's name (never a path); an unknown method counts as OTHER."""
    known = method if method in METHODS else "OTHER"
    REQUESTS.labels(known, view or "none", f"{status // 100}xx").inc()
    SECONDS.labels(view or "none").observe(seconds)
