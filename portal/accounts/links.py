"""Absolute links begin with BASE_URL, never with what a request claims its host to be."""

from __future__ import annotations

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse


def absolute(name: str, *args: object) -> str:
    return settings.BASE_URL + reverse(name, args=args)


def with_next(name: str, page: str) -> str:
    """The address of `name` that leads on to `page`, as Django's own sign-in writes it."""
    query = QueryDict(mutable=True)
    query["next"] = page
    return f"{reverse(name)}?{query.urlencode(safe='/')}"
