"""How the API's three kinds of credentials stand in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from referrals.api.base import EVENTS_SCOPE, READ_SCOPE, WRITE_SCOPE

SCOPES = {
    READ_SCOPE: "Read referrals",
    WRITE_SCOPE: "Make a partner's moves",
    EVENTS_SCOPE: "Read the feed",
}


class PersonalTokenScheme(OpenApiAuthenticationExtension):
    target_class = "portal.accounts.api_auth.PersonalTokenAuthentication"
    name = "personalToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        words = "A personal token, made under Account: `Authorization: Bearer tnd_…`"
        return {"type": "http", "scheme": "bearer", "description": words}


class PartnerTokenScheme(OpenApiAuthenticationExtension):
    target_class = "portal.accounts.api_auth.PartnerTokenAuthentication"
    name = "partnerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        flow = {"tokenUrl": "/identity/o/api/token", "scopes": SCOPES}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "portal.accounts.api_auth.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        # The production name of the cookie, so that the document is the same everywhere.
        return {
            "type": "apiKey", "in": "cookie", "name": "__Host-sessionid",
            "description": "The browser's session; in the demo the cookie is `sessionid`. "
            "Writes send `X-CSRFToken` with the value of the CSRF cookie.",
        }  # fmt: skip
