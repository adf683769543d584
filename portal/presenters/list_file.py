"""A row of a list as a row of a file: the columns of each side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from portal.presenters import words
from portal.presenters.list_rows import patient, shown_priority
from referrals.actors import Actor
from referrals.lifecycle import Turn

COMMON = ("Reference", "Priority", "State", "Patient")
TIMES = ("Sent", "Due", "Last change")
HEADS: dict[Turn, tuple[str, ...]] = {
    Turn.CLINIC: (*COMMON, "Practice", "Referring clinician", "Service", "Reviewer", *TIMES),
    Turn.PRACTICE: (*COMMON, "Clinic", "Referring clinician", "Service", *TIMES),
}


def line(referral: Any, actor: Actor, side: Turn) -> tuple[Any, ...]:
    """The values of `HEADS[side]`; patients as the actor may read them now."""
    own = referral.clinic if side is Turn.CLINIC else referral.practice
    zone = words.zone(own.time_zone)
    values: dict[str, Callable[[], Any]] = {
        "Reference": lambda: referral.reference,
        "Priority": lambda: shown_priority(referral).upper(),
        "State": lambda: referral.info.words(side),
        "Patient": lambda: patient(referral, actor),
        "Practice": lambda: referral.practice.name,
        "Clinic": lambda: referral.clinic.name if referral.clinic else "",
        "Referring clinician": lambda: _name(referral.referring_clinician),
        "Service": lambda: referral.service.name if referral.service else "",
        "Reviewer": lambda: _name(referral.reviewer),
        "Sent": lambda: _stamp(referral.submitted_at, zone),
        "Due": lambda: _stamp(referral.due_at, zone),
        "Last change": lambda: _stamp(referral.updated_at, zone),
    }
    return tuple(values[column]() for column in HEADS[side])


def _name(user: Any) -> str:
    return user.full_name if user else ""


def _stamp(moment: datetime | None, zone: Any) -> str:
    """A time that a spreadsheet sorts: 2026-11-23 14:05 where the list's people are."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""
