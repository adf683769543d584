"""`request.actor`: who acts, with the roles as they stand at this request."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.http import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from portal.http import PortalRequest
from referrals.actors import NOBODY, Actor


def _actor(request: PortalRequest) -> Actor:
    user = request.user
    return user.as_actor() if user.is_authenticated else NOBODY


class ActorMiddleware:
    def __init__(self, get_response: Callable[[PortalRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponseBase:
        request.actor = cast(Actor, SimpleLazyObject(lambda: _actor(request)))
        return self.get_response(request)
