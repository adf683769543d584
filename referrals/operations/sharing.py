"""One referral, two clinicians: the patient's other clinician is invited to complete her half.

The link of the invitation works once and for some days; only its hash is kept. It opens this
referral and no other, gives no seat at the practice, and can be taken back at any time.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from rest_framework import serializers

from referrals import access, clock, notifications, permissions
from referrals.actors import Actor, Role
from referrals.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from referrals.models import ClinicianInvitation, Referral
from referrals.operations import records, transition
from referrals.strict import StrictSerializer, Text, checked

INVITERS = frozenset({Role.RC, Role.RD})
MOST_OPEN = 5
CLOSED = "This invitation was used, taken back or is too old. Ask for a new one."


class InvitationInput(StrictSerializer):
    email = Text(max_length=254, validators=[validate_email], label="E-mail of the clinician")
    patient_agrees = serializers.BooleanField(
        label="The patient agrees that this clinician takes part"
    )


def authorise(referral_id: UUID, *, by: Actor) -> Referral:
    """The practice's own people invite; 404 for a stranger, 403 for everybody else."""
    referral = records.find(referral_id, by=by)
    if not permissions.roles_on(referral, by) & INVITERS:
        raise Forbidden()
    return referral


def listed(referral_id: UUID, *, by: Actor) -> list[ClinicianInvitation]:
    """Every invitation to this referral, the oldest first."""
    referral = authorise(referral_id, by=by)
    return list(referral.clinician_invitations.select_related("accepted_by"))


def invite(referral_id: UUID, *, by: Actor, data: object, door: str) -> ClinicianInvitation:
    """Send one invitation; the mail names nobody and goes out with the transaction."""
    with transaction.atomic():
        authorise(referral_id, by=by)
        referral = transition.lock(referral_id)
        if not referral.is_open:
            raise Conflict("This referral has ended; nobody can be invited to it any more.")
        given = checked(InvitationInput(data=data))
        _refuse(referral, given)
        secret = secrets.token_urlsafe(32)
        now = clock.now()
        made = ClinicianInvitation.objects.create(
            referral=referral, email=given["email"].lower(), token_hash=digest(secret),
            invited_by_id=by.person, invited_by_name=by.name, invited_at=now,
            expires_at=now + timedelta(days=settings.INVITATION_DAYS),
        )  # fmt: skip
        notifications.write_to(
            made.email, what="invitation", link=f"/shared/{secret}/", key=f"shared:{made.pk}"
        )
        access.record(by=by, verb="share", referral_id=referral.pk, door=door,
                      detail={"id": made.pk})  # fmt: skip
    return made


def _refuse(referral: Referral, given: dict[str, Any]) -> None:
    if given["patient_agrees"] is not True:
        raise Invalid(
            errors=[FieldError("/patient_agrees", "patient_must_agree",
                               "Ask the patient first. Without a yes nobody else is invited.")]
        )  # fmt: skip
    rows = referral.clinician_invitations
    if rows.open(at=clock.now()).count() + rows.in_force().count() >= MOST_OPEN:
        raise Conflict(f"At most {MOST_OPEN} clinicians can be invited. Take one back first.")


def revoke(referral_id: UUID, invitation_id: UUID, *, by: Actor, door: str) -> None:
    """Take an invitation back: its link and the access that it gave end now."""
    with transaction.atomic():
        authorise(referral_id, by=by)
        changed = ClinicianInvitation.objects.filter(
            pk=invitation_id, referral_id=referral_id, revoked_at__isnull=True
        ).update(revoked_at=clock.now(), revoked_by_id=by.person)
        if not changed:
            raise NotFound()
        access.record(by=by, verb="unshare", referral_id=referral_id, door=door,
                      detail={"id": invitation_id})  # fmt: skip


def find_open(secret: str, *, by: Actor | None = None) -> ClinicianInvitation | None:
    """The invitation of this link while it can be accepted; None for every other reason."""
    rows = ClinicianInvitation.objects.open(at=clock.now()).select_related("referral__practice")
    found = rows.filter(token_hash=digest(secret)).first()
    return found if found is not None and found.referral.is_open else None


def accept(
    invitation: ClinicianInvitation, *, by: Actor, practice_name: str = ""
) -> ClinicianInvitation:
    """Take it up once; `Conflict` where the link was used or taken back meanwhile."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                changed = ClinicianInvitation.objects.open(at=clock.now()).filter(
                    pk=invitation.pk
                ).update(
                    accepted_at=clock.now(), accepted_by_id=by.person,
                    practice_name=practice_name[:120],
                )  # fmt: skip
        except IntegrityError as twice:
            raise Conflict("You take part in this referral already.") from twice
        if changed != 1:
            raise Conflict(CLOSED)
        access.record(by=by, verb="join", referral_id=invitation.referral_id, door="portal",
                      detail={"id": invitation.pk})  # fmt: skip
    invitation.refresh_from_db()
    return invitation


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
