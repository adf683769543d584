"""What every page behind the sign-in shares: who asks, and how the domain's refusals look.

What a person may not see is 404, like what does not exist; a role that does not fit is 403.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from referrals import errors
from referrals.actors import Actor

View = Callable[..., HttpResponseBase]


def person_page(view: View) -> View:
    """A page for somebody signed in, with the domain's refusals as the site's own pages."""

    @login_required
    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except errors.NotFound:
            raise Http404 from None
        except errors.Forbidden as refused:
            raise PermissionDenied from refused

    return page


def actor_of(request: HttpRequest) -> Actor:
    """The person with the roles as they stand at this request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
