"""What the patient takes home: the next steps in plain words, and nothing clinical.

Somebody else may find the sheet. It names the person, both offices, an appointment and whom
to call; not what the referral is about, which service was asked for, or why.
"""

from __future__ import annotations

from typing import Any

from portal.presenters import appointments
from portal.presenters import content_words as cw
from referrals import disclosure
from referrals.actors import Actor
from referrals.lifecycle import Phase, State
from referrals.models import Appointment, Organisation, Referral
from referrals.operations import appointments as booking

WAITING = (
    "Your office has asked another office to see you.",
    "That office reads what was sent and answers your office.",
    "One of the two calls you. You do not have to do anything until then.",
)
STEPS: dict[State, tuple[str, ...]] = {
    State.INFO_REQUESTED: (
        "The other office has a question for your office.",
        "Your office answers it, and may call you for help.",
    ),
    State.ACCEPTED: (
        "The other office will see you.",
        "It calls you to find a day that suits you.",
        "If your phone number changes, tell your office.",
    ),
    State.WAITLISTED: (
        "The other office will see you, and has no free time yet.",
        "It calls you when it has. You can ask your office at any time how long it takes.",
    ),
    State.SCHEDULED: (
        "You have an appointment; it stands below.",
        "Bring a photo ID, your insurance card and a list of the medicines that you take.",
        "If you cannot come, call as early as you can.",
    ),
    State.IN_CARE: (
        "The other office is seeing you.",
        "It writes to your office, so that both work on the same plan with you.",
    ),
    State.COMPLETED: (
        "The other office has written to your office.",
        "Ask your office to go through it with you.",
    ),
    State.DECLINED: (
        "The other office cannot see you this time.",
        "Your office talks with you about what to do instead.",
    ),
    State.CANCEL_REQUESTED: ("Your office has asked the other office to stop.",),
}
ENDED = (
    "Nothing more happens with this request.",
    "If you still want to be seen, talk with your office.",
)
YOURS = (
    "You may say no at any time. It does not change how your office treats you.",
    "You may take back your permission to share what is known about you. Tell your office.",
    "You may ask your office for a copy of what was sent.",
)


def build(referral: Referral, actor: Actor) -> dict[str, Any]:
    """The context of paper/patient.html."""
    content = disclosure.content_for(referral, actor)
    patient = content.get("patient") or {}
    names = [patient.get("given_name"), patient.get("family_name")]
    booked = booking.booked(referral)
    return {
        "reference": referral.reference,
        "name": " ".join(name for name in names if name),
        "steps": _steps(referral),
        "yours": YOURS,
        "appointment": _appointment(booked) if booked else None,
        "offices": _offices(referral),
    }


def _steps(referral: Referral) -> tuple[str, ...]:
    if referral.phase is Phase.ENDED or referral.state == State.EXPIRED:
        return ENDED
    return STEPS.get(State(referral.state), WAITING)


def _appointment(one: Appointment) -> dict[str, str]:
    place = "By video; the other office tells you how." if one.mode == "video" else one.place
    return {"when": appointments.when(one), "where": place or ""}


def _offices(referral: Referral) -> list[dict[str, str]]:
    found = [("Your office", referral.practice)]
    if referral.clinic is not None:
        found.append(("The other office", referral.clinic))
    return [_office(title, one) for title, one in found]


def _office(title: str, one: Organisation) -> dict[str, str]:
    return {"title": title, "name": one.name, "phone": cw.phone(one.phone) if one.phone else ""}
