"""Invitations: sent, listed, withdrawn, accepted once.

The link's secret is 256 random bits and only its hash is stored. Whoever holds the link has
the mailbox, so the address counts as proven.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from portal.accounts.links import absolute
from portal.accounts.models import Invitation, User
from referrals import access, notifications
from referrals.actors import SYSTEM, Actor, Role
from referrals.errors import Conflict, Forbidden, NotFound
from referrals.models import ClinicianProfile, Membership, Organisation

INVITERS = {"practice": Role.PA, "clinic": Role.CA}
OWN = "Nobody changes their own roles. Another administrator can."
USED = "This invitation was used or withdrawn. Ask for a new one, or sign in."


def administered_by(actor: Actor) -> list[Organisation]:
    """The organisations whose people this actor may invite and list."""
    rows = Organisation.objects.filter(
        pk__in=actor.organisations(*INVITERS.values()), active=True
    ).order_by("name")
    return [o for o in rows if INVITERS[o.kind] in actor.roles_at(o.pk)]


def sent_for(organisations: Sequence[Organisation]) -> QuerySet[Invitation]:
    """Invitations that can still be accepted, newest first."""
    ids = [o.pk for o in organisations]
    return (
        Invitation.objects.open(at=timezone.now())
        .filter(organisation_id__in=ids)
        .order_by("-created_at")
    )


def send(*, by: Actor, organisation: Organisation, email: str, roles: Sequence[str]) -> Invitation:
    """Invite one address to roles of one organisation; the mail goes after the commit.

    The answer is the same whether or not the address has a sign-in already.
    """
    if organisation.pk not in {o.pk for o in administered_by(by)}:
        raise Forbidden()
    own = User.objects.filter(email=email.lower()).values_list("pk", flat=True)
    if by.user_id in own:
        raise Forbidden(OWN)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        _withdraw_earlier(organisation, email)
        invitation = Invitation.objects.create(
            email=email.lower(),
            organisation_id=organisation.pk,
            roles=sorted(set(roles)),
            invited_by_id=by.user_id,
            token_hash=digest(secret),
            expires_at=timezone.now() + timedelta(days=settings.INVITATION_DAYS),
        )
        _mail(invitation, secret)
        _audit(invitation, "invite", by=by)
    return invitation


def first(*, organisation: Organisation | None, email: str, role: Role) -> str:
    """The operator's invitation, which nobody inside sends; returns its link, and mails none."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            email=email.lower(),
            organisation_id=organisation.pk if organisation else None,
            roles=[role.value],
            token_hash=digest(secret),
            expires_at=timezone.now() + timedelta(days=settings.INVITATION_DAYS),
        )
        _audit(invitation, "invite", by=SYSTEM, door="command")
    return absolute("accept-invitation", secret)


def _withdraw_earlier(organisation: Organisation, email: str) -> None:
    now = timezone.now()
    earlier = Invitation.objects.open(at=now).filter(
        organisation_id=organisation.pk, email=email.lower()
    )
    earlier.update(revoked_at=now)


def _mail(invitation: Invitation, secret: str) -> None:
    """Written with the invitation, and sent by the timers whatever the mail server does."""
    notifications.write_to(
        invitation.email, what="invitation", link=reverse("accept-invitation", args=[secret]),
        key=f"invitation:{invitation.pk}",
    )  # fmt: skip


def revoke(*, by: Actor, invitation_id: UUID) -> None:
    """Withdraw an invitation; NotFound for one of another organisation."""
    with transaction.atomic():
        open_ones = sent_for(administered_by(by)).filter(pk=invitation_id)
        invitation = open_ones.select_for_update().first()
        if invitation is None:
            raise NotFound()
        open_ones.update(revoked_at=timezone.now())
        _audit(invitation, "withdraw_invitation", by=by)


def _audit(invitation: Invitation, action: str, *, by: Actor, door: str = "portal") -> None:
    access.record(
        by=by, verb="people", referral_id=None, door=door,
        organisation_id=invitation.organisation_id,
        detail={"action": action, "id": invitation.pk, "sections": sorted(invitation.roles)},
    )  # fmt: skip


def find(secret: str) -> Invitation | None:
    """The invitation of this link while it can be accepted; None for every other reason."""
    rows = Invitation.objects.open(at=timezone.now())
    return rows.filter(token_hash=digest(secret)).first()


@transaction.atomic
def accept(invitation: Invitation, *, data: Mapping[str, Any]) -> User:
    """A new person with the invited roles. Conflict where the link was used meanwhile.

    One conditional update decides between two who hold the same link: it names the person,
    so exactly one of them changes the row and the other's person is rolled back.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                invitation.email, data["password"], full_name=data["full_name"]
            )
    except IntegrityError as error:
        raise Conflict(USED) from error
    _claim(invitation, user)
    _seat(invitation, user)
    if data.get("kind"):
        ClinicianProfile.objects.create(user=user, **_profile(data))
    return user


@transaction.atomic
def join(invitation: Invitation, *, user: User) -> None:
    """The same for somebody who has a sign-in with this address and is signed in."""
    if user.email != invitation.email:
        raise NotFound()
    _claim(invitation, user)
    _seat(invitation, user)


def _claim(invitation: Invitation, user: User) -> None:
    now = timezone.now()
    changed = (
        Invitation.objects.open(at=now)
        .filter(pk=invitation.pk)
        .update(accepted_at=now, accepted_by=user)
    )
    if changed != 1:
        raise Conflict(USED)


def _seat(invitation: Invitation, user: User) -> None:
    for role in invitation.roles:
        seat = {"user": user, "organisation_id": invitation.organisation_id, "role": role}
        Membership.objects.get_or_create(**seat, ended_at=None)
    _audit(invitation, "join", by=user.as_actor())


def _profile(data: Mapping[str, Any]) -> dict[str, Any]:
    names = ("kind", "npi", "licence_number", "licence_state", "after_hours_phone")
    return {name: data.get(name, "") for name in names}


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
