"""What each row of a list of referrals shows beside its own columns, in the same query."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery

from portal.presenters import stream
from portal.presenters.referral_header import CLOSED_NAME, patient_name
from referrals import disclosure, marks, permissions
from referrals.actors import Actor
from referrals.lifecycle import State, Turn
from referrals.models import TimelineEntry
from referrals.queries import ReferralQuerySet


def marked(rows: ReferralQuerySet, side: Turn) -> ReferralQuerySet:
    """Each row with its people, its newest timeline entry that this side sees, whether a
    message waits to be read, and for the clinic whether a possible duplicate is undecided."""
    newest = TimelineEntry.objects.filter(referral=OuterRef("pk")).order_by("-number")
    if side is not Turn.CLINIC:
        newest = newest.exclude(action__in=stream.CLINIC_ONLY)
    found = rows.with_people().annotate(
        last_action=Subquery(newest.values("action")[:1]),
        last_at=Subquery(newest.values("occurred_at")[:1]),
        has_unread=marks.unread_by(side),
    )
    return found.annotate(is_doubtful=marks.undecided()) if side is Turn.CLINIC else found


def shown_marks(referral: Any, actor: Actor) -> dict[str, Any]:
    """The annotations of `marked` in the shape of components/referral_rows.html.

    Nobody can read what consent closed, so nothing there waits to be read.
    """
    last = referral.last_action
    doubtful = getattr(referral, "is_doubtful", False)
    return {
        "last_event": stream.happened(last, referral.state) if last else "",
        "last_at": referral.last_at,
        "unread": referral.has_unread and not disclosure.is_closed_to(referral, actor),
        "doubtful": doubtful and permissions.decides_duplicates(referral, actor),
    }


def patient(referral: Any, actor: Actor) -> str:
    if disclosure.is_closed_to(referral, actor):
        return CLOSED_NAME
    return patient_name(disclosure.content_for(referral, actor))


def shown_priority(referral: Any) -> str:
    """A draft has none yet."""
    return "" if referral.state == State.DRAFT else referral.priority
