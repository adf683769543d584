"""Two referrals that may be for the same person: found by blind index, decided by people.

A practice is told of its own alone, before it sends. What another practice sent is shown to
the clinic after both were sent, and never to a practice: whoever types a name and a birth
date must not learn that a person is being referred. So the clinic's decisions leave no trace
where a practice looks: no event, no version, no timeline row.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from referrals import access, permissions
from referrals.actors import Actor
from referrals.errors import FieldError, Forbidden, Invalid, NotFound
from referrals.lifecycle import OPEN_STATES, State
from referrals.models import DuplicateDecision, DuplicateVerdict, Referral
from referrals.operations import records

CLINICS = (DuplicateVerdict.LINKED, DuplicateVerdict.SET_ASIDE)
NOTE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another referral of the clinic for what may be the same person, and what was decided."""

    other: Referral
    decisions: list[DuplicateDecision]

    @property
    def verdict(self) -> DuplicateDecision | None:
        """The clinic's newest word on the pair."""
        mine = [d for d in self.decisions if d.verdict in CLINICS]
        return mine[-1] if mine else None


def acknowledge(referral: Referral, others: list[Referral], reason: str, *, by: Actor) -> None:
    """Keep with the sending that the practice knew of its own other referral, and why."""
    DuplicateDecision.objects.bulk_create(
        DuplicateDecision(
            referral=referral, other=other, verdict=DuplicateVerdict.ACKNOWLEDGED,
            note=reason, decided_by_id=by.person,
        )
        for other in others
    )  # fmt: skip


def acknowledged(referral: Referral, *, by: Actor) -> list[tuple[Referral, DuplicateDecision]]:
    """The other referrals that the practice itself named, seen from either of the two."""
    rows = DuplicateDecision.objects.filter(
        Q(referral=referral) | Q(other=referral), verdict=DuplicateVerdict.ACKNOWLEDGED
    ).select_related("decided_by")
    by_id = {row.other_id if row.referral_id == referral.pk else row.referral_id: row
             for row in rows}  # fmt: skip
    visible = Referral.objects.visible_to(by).filter(pk__in=list(by_id))
    return [(one, by_id[one.pk]) for one in visible.order_by("reference")]


def for_clinic(referral: Referral, *, by: Actor) -> list[Candidate]:
    """What else the clinic has for this person; nothing for anybody but its reviewers."""
    if not permissions.decides_duplicates(referral, by) or not referral.patient_index:
        return []
    others = (
        Referral.objects.visible_to(by)
        .filter(patient_index=referral.patient_index, clinic_id=referral.clinic_id)
        .filter(Q(state__in=OPEN_STATES), consent_revoked_at__isnull=True)
        .exclude(pk__in=[referral.pk, referral.replaces_id])
        .exclude(replaces_id=referral.pk)
        .exclude(state=State.DRAFT)
        .select_related("practice", "referring_clinician")
        .order_by("submitted_at")
    )
    pairs: dict[UUID, list[DuplicateDecision]] = {}
    for row in _decisions(referral):
        pair = row.other_id if row.referral_id == referral.pk else row.referral_id
        pairs.setdefault(pair, []).append(row)
    return [Candidate(other, pairs.get(other.pk, [])) for other in others]


def _decisions(referral: Referral) -> list[DuplicateDecision]:
    rows = DuplicateDecision.objects.filter(Q(referral=referral) | Q(other=referral))
    return list(rows.select_related("decided_by"))


def authorise(referral_id: UUID, other_id: UUID, *, by: Actor) -> tuple[Referral, Candidate]:
    """403 for who does not decide; 404 for what is no candidate."""
    referral = records.find(referral_id, by=by)
    if not permissions.decides_duplicates(referral, by):
        raise Forbidden()
    candidate = next((c for c in for_clinic(referral, by=by) if c.other.pk == other_id), None)
    if candidate is None:
        raise NotFound()
    return referral, candidate


def decide(
    referral_id: UUID, other_id: UUID, *, verdict: str, note: str, by: Actor, door: str
) -> DuplicateDecision:
    """Link the two or set the suspicion aside, with a note; an earlier word stays as history."""
    with transaction.atomic():
        referral, candidate = authorise(referral_id, other_id, by=by)
        _check(verdict, note)
        decision = DuplicateDecision.objects.create(
            referral=referral, other=candidate.other, verdict=verdict, note=note or None,
            decided_by_id=by.person,
        )  # fmt: skip
        access.record(
            by=by, verb="duplicate", referral_id=referral.pk, door=door,
            detail={"action": verdict, "other_id": str(other_id)},
        )  # fmt: skip
    return decision


def _check(verdict: str, note: str) -> None:
    errors = []
    if verdict not in CLINICS:
        errors.append(FieldError("/verdict", "required", "Choose one."))
    if verdict == DuplicateVerdict.SET_ASIDE and not note:
        errors.append(FieldError("/note", "required", "Say why these are not the same matter."))
    if len(note) > NOTE_LENGTH:
        errors.append(FieldError("/note", "max_length", f"Use {NOTE_LENGTH} characters or fewer."))
    if errors:
        raise Invalid(errors=errors)
