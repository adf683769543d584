"""The visits of a referral in words, each with the calendar files that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from portal.presenters import calendar_file, words
from referrals.models import Appointment, Referral


def rows(referral: Referral, reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    found: list[Appointment] = list(referral.appointments.all())
    tones = {"booked": "accepted", "kept": "ok", "missed": "late"}
    return [
        {
            "one": one, "when": when(one), "tone": tones.get(one.status, "quiet"),
            "reason": reasons.get(one.reason_code or "", ""),
            "files": _calendar_files(referral, one),
        }
        for one in reversed(found)
    ]  # fmt: skip


def _calendar_files(referral: Referral, one: Appointment) -> list[tuple[str, str]]:
    """What to click, and for whom; only the newest of a moved appointment has files."""
    if not calendar_file.is_offered(one):
        return []
    return [
        (words, reverse("referrals:calendar", args=[referral.pk, one.pk, reader]))
        for reader, words in (("practice", "Calendar file"), ("patient", "for the patient"))
    ]


def when(one: Appointment) -> str:
    """`Mon, Nov 30, 2026, 9:00 AM EST to 10:00 AM EST (New York time)`."""
    start = one.start.astimezone(words.zone(one.time_zone))
    end = one.end.astimezone(words.zone(one.time_zone))
    when = f"{words.day(start)}, {words.time_of_day(start)} to {words.time_of_day(end)}"
    return f"{when} ({words.place_of(one.time_zone)} time)"
