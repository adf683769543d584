"""A letter to the patient: what happens next, in plain words and without a clinical one.

Whoever opens the envelope learns that a clinic was asked to see somebody, and nothing of why.
"""

from __future__ import annotations

from typing import Any

from portal.presenters import content_words, referral_page, words
from portal.presenters.referral_header import patient_name
from referrals import disclosure
from referrals.actors import Actor
from referrals.lifecycle import Phase, State
from referrals.models import Appointment, AppointmentStatus, Referral

BRING = "Bring a photo ID, your insurance card and a list of the medicines that you take."
ENDED = "Nothing more happens with this referral. If you still look for care, call {practice}."


def build(referral: Referral, actor: Actor) -> dict[str, Any]:
    """Who is written to, the steps that come, the appointment, and whom to call."""
    content = disclosure.content_for(referral, actor)
    booked = referral.appointments.filter(status=AppointmentStatus.BOOKED).first()
    return {
        "name": patient_name(content),
        "asked": _asked(referral),
        "appointment": _appointment(booked) if booked else None,
        "steps": _steps(referral),
        "calls": _calls(referral),
    }


def _asked(referral: Referral) -> str:
    clinician = referral.referring_clinician
    who = f"{clinician.full_name} of {_practice(referral)}" if clinician else _practice(referral)
    sent = f" on {words.day(referral.submitted_at)}" if referral.submitted_at else ""
    return f"{who} asked {_clinic(referral)}{sent} to see you."


def _practice(referral: Referral) -> str:
    return str(referral.practice.name)


def _clinic(referral: Referral) -> str:
    return str(referral.clinic.name) if referral.clinic else "the clinic"


def _appointment(one: Appointment) -> dict[str, str]:
    return {
        "when": referral_page.appointment_words(one),
        "how": "by video" if one.mode == "video" else "in person",
        "place": one.place or "",
    }


def _steps(referral: Referral) -> list[str]:
    clinic, practice = _clinic(referral), _practice(referral)
    state = State(referral.state)
    if state in (State.SUBMITTED, State.IN_REVIEW, State.INFO_REQUESTED):
        return [
            f"{clinic} reads what {practice} sent, and may ask {practice} for more.",
            f"{clinic} or {practice} tells you whether and when you can come.",
            "You need not do anything until then.",
        ]
    if state in (State.ACCEPTED, State.WAITLISTED):
        return [_expected(referral, clinic), f"{clinic} calls you to find a time that suits you.",
                f"If your phone number changes, tell {practice}."]  # fmt: skip
    if state is State.SCHEDULED:
        return ["Come at the time above, or a few minutes earlier.", BRING,
                f"If you cannot come, call {clinic} as early as you can."]  # fmt: skip
    if state in (State.IN_CARE, State.CANCEL_REQUESTED):
        return [f"You are being seen at {clinic}.",
                f"Once done, {clinic} writes a report to {practice}."]  # fmt: skip
    if state in (State.COMPLETED, State.CLOSED) and referral.first_completed_at:
        return [f"{clinic} sent its report to {practice}.",
                f"Talk with {practice} about what comes next."]  # fmt: skip
    if referral.phase is Phase.ANSWERED or state is State.CLOSED:
        return [f"{clinic} cannot see you for this.",
                f"{practice} talks with you about other ways."]  # fmt: skip
    return [ENDED.format(practice=practice)]


def _expected(referral: Referral, clinic: str) -> str:
    if referral.expected_by is None:
        return f"{clinic} will see you."
    return f"{clinic} will see you, and expects to begin by {words.day(referral.expected_by)}."


def _calls(referral: Referral) -> list[dict[str, str]]:
    found = [referral.practice, referral.clinic]
    return [{"name": str(o.name), "phone": content_words.phone(o.phone)}
            for o in found if o is not None and o.phone]  # fmt: skip
