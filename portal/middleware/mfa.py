"""A second step at sign-in, on every way in, where REQUIRE_MFA is on."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse

from portal.accounts.links import with_next

SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# Where a person without a second step may go: to set one up, to prove who they are, to leave.
OPEN_NAMES = frozenset(
    {
        "account_login", "account_logout", "account_reauthenticate", "account_inactive",
        "account_reset_password", "account_reset_password_done",
        "account_reset_password_from_key", "account_reset_password_from_key_done",
        "account_confirm_email", "account_email_verification_sent", "accept-invitation",
        "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp",
        "mfa_add_webauthn", "mfa_login_webauthn", "mfa_reauthenticate_webauthn",
        "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes", "session-state", "livez", "readyz", "metrics",
    }
)  # fmt: skip
PROBLEM = {
    "type": "mfa-required",
    "title": "A second step at sign-in is needed",
    "status": 403,
    "detail": "Set up a second step under Account, then sign in again.",
}


def has_second_step(user: object) -> bool:
    return is_mfa_enabled(user, list(SECOND_STEPS))


def used_second_step(request: HttpRequest) -> bool:
    """Whether this very session was opened (or later confirmed) with a second step."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


class RequireMfaMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        if not settings.REQUIRE_MFA or not request.user.is_authenticated:
            return None
        if request.resolver_match and request.resolver_match.view_name in OPEN_NAMES:
            return None
        if not has_second_step(request.user):
            return _refuse(request, "mfa_index")
        if not used_second_step(request):
            auth.logout(request)
            return _refuse(request, "account_login")
        return None


def _refuse(request: HttpRequest, to: str) -> HttpResponseBase:
    if request.path_info.startswith("/api/"):
        return JsonResponse(PROBLEM, status=403, content_type="application/problem+json")
    return HttpResponseRedirect(with_next(to, request.get_full_path()))
