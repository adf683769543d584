"""Two clocks on every session, kept by the server: idle time and whole length.

The idle clock lives in allauth's UserSession row and not in the session itself, because
saving a session on each request sends its cookie with each answer and lets two requests
overwrite each other. Requests that a page makes by itself do not count as activity.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.utils import timezone

from portal.accounts import interrupted
from portal.accounts.links import with_next

BACKGROUND_HEADER = "HTTP_X_TANDEM_BACKGROUND"
STARTED = "signed_in_at"
SIGNED_OUT = "You were signed out because nothing happened for a while. Sign in to go on."
NOT_DONE = (
    "You were signed out because nothing happened for a while, and what you last asked for was "
    "not done. Sign in, then do it again."
)
# Pages that make sense for somebody who is signed out.
PUBLIC_PREFIXES = (
    "/accounts/", "/api/", "/static/", "/.well-known/", "/invitations/", "/shared/",
)  # fmt: skip


def is_background(request: HttpRequest) -> bool:
    return request.META.get(BACKGROUND_HEADER) == "1"


def seconds_left(request: HttpRequest) -> int:
    """Until the first of the two clocks runs out; 0 where nobody is signed in."""
    if not request.user.is_authenticated:
        return 0
    row = UserSession.objects.filter(session_key=request.session.session_key).first()
    if row is None:
        return 0
    now = timezone.now()
    idle = row.last_seen_at + timedelta(seconds=settings.SESSION_IDLE_SECONDS) - now
    whole = started_at(request) + timedelta(seconds=settings.SESSION_MAX_SECONDS) - now
    return max(0, int(min(idle, whole).total_seconds()))


def started_at(request: HttpRequest) -> datetime:
    """When the person signed in; the beginning of time where the session does not say."""
    stamp = request.session.get(STARTED)
    return datetime.fromtimestamp(stamp or 0, tz=UTC)


def remember_start(sender: object, request: HttpRequest, **kwargs: object) -> None:
    """Receiver of Django's user_logged_in: starts the clock of the whole length."""
    request.session[STARTED] = timezone.now().timestamp()
    request.session.pop(interrupted.WHOSE, None)


class SessionClockMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and not _alive(request):
            self._sign_out(request)
        return self.get_response(request)

    def _sign_out(self, request: HttpRequest) -> None:
        """The old session is gone; the next one remembers whose it was, and no more."""
        user_id = str(request.user.pk)  # a session holds JSON
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        request.session.flush()
        request.user = AnonymousUser()
        request.session[interrupted.WHOSE] = user_id

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """Runs after the CSRF check, so that only the person's own posts are kept."""
        if request.user.is_authenticated or interrupted.WHOSE not in request.session:
            return None
        if request.path_info.startswith(PUBLIC_PREFIXES):
            return None
        if is_background(request):
            return JsonResponse({"signed_in": False, "seconds_left": 0}, status=401)
        if request.method != "POST":
            return _sign_in(request, request.get_full_path(), SIGNED_OUT)
        if getattr(view, "posts_only", False):
            return _sign_in(request, _form_page(request), NOT_DONE)
        kept = interrupted.keep(request)
        return _sign_in(request, request.path, SIGNED_OUT if kept else NOT_DONE)


def _sign_in(request: HttpRequest, page: str, words: str) -> HttpResponseBase:
    messages.info(request, words)
    return HttpResponseRedirect(with_next("account_login", page))


def _form_page(request: HttpRequest) -> str:
    """The page of this site that the form stood on, as the browser says; else the home page."""
    came = urlsplit(request.META.get("HTTP_REFERER", ""))
    if came.netloc != request.get_host():
        return "/"
    page = came._replace(scheme="", netloc="", fragment="").geturl()
    return page if page.startswith("/") and not page.startswith("//") else "/"


def _alive(request: HttpRequest) -> bool:
    """One statement: touches the row where it still lives, and says whether it did."""
    now = timezone.now()
    if started_at(request) + timedelta(seconds=settings.SESSION_MAX_SECONDS) <= now:
        return False
    rows = UserSession.objects.filter(
        session_key=request.session.session_key, user_id=request.user.pk
    )
    in_time = rows.filter(last_seen_at__gt=now - timedelta(seconds=settings.SESSION_IDLE_SECONDS))
    if is_background(request):
        return in_time.exists()
    if in_time.update(last_seen_at=now):
        return True
    return _first_request(request, rows)


def _first_request(request: HttpRequest, rows: QuerySet[Any]) -> bool:
    """A session that was opened without allauth (a test, a command) gets its row now."""
    fresh = started_at(request) > timezone.now() - timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    if not fresh or rows.exists():
        return False
    UserSession.objects.create_from_request(request)
    return True
