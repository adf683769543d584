"""What waits on a referral, as conditions of a query: the same for each row of a list."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from referrals.lifecycle import OPEN_STATES, State, Turn
from referrals.models import (
    DuplicateDecision,
    DuplicateVerdict,
    Message,
    MessageRead,
    Referral,
)

DECISIONS = (DuplicateVerdict.LINKED, DuplicateVerdict.SET_ASIDE)


def unread_by(side: Turn) -> Exists:
    """Whether a row has a message of the other side that nobody of this side has read."""
    read = MessageRead.objects.filter(
        referral=OuterRef("referral"), side=side.value, up_to__gte=OuterRef("created_at")
    )
    theirs = Message.objects.filter(referral=OuterRef("pk")).exclude(side=side.value)
    return Exists(theirs.exclude(Exists(read)))


def undecided() -> Exists:
    """Whether a row has a candidate of `duplicates.for_clinic` on which nobody decided yet."""
    decided = DuplicateDecision.objects.filter(
        Q(referral=OuterRef("pk"), other=OuterRef(OuterRef("pk")))
        | Q(other=OuterRef("pk"), referral=OuterRef(OuterRef("pk"))),
        verdict__in=DECISIONS,
    )
    others = Referral.objects.filter(
        patient_index=OuterRef("patient_index"), clinic_id=OuterRef("clinic_id"),
        state__in=sorted(OPEN_STATES - {State.DRAFT}), consent_revoked_at__isnull=True,
        discarded_at__isnull=True,
    )  # fmt: skip
    others = others.exclude(patient_index="").exclude(pk=OuterRef("pk"))
    # Coalesced: a comparison with nothing would leave everything out.
    others = others.exclude(pk=Coalesce(OuterRef("replaces_id"), OuterRef("pk")))
    return Exists(others.exclude(replaces_id=OuterRef("pk")).exclude(Exists(decided)))
