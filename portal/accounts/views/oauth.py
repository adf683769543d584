"""What partners need of OAuth 2, and nothing more of it: a token, and where to get it."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from allauth.core.internal import ratelimit
from allauth.idp.oidc.views import token as allauth_token
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from portal.accounts.links import absolute
from portal.accounts.partners import SCOPES
from portal.http import PortalRequest

RETRY_SECONDS = 60
GRANT = "client_credentials"


@require_GET
def configuration(request: HttpRequest) -> JsonResponse:
    """Server metadata (RFC 8414): one grant, two ways to send the secret."""
    return JsonResponse(
        {
            "issuer": settings.BASE_URL,
            "token_endpoint": absolute("partner-token"),
            "jwks_uri": absolute("partner-jwks"),
            "grant_types_supported": [GRANT],
            "response_types_supported": ["none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": settings.IDP_OIDC_AUTH_METHODS,
            "scopes_supported": list(SCOPES),
        }
    )


@csrf_exempt
@require_POST
def token(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """A token for client credentials, after the throttle and before the password hash."""
    allowed = ratelimit.consume(
        request,
        app="tandem.partners",
        action="token",
        config={"token": settings.PARTNER_TOKEN_RATE},
        key=f"{_client_id(request)}@{request.client_address}",
    )
    if not allowed:
        return _refuse("temporarily_unavailable", 429, {"Retry-After": str(RETRY_SECONDS)})
    if request.GET:
        return _refuse("invalid_request", 400)
    if request.POST.get("grant_type") != GRANT:
        return _refuse("unsupported_grant_type", 400)
    response = allauth_token(request)
    if response.status_code == 401:
        response["WWW-Authenticate"] = 'Basic realm="tandem"'
    return response


def _refuse(error: str, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    """An error as RFC 6749 section 5.2 writes it."""
    return JsonResponse({"error": error}, status=status, headers=headers)


def _client_id(request: HttpRequest) -> str:
    """Whom the request claims to be; only to count, so a wrong claim harms nobody else."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return decoded.partition(":")[0][:100]
    return request.POST.get("client_id", "")[:100]
