"""Partners as a clinic's administrator makes them: the row, its OAuth 2 client, its secret.

The client has client credentials and three scopes, nothing else.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from uuid import UUID

from allauth.idp.oidc.models import Client
from django.core.exceptions import ValidationError
from django.db import transaction

from integrations import partners
from integrations.errors import UnknownEvent
from integrations.models import Partner
from referrals.actors import Actor, Role
from referrals.errors import FieldError, Forbidden, Invalid
from referrals.operations import partner_systems

SCOPES = ("referrals:read", "referrals:write", "events:read")
SECRET_BYTES = 32


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


@transaction.atomic
def create(
    *,
    by: Actor,
    door: str,
    clinic_id: UUID,
    slug: str,
    name: str,
    events: Sequence[str] = (),
    scopes: Sequence[str] = SCOPES,
) -> tuple[Partner, str]:
    """A partner of a clinic that `by` administers, and its secret, which nobody sees again.

    Forbidden for another clinic; Invalid, with a pointer, for a slug that is taken or cannot
    be one, and for an event that does not exist.
    """
    if clinic_id not in by.organisations(Role.CA):
        raise Forbidden()
    try:
        partner = partners.register(
            slug=slug, name=name, scope_key=clinic_id, client_id=slug, events=events
        )
    except ValidationError as refused:
        raise Invalid(errors=_pointed(refused)) from refused
    except UnknownEvent as unknown:
        detail = "There is no such event."
        raise Invalid(errors=[FieldError("/events", "unknown", detail)]) from unknown
    secret = new_secret()
    register_client(partner, secret, scopes)
    partner_systems.note("partner_create", partner, by=by, door=door)
    return partner, secret


@transaction.atomic
def renew(partner: Partner, *, by: Actor, door: str) -> str:
    """A new secret with the same scopes; tokens given under the old one end now."""
    found = partner_systems.find(partner.pk, by=by)
    secret = new_secret()
    register_client(found, secret, scopes_of(found) or SCOPES)
    partner_systems.note("partner_renew", found, by=by, door=door)
    return secret


def scopes_of(partner: Partner) -> list[str]:
    """What the partner's tokens may reach; nothing where its client was withdrawn."""
    client = Client.objects.filter(pk=partner.client_id).first()
    return sorted(client.get_scopes()) if client else []


def _pointed(refused: ValidationError) -> list[FieldError]:
    """The faults of a row, each at the field that the person typed."""
    named = {"slug": "slug", "client_id": "slug", "name": "name"}
    found: dict[str, FieldError] = {}
    for column, texts in refused.message_dict.items():
        pointer = f"/{named.get(column, column)}"
        taken = "exists" in texts[0]
        text = "Another partner has this short name. Choose another one." if taken else texts[0]
        found.setdefault(pointer, FieldError(pointer, "taken" if taken else "invalid", text))
    return list(found.values())


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
