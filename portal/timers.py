"""What the site itself forgets in time, beside the referrals' own clockwork."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from allauth.idp.oidc.models import Token
from django.conf import settings

from portal.accounts import interrupted
from referrals import timers

Job = Callable[[], int]


def clear_sessions() -> int:
    """Delete the sessions whose time is over. Django does not count them: always 0."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return 0


def forget_partner_tokens() -> int:
    """Delete partners' access tokens that no longer open anything; the number of rows."""
    return Token.objects.expired().delete()[0]


JOBS: dict[str, tuple[Job, int]] = {
    # name: (job, seconds between two runs)
    **timers.JOBS,
    "forget_interrupted_posts": (interrupted.forget_old, 600),
    "forget_partner_tokens": (forget_partner_tokens, 3600),
    "clear_sessions": (clear_sessions, 3600),
}
