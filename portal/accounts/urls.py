"""Addresses of sign-in, accounts, people and partners' tokens."""

from __future__ import annotations

from allauth.idp.oidc.views import jwks
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from portal.accounts.views import account, invitation, oauth, people, session, sessions, shared
from portal.health import PROBES


def absent(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404


urlpatterns: list[URLPattern | URLResolver] = [
    # Nobody signs up by themselves; allauth's page for it does not exist here.
    path("accounts/signup/", absent, name="account_signup"),
    path("accounts/password/set/", absent, name="account_set_password"),
    path("accounts/login/code/confirm/", absent, name="account_confirm_login_code"),
    path("accounts/sessions/<int:pk>/end/", sessions.end_session, name="end-session"),
    path("accounts/", include("allauth.urls")),
    path("account/", account.account, name="account"),
    path("account/tokens/", account.token_list, name="account-tokens"),
    path("account/tokens/<uuid:token_id>/end/", account.token_end, name="end-token"),
    path("account/session/", session.session_state, name="session-state"),
    path("people/", people.people, name="people"),
    path(
        "people/invitations/<uuid:invitation_id>/withdraw/",
        people.withdraw,
        name="withdraw-invitation",
    ),
    path("people/<int:membership_id>/", people.seat, name="seat"),
    path("people/<int:membership_id>/end/", people.end_seat, name="end-membership"),
    path("people/<int:membership_id>/return/", people.let_back, name="return-membership"),
    path("invitations/<str:secret>/", invitation.accept_invitation, name="accept-invitation"),
    path("shared/<str:secret>/", shared.accept, name="accept-shared"),
    path(".well-known/openid-configuration", oauth.configuration, name="partner-configuration"),
    path(".well-known/jwks.json", jwks, name="partner-jwks"),
    path("identity/o/api/token", oauth.token, name="partner-token"),
    *(path(address[1:], probe, name=address[1:]) for address, probe in PROBES.items()),
]
