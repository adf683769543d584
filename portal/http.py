"""Requests as the middleware hands them on: with a name, a true address, and who acts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

if TYPE_CHECKING:
    from portal.accounts.models import User
    from referrals.actors import Actor


class PortalRequest(HttpRequest):
    """`id` is 32 hex digits, also in X-Request-ID; `client_address` is "" where unknown."""

    id: str
    client_address: str
    actor: Actor


class SignedInRequest(PortalRequest):
    """Behind login_required: the user is a person."""

    user: User


def posts_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For an address that takes POST and shows nothing; looked at, it is a 405 with a way on.

    A session that ran out sends nobody there to sign in: see `middleware/sessions.py`.
    """

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            return view(request, *args, **kwargs)
        answer = render(request, "405.html", status=405)
        answer["Allow"] = "POST"
        return answer

    page.posts_only = True  # type: ignore[attr-defined]
    return page
