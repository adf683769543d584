"""The outcome, the close, and all that ends or is taken back."""

from __future__ import annotations

from referrals import clock, consent
from referrals.actors import Role
from referrals.lifecycle import State
from referrals.models import (
    AppointmentStatus,
    ContributorSide,
    ErrorRequest,
    Outcome,
    PlanContribution,
)
from referrals.operations import appointments, consents, facts
from referrals.operations.context import MoveContext
from referrals.operations.effects.telling import class_of, said
from referrals.operations.transition import Change

WHOLE_SCOPES = (None, "all")


def complete(ctx: MoveContext) -> Change:
    appointments.settle(ctx.referral)
    Outcome.objects.create(
        referral=ctx.referral, disposition=ctx.data["disposition"], report=ctx.data["report"],
        plan=dict(ctx.data["plan"]), author_id=ctx.by.user_id, author_name=ctx.by.name,
    )  # fmt: skip
    _carry_back(ctx)
    return Change(
        columns={"first_completed_at": ctx.referral.first_completed_at or clock.now()},
        detail=said(ctx, "disposition"),
        reason_class=class_of(ctx),
    )


def _carry_back(ctx: MoveContext) -> None:
    """The outcome's plan becomes part of the one plan, under the clinic's name."""
    for side, text in ctx.data["plan"].items():
        if text:
            PlanContribution.objects.create(
                referral=ctx.referral, side=side, text=text, author_id=ctx.by.user_id,
                author_name=ctx.by.name, author_side=ContributorSide.CLINIC, with_outcome=True,
                written_at=clock.now(),
            )  # fmt: skip


def close(ctx: MoveContext) -> Change:
    if ctx.role is not Role.SY:
        ctx.referral.outcomes.filter(read_at__isnull=True).update(
            read_at=clock.now(), read_by_id=ctx.by.user_id
        )
    return Change()


def cancel(ctx: MoveContext) -> Change:
    return Change(detail=said(ctx, "reason", "comment"), reason_class=class_of(ctx))


def request_cancel(ctx: MoveContext) -> Change:
    return Change(
        columns={"state_before_cancel": ctx.referral.state},
        detail=said(ctx, "reason", "comment"),
        reason_class=class_of(ctx),
    )


def confirm_cancel(ctx: MoveContext) -> Change:
    appointments.end_open(ctx.referral, AppointmentStatus.CANCELLED, by="patient")
    return Change()


def with_reason(ctx: MoveContext) -> Change:
    return Change(detail=said(ctx, "reason"))


def mark_unable(ctx: MoveContext) -> Change:
    return Change(
        detail=said(ctx, "clinical_reason"),
        reason_class="clinical" if ctx.data.get("clinical_reason") else "patient",
    )


def mark_error(ctx: MoveContext) -> Change:
    """The administrator's request leaves the state; the officer's confirmation moves it."""
    if ctx.role is Role.CA:
        ErrorRequest.objects.create(
            referral=ctx.referral, reason=ctx.data["reason"], asked_by_id=ctx.by.person
        )
        return Change(target=State(ctx.referral.state), detail=said(ctx, "reason"), event="")
    appointments.end_open(ctx.referral, AppointmentStatus.CANCELLED, by="clinic")
    ctx.referral.error_requests.filter(
        confirmed_at__isnull=True, asked_at__gte=ErrorRequest.oldest_in_time()
    ).update(confirmed_at=clock.now(), confirmed_by_id=ctx.by.user_id)
    return Change()


def revoke_consent(ctx: MoveContext) -> Change:
    """One class is closed by itself; without a scope all of it is."""
    consents.withdraw_answers(ctx.referral)
    scope = ctx.data.get("scope")
    if scope in WHOLE_SCOPES:
        return Change(
            columns={"consent_revoked_at": clock.now(), "awaits_review": False},
            detail=said(ctx, "scope", "reason"),
        )
    sections = ctx.referral.content
    today = consent.today_at(ctx.referral.practice).isoformat()
    sections.revoked_classes = {**(sections.revoked_classes or {}), str(scope): today}
    sections.save(update_fields=["revoked_classes"])
    left = facts.awaits_review(ctx.referral, ctx.assessment)
    return Change(columns={"awaits_review": left}, detail=said(ctx, "scope", "reason"))
