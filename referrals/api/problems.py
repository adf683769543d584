"""Errors of the API as RFC 9457 problem documents, from one place.

`type` is stable; `errors` is a list of {pointer, code, detail}. Values that were sent are
never repeated, and nothing of the inside is told.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions

from referrals.errors import Conflict, DomainError, FieldError, Stale, Unavailable
from referrals.strict import field_errors

log = logging.getLogger(__name__)

_BY_EXCEPTION: tuple[tuple[type[Exception], int, str, str], ...] = (
    (exceptions.NotAuthenticated, 401, "unauthenticated", "Sign in or send a token"),
    (exceptions.AuthenticationFailed, 401, "unauthenticated", "The credentials are not accepted"),
    (exceptions.PermissionDenied, 403, "forbidden", "Your role does not include this"),
    (PermissionDenied, 403, "forbidden", "Your role does not include this"),
    (exceptions.NotFound, 404, "not-found", "Not found"),
    (Http404, 404, "not-found", "Not found"),
    (exceptions.MethodNotAllowed, 405, "method-not-allowed", "This address has no such method"),
    (exceptions.NotAcceptable, 406, "not-acceptable", "This address answers JSON"),
    (exceptions.UnsupportedMediaType, 415, "unsupported-media-type", "Send application/json"),
    (exceptions.Throttled, 429, "too-many-requests", "Too many requests. Wait, then go on"),
    (exceptions.ParseError, 400, "malformed", "This is not well-formed JSON"),
    (RequestDataTooBig, 413, "too-large", "The body is too large"),
    (SuspiciousOperation, 400, "malformed", "This request is malformed"),
)


def handle(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler. None lets the exception rise to the server's own 500."""
    problem = as_problem(exc)
    if problem is None:
        return None
    request = context.get("request")
    problem["instance"] = getattr(request, "path", "")
    return respond(problem, _headers(exc, context))


def as_problem(exc: Exception) -> dict[str, Any] | None:
    if isinstance(exc, DomainError):
        return _from_domain(exc)
    if isinstance(exc, exceptions.ValidationError):
        return _problem(400, "validation", "Some answers need another look",
                        errors=field_errors(exc.detail))  # fmt: skip
    if isinstance(exc, OperationalError):
        log.error("database_unavailable", extra={"problem": type(exc).__name__})
        return _from_domain(Unavailable())
    for kind, status, name, title in _BY_EXCEPTION:
        if isinstance(exc, kind):
            return _problem(status, name, title)
    return None


def _from_domain(exc: DomainError) -> dict[str, Any]:
    problem = _problem(exc.status, exc.type, exc.title, detail=exc.detail, errors=exc.errors)
    if isinstance(exc, Conflict):
        problem["available_actions"] = exc.available_actions
    if isinstance(exc, Stale):
        problem["current_version"] = exc.current_version
    return problem


def _problem(
    status: int, name: str, title: str, *, detail: str = "", errors: list[FieldError] | None = None
) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": f"{settings.BASE_URL}/problems/{name}",
        "title": title,
        "status": status,
    }
    if detail and detail != title:
        problem["detail"] = detail
    if errors:
        problem["errors"] = [
            {"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in errors
        ]
    return problem


def _headers(exc: Exception, context: dict[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    if isinstance(exc, exceptions.Throttled):
        headers["Retry-After"] = str(int(exc.wait or 60))
    if isinstance(exc, OperationalError):
        headers["Retry-After"] = "2"
    view = context.get("view")
    if isinstance(exc, exceptions.MethodNotAllowed) and view is not None:
        headers["Allow"] = ", ".join(view.allowed_methods)
    return headers


def respond(problem: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(
        json.dumps(problem, ensure_ascii=False),
        status=problem["status"],
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """For addresses below the API that lead nowhere."""
    return respond({**_problem(404, "not-found", "Not found"), "instance": request.path})
