"""What each move does beside changing the state: one function for each action that does more.

An effect runs under the referral's lock, after the guards, before the conditional update;
all of it is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable

from referrals import clock, consent
from referrals.actors import Role
from referrals.lifecycle import Action, State
from referrals.models import (
    Appointment,
    AppointmentStatus,
    ContactAttempt,
    ContributorSide,
    ErrorRequest,
    FlagReview,
    InformationItem,
    InformationRequest,
    InterimNote,
    Outcome,
    PlanContribution,
)
from referrals.operations import (
    answers,
    appointments,
    consents,
    copies,
    duplicates,
    facts,
    guards,
    reviewers,
)
from referrals.operations.context import MoveContext
from referrals.operations.transition import Change

WHOLE_SCOPES = (None, "all")
AFTER_ACCEPTANCE = (State.ACCEPTED, State.WAITLISTED, State.SCHEDULED, State.IN_CARE)


def _said(ctx: MoveContext, *names: str) -> dict:
    """What was said, for the sealed detail of the timeline."""
    return {name: _plain(ctx.data[name]) for name in names if ctx.data.get(name) is not None}


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _class(ctx: MoveContext) -> str:
    return ctx.reason.reason_class if ctx.reason else ""


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
        detail=_said(ctx, "duplicate_reason"),
        replaces=ctx.referral.replaces_id,
    )


def _acknowledge(ctx: MoveContext, reason: str) -> None:
    ctx.referral.duplicate_reason = reason
    ctx.referral.save(update_fields=["duplicate_reason"])
    others = list(guards.open_duplicates(ctx.referral))
    duplicates.acknowledge(ctx.referral, others, reason, by=ctx.by)


def claim(ctx: MoveContext) -> Change:
    return Change(columns={"reviewer_id": ctx.by.user_id})


def release(ctx: MoveContext) -> Change:
    return Change(columns={"reviewer_id": None})


def request_info(ctx: MoveContext) -> Change:
    asked = InformationRequest.objects.create(
        referral=ctx.referral, asked_by_id=ctx.by.user_id, asked_at=clock.now(),
        due_on=ctx.data["due_on"], message=ctx.data["message"],
    )  # fmt: skip
    InformationItem.objects.bulk_create(
        InformationItem(request=asked, code=item["code"], note=item.get("note"), position=n)
        for n, item in enumerate(ctx.data["items"])
    )
    return Change(
        columns={"reviewer_id": ctx.referral.reviewer_id or ctx.by.user_id},
        detail={**_said(ctx, "message", "due_on"), "items": len(ctx.data["items"])},
        reason_class="information",
    )


def provide_info(ctx: MoveContext) -> Change:
    asked = ctx.referral.information_requests.get(answered_at__isnull=True)
    items = list(asked.items.all())
    for answer in ctx.data["answers"]:
        (item,) = answers.items_meant(items, answer["item"])
        item.answer = answer.get("answer")
        item.declined_because = answer.get("declined_because")
        item.save(update_fields=["answer", "declined_because"])
    asked.answered_at = clock.now()
    asked.save(update_fields=["answered_at"])
    return Change(detail={"answers": len(items)})


def accept(ctx: MoveContext) -> Change:
    return Change(
        columns={
            "accepted_at": clock.now(),
            "accepted_by_id": ctx.by.user_id,
            "expected_by": ctx.data["expected_by"],
            "licensed_reviewer_id": reviewers.licensed_for(ctx),
        },
        detail=_said(ctx, "expected_by"),
    )


def decline(ctx: MoveContext) -> Change:
    appointments.end_open(ctx.referral, AppointmentStatus.CANCELLED, by="clinic")
    return Change(
        detail=_said(ctx, "reason", "comment", "alternative"),
        reason_class=_class(ctx),
        late=State(ctx.referral.state) in AFTER_ACCEPTANCE,
    )


def waitlist(ctx: MoveContext) -> Change:
    return Change(
        columns={"review_on": ctx.data["review_on"]}, detail=_said(ctx, "estimate", "review_on")
    )


def schedule(ctx: MoveContext) -> Change:
    Appointment.objects.create(
        referral=ctx.referral, start=ctx.data["start"], end=ctx.data["end"],
        time_zone=ctx.data["time_zone"], mode=ctx.data["mode"], place=ctx.data.get("place"),
    )  # fmt: skip
    return Change(detail=_said(ctx, "start", "end", "time_zone", "mode", "place"))


def reschedule(ctx: MoveContext) -> Change:
    old = appointments.end_open(
        ctx.referral, AppointmentStatus.MOVED, by="clinic", reason=ctx.data["reason"]
    )
    assert old is not None  # a scheduled referral has an open appointment
    Appointment.objects.create(
        referral=ctx.referral, start=ctx.data["start"], end=ctx.data["end"],
        time_zone=old.time_zone, mode=old.mode, place=old.place,
        series=old.series or old.pk, sequence=old.sequence + 1,
    )  # fmt: skip
    return Change(
        detail={**_said(ctx, "start", "end", "reason"), "time_zone": old.time_zone},
        reason_class=_class(ctx),
    )


def cancel_appointment(ctx: MoveContext) -> Change:
    appointments.end_open(
        ctx.referral, AppointmentStatus.CANCELLED, by=ctx.data["by"], reason=ctx.data["reason"]
    )
    return Change(detail=_said(ctx, "by", "reason"), reason_class=_class(ctx))


def record_no_show(ctx: MoveContext) -> Change:
    appointments.end_open(
        ctx.referral, AppointmentStatus.MISSED, by="patient", reason=ctx.data["reason"]
    )
    return Change(detail=_said(ctx, "reason"), reason_class=_class(ctx))


def start_care(ctx: MoveContext) -> Change:
    appointments.end_open(ctx.referral, AppointmentStatus.KEPT, by="")
    return Change()


def add_interim_note(ctx: MoveContext) -> Change:
    InterimNote.objects.create(
        referral=ctx.referral, note=ctx.data["note"], author_id=ctx.by.user_id,
        author_name=ctx.by.name,
    )  # fmt: skip
    return Change()


def complete(ctx: MoveContext) -> Change:
    appointments.settle(ctx.referral)
    Outcome.objects.create(
        referral=ctx.referral, disposition=ctx.data["disposition"], report=ctx.data["report"],
        plan=dict(ctx.data["plan"]), author_id=ctx.by.user_id, author_name=ctx.by.name,
    )  # fmt: skip
    _carry_back(ctx)
    return Change(
        columns={"first_completed_at": ctx.referral.first_completed_at or clock.now()},
        detail=_said(ctx, "disposition"),
        reason_class=_class(ctx),
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
    return Change(detail=_said(ctx, "reason", "comment"), reason_class=_class(ctx))


def request_cancel(ctx: MoveContext) -> Change:
    return Change(
        columns={"state_before_cancel": ctx.referral.state},
        detail=_said(ctx, "reason", "comment"),
        reason_class=_class(ctx),
    )


def confirm_cancel(ctx: MoveContext) -> Change:
    appointments.end_open(ctx.referral, AppointmentStatus.CANCELLED, by="patient")
    return Change()


def with_reason(ctx: MoveContext) -> Change:
    return Change(detail=_said(ctx, "reason"))


def mark_unable(ctx: MoveContext) -> Change:
    return Change(
        detail=_said(ctx, "clinical_reason"),
        reason_class="clinical" if ctx.data.get("clinical_reason") else "patient",
    )


def mark_error(ctx: MoveContext) -> Change:
    """The administrator's request leaves the state; the officer's confirmation moves it."""
    if ctx.role is Role.CA:
        ErrorRequest.objects.create(
            referral=ctx.referral, reason=ctx.data["reason"], asked_by_id=ctx.by.person
        )
        return Change(target=State(ctx.referral.state), detail=_said(ctx, "reason"), event="")
    appointments.end_open(ctx.referral, AppointmentStatus.CANCELLED, by="clinic")
    ctx.referral.error_requests.filter(
        confirmed_at__isnull=True, asked_at__gte=ErrorRequest.oldest_in_time()
    ).update(confirmed_at=clock.now(), confirmed_by_id=ctx.by.user_id)
    return Change()


def resubmit(ctx: MoveContext) -> Change:
    draft = copies.new_draft(ctx.referral, by=ctx.by, door=ctx.door)
    return Change(successor=draft)


def redirect(ctx: MoveContext) -> Change:
    successor = copies.redirected(
        ctx.referral, clinic_slug=ctx.data["clinic"], new_consent=ctx.data.get("consent"),
        by=ctx.by, door=ctx.door,
    )  # fmt: skip
    return Change(successor=successor, detail=_said(ctx, "clinic"))


def assign(ctx: MoveContext) -> Change:
    return Change(columns={"reviewer_id": ctx.data["reviewer"]})


def change_priority(ctx: MoveContext) -> Change:
    return Change(
        columns={"priority": ctx.data["priority"]}, detail=_said(ctx, "priority", "comment")
    )


def review_flag(ctx: MoveContext) -> Change:
    known = {flag["rule"] for flag in ctx.assessment["flags"]}
    if ctx.data["rule"] not in known:
        raise ctx.refuse("/rule", "unknown_flag", "This flag is not raised on the referral.")
    FlagReview.objects.create(
        referral=ctx.referral, rule=ctx.data["rule"], note=ctx.data["note"],
        reviewer_id=ctx.by.person,
    )  # fmt: skip
    return Change(detail=_said(ctx, "rule"))


def log_contact(ctx: MoveContext) -> Change:
    ContactAttempt.objects.create(
        referral=ctx.referral, means=ctx.data["means"], result=ctx.data["result"],
        made_by_id=ctx.by.user_id,
    )  # fmt: skip
    return Change(detail=_said(ctx, "means", "result"))


def revoke_consent(ctx: MoveContext) -> Change:
    """One class is closed by itself; without a scope all of it is."""
    consents.withdraw_answers(ctx.referral)
    scope = ctx.data.get("scope")
    if scope in WHOLE_SCOPES:
        return Change(
            columns={"consent_revoked_at": clock.now()}, detail=_said(ctx, "scope", "reason")
        )
    sections = ctx.referral.content
    today = consent.today_at(ctx.referral.practice).isoformat()
    sections.revoked_classes = {**(sections.revoked_classes or {}), str(scope): today}
    sections.save(update_fields=["revoked_classes"])
    return Change(detail=_said(ctx, "scope", "reason"))


EFFECTS: dict[Action, Callable[[MoveContext], Change]] = {
    Action.SUBMIT: submit,
    Action.CLAIM: claim,
    Action.RELEASE: release,
    Action.REQUEST_INFO: request_info,
    Action.PROVIDE_INFO: provide_info,
    Action.ACCEPT: accept,
    Action.DECLINE: decline,
    Action.WAITLIST: waitlist,
    Action.SCHEDULE: schedule,
    Action.RESCHEDULE: reschedule,
    Action.CANCEL_APPOINTMENT: cancel_appointment,
    Action.RECORD_NO_SHOW: record_no_show,
    Action.START_CARE: start_care,
    Action.ADD_INTERIM_NOTE: add_interim_note,
    Action.COMPLETE: complete,
    Action.CLOSE: close,
    Action.CANCEL: cancel,
    Action.REQUEST_CANCEL: request_cancel,
    Action.CONFIRM_CANCEL: confirm_cancel,
    Action.REFUSE_CANCEL: with_reason,
    Action.REDIRECT: redirect,
    Action.MARK_UNABLE: mark_unable,
    Action.REOPEN: with_reason,
    Action.RESUBMIT: resubmit,
    Action.MARK_ERROR: mark_error,
    Action.ASSIGN: assign,
    Action.CHANGE_PRIORITY: change_priority,
    Action.REVIEW_FLAG: review_flag,
    Action.LOG_CONTACT: log_contact,
    Action.REVOKE_CONSENT: revoke_consent,
}


def change_for(ctx: MoveContext) -> Change:
    effect = EFFECTS.get(ctx.move.action)
    return effect(ctx) if effect else Change()


__all__ = ["EFFECTS", "change_for"]
