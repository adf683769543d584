"""Requests, notes, reviews and outcomes as an actor may read them: words under no class.

Messages are `conversation.listed`, the plan is `plan.read`; all of them ask the same reading.
"""

from __future__ import annotations

from referrals import disclosure, permissions
from referrals.actors import Actor
from referrals.disclosure import CLINIC, PRACTICE
from referrals.lifecycle import Turn
from referrals.models import FlagReview, InformationRequest, InterimNote, Outcome, Referral


def requests(referral: Referral, *, by: Actor) -> list[InformationRequest]:
    """What the clinic asked, the oldest first, each with its items and what was answered."""
    reading = disclosure.reading_of(referral, by)
    if not reading.hears(CLINIC):
        return []
    rows = list(referral.information_requests.prefetch_related("items"))
    return rows if reading.hears(PRACTICE) else [_without_answers(row) for row in rows]


def _without_answers(row: InformationRequest) -> InformationRequest:
    for item in row.items.all():  # the prefetched copies; nothing of this is saved
        item.answer = item.declined_because = None
    return row


def notes(referral: Referral, *, by: Actor) -> list[InterimNote]:
    return list(referral.interim_notes.all()) if _hears_clinic(referral, by) else []


def outcomes(referral: Referral, *, by: Actor) -> list[Outcome]:
    """The newest first."""
    if not _hears_clinic(referral, by):
        return []
    return list(reversed(referral.outcomes.select_related("read_by")))


def flag_reviews(referral: Referral, *, by: Actor) -> list[FlagReview]:
    """The notes on safety flags: for the clinic's own who read findings, on flags open to them."""
    inside = permissions.side_of(referral, by) is Turn.CLINIC
    if not inside or not permissions.reads_findings(referral, by):
        return []
    found = disclosure.assessment_for(referral, by)
    if found is None:
        return []
    raised = {flag["rule"] for flag in found["flags"]}
    rows = referral.flag_reviews.select_related("reviewer").order_by("reviewed_at", "pk")
    return [row for row in rows if row.rule in raised]


def _hears_clinic(referral: Referral, by: Actor) -> bool:
    return disclosure.reading_of(referral, by).hears(CLINIC)
