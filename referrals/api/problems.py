"""Errors of the API as RFC 9457 problem documents, from one place.

`type` is stable; `errors` is a list of {pointer, code, detail}. Values that were sent are
never repeated, and nothing of the inside is told.
"""

from __future__ import annotations

import json
import math
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

from referrals.errors import Conflict, DomainError, FieldError, InFlight, Stale, Unavailable
from referrals.strict import field_errors

log = structlog.get_logger("referrals.api")
DATABASE_AWAY = (OperationalError, InterfaceError)
MOST_ERRORS = 100
RETRY_SECONDS = 2

_BY_EXCEPTION: tuple[tuple[type[Exception], int, str, str], ...] = (
    (exceptions.NotAuthenticated, 401, "unauthenticated", "Sign in or send a token"),
    (exceptions.AuthenticationFailed, 401, "unauthenticated", "The credentials are not accepted"),
    (exceptions.PermissionDenied, 403, "forbidden", "Your role does not include this"),
    (PermissionDenied, 403, "forbidden", "Your role does not include this"),
    (exceptions.NotFound, 404, "not-found", "Not found"),
    (Http404, 404, "not-found", "Not found"),
    (exceptions.MethodNotAllowed, 405, "method-not-allowed", "This address has no such method"),
    (exceptions.NotAcceptable, 406, "not-acceptable", "This address answers JSON"),
    (
        exceptions.UnsupportedMediaType,
        415,
        "unsupported-media-type",
        "Send the media type that this address takes",
    ),
    (exceptions.Throttled, 429, "too-many-requests", "Too many requests. Wait, then go on"),
    (exceptions.ParseError, 400, "malformed", "This is not well-formed JSON"),
    (RequestDataTooBig, 413, "too-large", "The body is too large"),
    (MultiPartParserError, 400, "malformed", "This request is malformed"),
    (SuspiciousOperation, 400, "malformed", "This request is malformed"),
)


def handle(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler: every exception has its problem, an unforeseen one a bare 500."""
    return known(exc, context) or _unforeseen(exc, context)


def known(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The problem document of an exception that has one."""
    problem = as_problem(exc)
    if problem is None:
        return None
    problem["instance"] = getattr(context.get("request"), "path", "")
    return respond(problem, _headers(exc, context))


def _unforeseen(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """Told to the log and to whoever listens for crashes, as Django does; to nobody else."""
    log.error("unforeseen", exc_info=(type(exc), exc, exc.__traceback__))
    request = context.get("request")
    got_request_exception.send(sender=None, request=getattr(request, "_request", request))
    return broken(request)


def broken(request: Any) -> HttpResponse:
    """A fault of ours, of which nothing is told."""
    problem = _problem(500, "error", "Something went wrong on our side")
    return respond({**problem, "instance": getattr(request, "path", "")})


def as_problem(exc: Exception) -> dict[str, Any] | None:
    if isinstance(exc, DomainError):
        return _from_domain(exc)
    if isinstance(exc, exceptions.ValidationError):
        return _problem(400, "validation", "Some answers need another look",
                        errors=field_errors(exc.detail))  # fmt: skip
    if isinstance(exc, DATABASE_AWAY):
        log.error("database_unavailable", exception=type(exc).__name__)
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
            {"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in errors[:MOST_ERRORS]
        ]
    return problem


def _headers(exc: Exception, context: dict[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    if isinstance(exc, exceptions.Throttled):
        headers["Retry-After"] = str(max(1, math.ceil(getattr(exc, "wait", None) or 60)))
    if isinstance(exc, (*DATABASE_AWAY, Unavailable, InFlight)):
        headers["Retry-After"] = str(RETRY_SECONDS)
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


@csrf_exempt  # nothing is behind it, and it should say so to a POST as well
def not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """For addresses below the API that lead nowhere."""
    return respond({**_problem(404, "not-found", "Not found"), "instance": request.path})
