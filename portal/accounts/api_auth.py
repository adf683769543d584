"""Who calls the API: a person by session or personal token, a partner by OAuth 2 token.

Each class answers for one kind of credential and leaves the others alone. Whatever is wrong
with a bearer token, the answer is one and the same: 401 with `WWW-Authenticate: Bearer`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Token
from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.authentication import SessionAuthentication as DrfSessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from integrations.models import Partner
from portal.accounts import tokens
from portal.accounts.models import PersonalToken, User
from portal.middleware.mfa import has_second_step
from referrals.actors import Actor, actor_for_partner

CHALLENGE = 'Bearer realm="api"'
REFUSED = "This token is not good here. It may be mistyped, ended or out of date."
QUERY_NAMES = frozenset({"access_token", "token", "api_key", "apikey", "bearer"})


@dataclass
class PartnerPrincipal:
    """What stands where a user would stand: a partner's system, never a person."""

    partner: Partner
    scopes: frozenset[str]

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    @property
    def pk(self) -> str:
        """Stands for the caller in throttles and idempotency keys."""
        return f"partner:{self.partner.slug}"

    def __str__(self) -> str:
        return self.pk

    def as_actor(self) -> Actor:
        return self._actor

    @cached_property
    def _actor(self) -> Actor:
        return actor_for_partner(
            slug=self.partner.slug, clinic_id=self.partner.scope_key, scopes=self.scopes
        )


def bearer(request: Request) -> str | None:
    """The bearer token of the request; None where no Authorization header was sent.

    AuthenticationFailed for a token in the query string, another scheme, or a header that
    does not hold exactly one token: a credential was meant, so silence would be wrong.
    """
    if QUERY_NAMES & {name.lower() for name in request.query_params}:
        raise AuthenticationFailed("Send the token in the Authorization header, not in the URL.")
    header = get_authorization_header(request)
    if not header:
        return None
    parts = header.split()
    if len(parts) != 2 or parts[0].lower() != b"bearer":
        raise AuthenticationFailed(REFUSED)
    try:
        return parts[1].decode("ascii")
    except UnicodeDecodeError:
        raise AuthenticationFailed(REFUSED) from None


class BearerAuthentication(BaseAuthentication):
    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class PersonalTokenAuthentication(BearerAuthentication):
    """`Authorization: Bearer tnd_…`, made by a person for their own scripts."""

    def authenticate(self, request: Request) -> tuple[User, PersonalToken] | None:
        secret = bearer(request)
        if secret is None or not secret.startswith(tokens.MARK):
            return None
        token = tokens.find(secret)
        if token is None or (settings.REQUIRE_MFA and not has_second_step(token.user)):
            raise AuthenticationFailed(REFUSED)
        return token.user, token


class PartnerTokenAuthentication(BearerAuthentication):
    """An access token that a partner got with its client credentials."""

    def authenticate(self, request: Request) -> tuple[PartnerPrincipal, Token] | None:
        secret = bearer(request)
        if secret is None:
            return None
        token = _access_token(secret)
        partner = token and Partner.objects.active().filter(client_id=token.client_id).first()
        if not token or not partner:
            raise AuthenticationFailed(REFUSED)
        return PartnerPrincipal(partner, frozenset(token.get_scopes())), token


class SessionAuthentication(DrfSessionAuthentication):
    """The browser's session, with the CSRF token at every write.

    A request that names a bearer token is never taken for the session's, so that a page of
    another site cannot choose which of the two counts.
    """

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        if get_authorization_header(request):
            return None
        return super().authenticate(request)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def _access_token(secret: str) -> Token | None:
    """An access token of client credentials that is not out of date."""
    rows = Token.objects.filter(
        type=Token.Type.ACCESS_TOKEN,
        hash=get_adapter().hash_token(secret),
        expires_at__gt=timezone.now(),
        user=None,
        client__isnull=False,
    )
    return rows.select_related("client").first()
