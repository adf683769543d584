"""Before a draft is sent: what it says, its consent, its files, its twins, danger."""

from __future__ import annotations

from django.db.models import QuerySet

from referrals import consent
from referrals.errors import FieldError, Invalid
from referrals.lifecycle import OPEN_STATES, State
from referrals.models import Referral, ScanState
from referrals.operations import facts, parties
from referrals.operations.context import MoveContext


def submit_set(ctx: MoveContext) -> None:
    errors = [
        FieldError(g.pointer, g.reason, g.label) for g in facts.gaps_before_sending(ctx.referral)
    ]
    if ctx.referral.referring_clinician_id is None:
        errors.append(
            FieldError("/referring_clinician/id", "required", "Name the referring clinician.")
        )
    errors += _gone_since(ctx.referral)
    if errors:
        raise Invalid("A few answers are still needed before this can be sent.", errors=errors)


def _gone_since(referral: Referral) -> list[FieldError]:
    """What the draft names and what is no longer there: a draft may be weeks old."""
    errors = []
    if referral.clinic and not referral.clinic.active:
        errors.append(FieldError("/clinic", "unknown_clinic", "Choose a clinic from the list."))
    if referral.service and not referral.service.active:
        errors.append(
            FieldError("/service", "unknown_service", "Choose one of the clinic's services.")
        )
    clinician = referral.referring_clinician_id
    if clinician and not parties.clinician_seat(clinician, referral.practice_id):
        errors.append(
            FieldError("/referring_clinician/id", "unknown_clinician",
                       "Choose a clinician of the practice.")
        )  # fmt: skip
    return errors


def consent_covers(ctx: MoveContext) -> None:
    problem = consent.problem(ctx.referral, ctx.content)
    if problem:
        raise Invalid(errors=[problem])


def files_settled(ctx: MoveContext) -> None:
    unsettled = (ScanState.PENDING, ScanState.BLOCKED)
    if ctx.referral.documents.on_record().filter(scan_state__in=unsettled).exists():
        raise ctx.refuse(
            "/documents", "file_not_settled",
            "A file is still being checked or was blocked. Wait for it or take it off.",
        )  # fmt: skip


def duplicate_acknowledged(ctx: MoveContext) -> None:
    if ctx.data.get("duplicate_reason") or not open_duplicates(ctx.referral).exists():
        return
    raise ctx.refuse(
        "/duplicate_reason", "possible_duplicate",
        "Your practice has an open referral for the same person at this clinic. "
        "Say why this is another one.",
    )  # fmt: skip


def open_duplicates(referral: Referral) -> QuerySet[Referral]:
    """Open referrals of the same practice for the same person at the same clinic.

    The one that this replaces (declined or expired, then sent again) is no duplicate.
    """
    if not referral.patient_index:
        return Referral.objects.none()
    return Referral.objects.filter(
        patient_index=referral.patient_index, practice_id=referral.practice_id,
        clinic_id=referral.clinic_id, state__in=OPEN_STATES - {State.DRAFT},
    ).exclude(pk__in=[referral.pk, referral.replaces_id])  # fmt: skip


def danger_acknowledged(ctx: MoveContext) -> None:
    """What stands before the sending in immediate danger; the rest may stay incomplete."""
    if ctx.assessment["priority"]["value"] != "p0":
        return
    errors = []
    if ctx.data.get("danger_acknowledged") is not True:
        errors.append(FieldError(
            "/danger_acknowledged", "danger_not_acknowledged",
            "The answers point to immediate danger. Call 911 or 988 now; confirm that you acted.",
        ))  # fmt: skip
    if not (ctx.content.get("safety") or {}).get("action_taken"):
        errors.append(FieldError(
            "/safety/action_taken", "danger_action_needed",
            "Say what was done about the immediate danger, in a few words.",
        ))  # fmt: skip
    if errors:
        raise Invalid(errors=errors)
