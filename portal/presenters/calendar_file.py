"""An appointment as a calendar file: for the practice with the reference, for the patient neutral.

Neither names the patient, the service or a reason: a calendar goes to whatever the owner of
the phone sends it to. All files of one moved appointment share their UID, and SEQUENCE rises.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Calendar, Event

from referrals import clock
from referrals.models import Appointment, AppointmentStatus, Referral

CANCELLED = AppointmentStatus.CANCELLED
OFFERED = (AppointmentStatus.BOOKED, CANCELLED)
READERS = ("practice", "patient")


def is_offered(appointment: Appointment) -> bool:
    """There is a file for what stands in the calendar, or has to go from it."""
    return appointment.status in OFFERED


def build(referral: Referral, appointment: Appointment, *, reader: str, link: str) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Tandem//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if appointment.status == CANCELLED else "PUBLISH")
    calendar.add_component(_event(referral, appointment, reader, link))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _event(referral: Referral, appointment: Appointment, reader: str, link: str) -> Event:
    cancelled = appointment.status == CANCELLED
    zone = ZoneInfo(appointment.time_zone)
    event = Event()
    event.add("uid", f"{appointment.series or appointment.pk}@{settings.INSTALLATION}")
    event.add("sequence", appointment.sequence + cancelled)
    event.add("dtstamp", clock.now())
    event.add("dtstart", appointment.start.astimezone(zone))
    event.add("dtend", appointment.end.astimezone(zone))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("summary", _summary(referral, reader))
    event.add("description", _description(referral, appointment, reader, link))
    if appointment.place:
        event.add("location", appointment.place)
    event.add("class", "PRIVATE")
    return event


def _summary(referral: Referral, reader: str) -> str:
    return "Appointment" if reader == "patient" else f"Appointment, referral {referral.reference}"


def _description(referral: Referral, appointment: Appointment, reader: str, link: str) -> str:
    how = "By video." if appointment.mode == "video" else "In person."
    if reader != "patient":
        return f"{how} Details: {link}"
    phone = referral.clinic.phone if referral.clinic else ""
    return f"{how} To change or cancel, call {phone}." if phone else how


def file_name(appointment: Appointment, start: datetime) -> str:
    """A name that says nothing about anybody."""
    local = start.astimezone(ZoneInfo(appointment.time_zone))
    return f"appointment-{local:%Y-%m-%d}.ics"
