"""What follows when a person sets up a second step at sign-in."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from django.http import HttpRequest

from portal.accounts.models import User


def confirm_new(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any
) -> None:
    """The code that set it up counts as its first use; sessions without one end."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    record_authentication(request, user, method="mfa", type=authenticator.type, id=authenticator.pk)
    end_other_sessions(request, user)
