"""The answer where something broke: wherever in the chain it broke, one page or one problem."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from referrals.api import problems

RETRY_SECONDS = "2"


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: 503 with Retry-After where the database is away or its lock is held, else 500.

    Django calls it inside its `except` block, after it has told the log.
    """
    error = sys.exc_info()[1]
    away = isinstance(error, (OperationalError, InterfaceError))
    if request.path_info.startswith("/api/") and isinstance(error, Exception):
        return problems.handle(error, {"request": request})
    # Without the request: what it would bring along asks the database again.
    if away:
        page = render_to_string("503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": RETRY_SECONDS})
    return HttpResponse(render_to_string("500.html"), status=500)
