"""Requests as the middleware hands them on: with a name, a true address, and who acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

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
