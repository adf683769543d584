"""Each request has a name and a true address, known to every log line and access entry."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from integrations import tracing
from portal import metrics
from portal.http import PortalRequest
from referrals.access import context as access_context

log = structlog.get_logger("portal.request")

# What only a trusted proxy may say; WSGI turns "-" and "_" alike into "_".
PROXY_HEADERS = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
    "HTTP_REMOTE_USER",
    "HTTP_X_HTTP_METHOD_OVERRIDE",
)


def client_address(request: HttpRequest) -> str:
    """The address of the client as the outermost trusted proxy saw it; "" where unknown.

    With n trusted proxies the n-th entry of X-Forwarded-For from the right counts; whatever
    stands left of it was written by the client.
    """
    count = settings.TRUSTED_PROXY_COUNT
    hops = [h.strip() for h in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if count > 0 and len(hops) >= count:
        return _clean(hops[-count])
    return _clean(request.META.get("REMOTE_ADDR", ""))


def _clean(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return ""


class RequestMiddleware:
    def __init__(self, get_response: Callable[[PortalRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponseBase:
        request.id = uuid4().hex
        request.client_address = client_address(request)
        self._forget_what_clients_claim(request)
        began = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.id)
        with (
            access_context.bind(request_id=request.id, address=request.client_address),
            tracing.following(request.headers.get("traceparent")),
        ):
            response = self.get_response(request)
        response["X-Request-ID"] = request.id
        self._note(request, response, time.monotonic() - began)
        return response

    def _forget_what_clients_claim(self, request: HttpRequest) -> None:
        kept = {"HTTP_X_FORWARDED_PROTO"} if settings.TRUSTED_PROXY_COUNT > 0 else set()
        for name in PROXY_HEADERS:
            if name not in kept:
                request.META.pop(name, None)

    def _note(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        match = request.resolver_match
        view = match.view_name if match else ""
        metrics.observe(request.method or "", view, response.status_code, seconds)
        log.info(
            "request",
            method=request.method,
            view=view or None,
            status=response.status_code,
            duration_ms=round(seconds * 1000, 1),
            user_id=getattr(getattr(request, "user", None), "pk", None),
        )
