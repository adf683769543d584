"""Sent, sent again, or handed on to another clinic."""

from __future__ import annotations

from referrals import clock
from referrals.operations import copies, duplicates, facts, guards
from referrals.operations.context import MoveContext
from referrals.operations.effects.telling import said
from referrals.operations.transition import Change


def submit(ctx: MoveContext) -> Change:
    now = clock.now()
    ctx.referral.submitted_at = now  # the clock's start; the conditional update stores it
    version = facts.freeze(ctx.referral, by=ctx.by)
    columns = {
        "content_version": version.number,
        "clinic_read_version": version.number,  # what a reviewer opens first is no amendment
        "submitted_at": now,
        "submitted_by_id": ctx.by.user_id,
        "priority": ctx.assessment["priority"]["value"],
        "computed_priority": ctx.assessment["priority"]["value"],
    }
    if ctx.data.get("duplicate_reason"):
        _acknowledge(ctx, ctx.data["duplicate_reason"])
    return Change(
        columns=columns,
        detail=said(ctx, "duplicate_reason"),
        replaces=ctx.referral.replaces_id,
    )


def _acknowledge(ctx: MoveContext, reason: str) -> None:
    ctx.referral.duplicate_reason = reason
    ctx.referral.save(update_fields=["duplicate_reason"])
    others = list(guards.open_duplicates(ctx.referral))
    duplicates.acknowledge(ctx.referral, others, reason, by=ctx.by)


def resubmit(ctx: MoveContext) -> Change:
    draft = copies.new_draft(ctx.referral, by=ctx.by, door=ctx.door)
    return Change(successor=draft)


def redirect(ctx: MoveContext) -> Change:
    successor = copies.redirected(
        ctx.referral, clinic_slug=ctx.data["clinic"], new_consent=ctx.data.get("consent"),
        by=ctx.by, door=ctx.door,
    )  # fmt: skip
    return Change(successor=successor, detail=said(ctx, "clinic"))
