"""Calling the API as the people of the cast, and as a partner's system."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Token
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from integrations.models import Partner
from portal.accounts import partners
from referrals.models import Referral
from tests.cast import Cast

ROOT = "/api/v1/"


class Caller:
    """One signed-in person or partner; paths are below /api/v1/."""

    def __init__(self, user: Any = None, **headers: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = headers
        if user is not None:
            self.client.force_login(user)

    def call(
        self, method: str, path: str, data: bytes | str = b"", *,
        kind: str = "application/json", **headers: str,
    ) -> HttpResponse:  # fmt: skip
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method, path if path.startswith("/") else ROOT + path, data,
            content_type=kind, headers={**self.headers, **sent},
        )  # fmt: skip

    def get(self, path: str, query: str = "", **headers: str) -> HttpResponse:
        return self.call("GET", path + (f"?{query}" if query else ""), **headers)

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("POST", path, json.dumps(body), **headers)

    def patch(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("PATCH", path, json.dumps(body), **headers)


def one(referral: Referral, part: str = "") -> str:
    return f"referrals/{referral.pk}/{part}"


def match(referral: Referral) -> str:
    """The ETag of the referral as it stands in the database."""
    return f'"{Referral.objects.values_list("version", flat=True).get(pk=referral.pk)}"'


def partner_caller(
    cast: Cast, slug: str = "ehr-tests", *, clinic: Any = None, scopes: tuple[str, ...] = ()
) -> Caller:
    """A partner's system with an access token of its own."""
    partner, _ = Partner.objects.get_or_create(
        slug=slug,
        defaults={"name": slug, "client_id": slug, "scope_key": (clinic or cast.clinic).pk},
    )
    client = partners.register_client(partner, "a synthetic partner secret")
    secret = f"token-of-{slug}"
    token = Token(
        type=Token.Type.ACCESS_TOKEN, client=client, user=None,
        hash=get_adapter().hash_token(secret), expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    token.set_scopes(list(scopes or partners.SCOPES))
    token.save()
    return Caller(Authorization=f"Bearer {secret}")


def kind_of(response: HttpResponse) -> str:
    """The last step of the problem's type; the shape of every problem is checked here."""
    assert response["Content-Type"] == "application/problem+json", response.content[:200]
    problem = json.loads(response.content)
    assert problem["status"] == response.status_code
    assert problem["title"] and problem["instance"].startswith("/api/")
    assert "no-store" in response["Cache-Control"]
    for error in problem.get("errors", ()):
        assert set(error) == {"pointer", "code", "detail"}
        assert error["pointer"] == "" or error["pointer"].startswith("/")
    return problem["type"].rsplit("/", 1)[1]
