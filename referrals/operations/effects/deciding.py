"""The clinic takes a referral, decides, and keeps its own work in order."""

from __future__ import annotations

from referrals import clock, disclosure
from referrals.lifecycle import State
from referrals.models import AppointmentStatus, FlagReview
from referrals.operations import appointments, facts, reviewers
from referrals.operations.context import MoveContext
from referrals.operations.effects.telling import class_of, said
from referrals.operations.transition import Change

AFTER_ACCEPTANCE = (State.ACCEPTED, State.WAITLISTED, State.SCHEDULED, State.IN_CARE)


def claim(ctx: MoveContext) -> Change:
    return Change(columns={"reviewer_id": ctx.by.user_id})


def release(ctx: MoveContext) -> Change:
    return Change(columns={"reviewer_id": None})


def assign(ctx: MoveContext) -> Change:
    return Change(columns={"reviewer_id": ctx.data["reviewer"]})


def change_priority(ctx: MoveContext) -> Change:
    return Change(
        columns={"priority": ctx.data["priority"]}, detail=said(ctx, "priority", "comment")
    )


def review_flag(ctx: MoveContext) -> Change:
    found = disclosure.assessment_for(ctx.referral, ctx.by, ctx.assessment) or {"flags": []}
    known = {flag["rule"] for flag in found["flags"]}  # as far as this person may know of it
    if ctx.data["rule"] not in known:
        raise ctx.refuse("/rule", "unknown_flag", "This flag is not raised on the referral.")
    FlagReview.objects.create(
        referral=ctx.referral, rule=ctx.data["rule"], note=ctx.data["note"],
        reviewer_id=ctx.by.person,
    )  # fmt: skip
    left = facts.awaits_review(ctx.referral, ctx.assessment)
    return Change(columns={"awaits_review": left}, detail=said(ctx, "rule"))


def accept(ctx: MoveContext) -> Change:
    return Change(
        columns={
            "accepted_at": clock.now(),
            "accepted_by_id": ctx.by.user_id,
            "expected_by": ctx.data["expected_by"],
            "licensed_reviewer_id": reviewers.licensed_for(ctx),
        },
        detail=said(ctx, "expected_by"),
    )


def decline(ctx: MoveContext) -> Change:
    appointments.end_open(ctx.referral, AppointmentStatus.CANCELLED, by="clinic")
    return Change(
        detail=said(ctx, "reason", "comment", "alternative"),
        reason_class=class_of(ctx),
        late=State(ctx.referral.state) in AFTER_ACCEPTANCE,
    )


def waitlist(ctx: MoveContext) -> Change:
    return Change(
        columns={"review_on": ctx.data["review_on"]}, detail=said(ctx, "estimate", "review_on")
    )
