"""Appointments, attempts to reach the patient, and care."""

from __future__ import annotations

from referrals.models import Appointment, AppointmentStatus, ContactAttempt, InterimNote
from referrals.operations import appointments
from referrals.operations.context import MoveContext
from referrals.operations.effects.telling import class_of, said
from referrals.operations.transition import Change


def schedule(ctx: MoveContext) -> Change:
    Appointment.objects.create(
        referral=ctx.referral, start=ctx.data["start"], end=ctx.data["end"],
        time_zone=ctx.data["time_zone"], mode=ctx.data["mode"], place=ctx.data.get("place"),
    )  # fmt: skip
    return Change(detail=said(ctx, "start", "end", "time_zone", "mode", "place"))


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
        detail={**said(ctx, "start", "end", "reason"), "time_zone": old.time_zone},
        reason_class=class_of(ctx),
    )


def cancel_appointment(ctx: MoveContext) -> Change:
    appointments.end_open(
        ctx.referral, AppointmentStatus.CANCELLED, by=ctx.data["by"], reason=ctx.data["reason"]
    )
    return Change(detail=said(ctx, "by", "reason"), reason_class=class_of(ctx))


def record_no_show(ctx: MoveContext) -> Change:
    appointments.end_open(
        ctx.referral, AppointmentStatus.MISSED, by="patient", reason=ctx.data["reason"]
    )
    return Change(detail=said(ctx, "reason"), reason_class=class_of(ctx))


def log_contact(ctx: MoveContext) -> Change:
    ContactAttempt.objects.create(
        referral=ctx.referral, means=ctx.data["means"], result=ctx.data["result"],
        made_by_id=ctx.by.user_id,
    )  # fmt: skip
    return Change(detail=said(ctx, "means", "result"))


def start_care(ctx: MoveContext) -> Change:
    appointments.end_open(ctx.referral, AppointmentStatus.KEPT, by="")
    return Change()


def add_interim_note(ctx: MoveContext) -> Change:
    InterimNote.objects.create(
        referral=ctx.referral, note=ctx.data["note"], author_id=ctx.by.user_id,
        author_name=ctx.by.name,
    )  # fmt: skip
    return Change()
