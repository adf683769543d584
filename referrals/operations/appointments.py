"""Appointment rows: at most one open at a time; each keeps how it ended."""

from __future__ import annotations

from referrals import clock
from referrals.models import Appointment, AppointmentStatus, Referral


def booked(referral: Referral) -> Appointment | None:
    """The one that is to come, or to be accounted for."""
    return referral.appointments.filter(status=AppointmentStatus.BOOKED).first()


def end_open(
    referral: Referral, status: AppointmentStatus, *, by: str, reason: str | None = None
) -> Appointment | None:
    """End the open appointment, if there is one, and return it."""
    appointment = booked(referral)
    if appointment is None:
        return None
    appointment.status = status
    appointment.ended_by = by
    appointment.ended_at = clock.now()
    appointment.reason_code = reason
    appointment.save(update_fields=["status", "ended_by", "ended_at", "reason_code"])
    return appointment


def settle(referral: Referral) -> None:
    """Before an ending: what has begun was kept, what has not is cancelled by the clinic."""
    appointment = booked(referral)
    if appointment is None:
        return
    begun = appointment.start <= clock.now()
    end_open(
        referral,
        AppointmentStatus.KEPT if begun else AppointmentStatus.CANCELLED,
        by="" if begun else "clinic",
    )
