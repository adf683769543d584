"""Whether this process lives, may be sent work, and how much waits.

A broker that is down reads degraded and not unready: the portal takes referrals without it,
and their events wait in the outbox.
"""

from __future__ import annotations

import hmac
import os
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal.backlog import BacklogCollector
from portal.http import PortalRequest

BROKER_SECONDS = 0.5
LOOPBACK = frozenset({"127.0.0.1", "::1"})


def livez(request: HttpRequest) -> HttpResponse:
    """This process answers; it asks nothing else of the world."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """503 while the database is away; `degraded` while the broker is."""
    database = _database_answers()
    broker = _broker_answers()
    status = "unready" if not database else "degraded" if broker is False else "ready"
    body = {"status": status, "database": _word(database), "broker": _word(broker)}
    return JsonResponse(body, status=200 if database else 503)


def metrics(request: PortalRequest) -> HttpResponse:
    """Prometheus text; with METRICS_TOKEN as bearer, or in the demo from this machine."""
    if not _may_read_metrics(request):
        return HttpResponse(status=404)
    text = generate_latest(_registry()) + generate_latest(_backlog())
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


PROBES: dict[str, Callable[[Any], HttpResponse]] = {
    "/livez": livez,
    "/readyz": readyz,
    "/metrics": metrics,
}


class HealthMiddleware:
    """Answers probes before host names, sessions and redirects are looked at.

    A load balancer asks by address and over plain HTTP; no answer here says anything secret.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        return probe(request)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool | None:
    """Whether the broker's port takes a connection; None where there is none to ask."""
    if not settings.AMQP_URL:
        return None
    url = urlsplit(settings.AMQP_URL)
    port = url.port or (5671 if url.scheme == "amqps" else 5672)
    try:
        with socket.create_connection((url.hostname or "", port), BROKER_SECONDS):
            return True
    except OSError:
        return False


def _word(answer: bool | None) -> str:
    return {True: "ok", False: "down", None: "none"}[answer]


def _may_read_metrics(request: PortalRequest) -> bool:
    if not settings.METRICS_TOKEN:
        return settings.DEMO and request.client_address in LOOPBACK
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())


def _registry() -> Collector:
    """All worker processes together under gunicorn, else this one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def _backlog() -> Collector:
    registry = CollectorRegistry()
    registry.register(BacklogCollector())
    return registry
