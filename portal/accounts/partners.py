"""A partner's OAuth 2 client: client credentials, three scopes, nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from allauth.idp.oidc.models import Client
from django.db import transaction

from integrations.models import Partner

SCOPES = ("referrals:read", "referrals:write", "events:read")
SECRET_BYTES = 32


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


@transaction.atomic
def register_client(partner: Partner, secret: str, scopes: Iterable[str] = SCOPES) -> Client:
    """The client of `partner`, made or renewed; only the hash of `secret` is kept.

    ValueError for a scope that does not exist. Tokens given under an older secret end.
    """
    wanted = list(dict.fromkeys(scopes))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise ValueError(f"Scopes are {', '.join(SCOPES)}.")
    Client.objects.filter(pk=partner.client_id).delete()
    client = Client(id=partner.client_id, name=partner.name, type=Client.Type.CONFIDENTIAL)
    client.grant_types = Client.GrantType.CLIENT_CREDENTIALS
    client.response_types = Client.ResponseType.NONE
    client.redirect_uris = ""
    client.set_scopes(wanted)
    client.default_scopes = client.scopes
    client.set_secret(secret)
    client.save(force_insert=True)
    return client


def withdraw_client(partner: Partner) -> None:
    """No new token, and none of the old ones is good any more."""
    Client.objects.filter(pk=partner.client_id).delete()
