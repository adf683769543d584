"""What a page's form is filled with: what was just sent, or what a lost session kept of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, QueryDict

from portal.accounts import interrupted

BACK = "You were signed out while typing. What you typed is below and not saved yet."


def typed(request: HttpRequest) -> QueryDict | None:
    """The fields that fill the form; None where it starts empty."""
    return request.POST if request.method == "POST" else before(request)


def before(request: HttpRequest) -> QueryDict | None:
    """What a session that had run out kept of this page, once; the person is told of it."""
    kept = interrupted.take(request) if request.method == "GET" else None
    if kept is not None:
        messages.info(request, BACK)
    return kept
