"""Referrals walked to a state by the real operations, never by setting columns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from referrals import clock
from referrals.actors import SYSTEM, Actor
from referrals.lifecycle import Action, State
from referrals.models import Referral
from referrals.operations import drafts, moves
from tests.cast import Cast, complete_answers


def draft(cast: Cast, *, by: str = "physician", **changes: Any) -> Referral:
    return drafts.create(by=cast.actor(by), data=complete_answers(**changes), door="portal")


def act(
    referral: Referral, action: Action, by: Actor, data: dict[str, Any] | None = None,
    door: str = "portal",
) -> Referral:  # fmt: skip
    """Make one move on the referral's present version and return it afresh."""
    version = Referral.objects.values_list("version", flat=True).get(pk=referral.pk)
    result = moves.perform(
        action, referral_id=referral.pk, by=by, data=data or {}, version=version, door=door
    )
    return result.referral


def appointment(days: int = 3) -> dict[str, Any]:
    start = clock.now() + timedelta(days=days)
    return {
        "start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat(),
        "time_zone": "America/New_York", "mode": "in_person", "place": "Main Street 1",
    }  # fmt: skip


def _day(days: int) -> str:
    return (clock.now() + timedelta(days=days)).date().isoformat()


def inputs(action: Action, cast: Cast) -> dict[str, Any]:
    """Good input for each action, as a person of the cast would give it."""
    found: dict[Action, Callable[[], dict[str, Any]]] = {
        Action.REQUEST_INFO: lambda: {
            "items": [{"code": "medications"}], "due_on": _day(9),
            "message": "Which medicines are taken now?",
        },
        Action.PROVIDE_INFO: lambda: {
            "answers": [{"item": "medications", "answer": "Listed in the letter."}]
        },
        Action.ACCEPT: lambda: {
            "expected_by": _day(14), "licensed_reviewer": str(cast.clinician.pk)
        },
        Action.DECLINE: lambda: {
            "reason": "no_capacity", "alternative": "Winter Park has openings."
        },
        Action.WAITLIST: lambda: {"estimate": "About six weeks", "review_on": _day(21)},
        Action.SCHEDULE: appointment,
        Action.RESCHEDULE: lambda: {
            "start": appointment(5)["start"], "end": appointment(5)["end"],
            "reason": "patients_wish",
        },
        Action.CANCEL_APPOINTMENT: lambda: {"by": "patient", "reason": "patient_ill"},
        Action.RECORD_NO_SHOW: lambda: {"reason": "unknown"},
        Action.ADD_INTERIM_NOTE: lambda: {"note": "Settling in; sleep is a little better."},
        Action.COMPLETE: lambda: {
            "disposition": "treated_back_to_referrer", "report": "Evaluated and treated.",
            "plan": {"pain": "Paced movement.", "trauma": "Continue therapy.",
                     "daily_life": "Sleep first."},
        },
        Action.CANCEL: lambda: {"reason": "patient_request"},
        Action.REQUEST_CANCEL: lambda: {"reason": "went_elsewhere"},
        Action.REFUSE_CANCEL: lambda: {"reason": "The patient asked us to go on."},
        Action.REDIRECT: lambda: {
            "clinic": "winter-park", "consent": {"basis": "written", "obtained_on": _day(0)}
        },
        Action.MARK_UNABLE: lambda: {"clinical_reason": "Not fit after the start."},
        Action.REOPEN: lambda: {"reason": "Symptoms came back."},
        Action.MARK_ERROR: lambda: {"reason": "Typed for the wrong person."},
        Action.ASSIGN: lambda: {"reviewer": str(cast.second_coordinator.pk)},
        Action.CHANGE_PRIORITY: lambda: {"priority": "p1", "comment": "Call from the practice."},
        Action.REVIEW_FLAG: lambda: {"rule": "K-01", "note": "Seen, cardiology letter attached."},
        Action.LOG_CONTACT: lambda: {"means": "phone", "result": "no_answer"},
        Action.REVOKE_CONSENT: lambda: {"reason": "The patient changed her mind."},
    }  # fmt: skip
    return found.get(action, dict)()


# How the cast walks from a draft to each state: (action, part) pairs.
PATHS: dict[State, tuple[tuple[Action, str], ...]] = {
    State.DRAFT: (),
    State.SUBMITTED: ((Action.SUBMIT, "physician"),),
}


def _path(state: State, before: State, *steps: tuple[Action, str]) -> None:
    PATHS[state] = PATHS[before] + steps


_path(State.IN_REVIEW, State.SUBMITTED, (Action.CLAIM, "coordinator"))
_path(State.INFO_REQUESTED, State.IN_REVIEW, (Action.REQUEST_INFO, "coordinator"))
_path(State.ACCEPTED, State.IN_REVIEW, (Action.ACCEPT, "coordinator"))
_path(State.WAITLISTED, State.ACCEPTED, (Action.WAITLIST, "coordinator"))
_path(State.SCHEDULED, State.ACCEPTED, (Action.SCHEDULE, "coordinator"))
_path(State.IN_CARE, State.SCHEDULED, (Action.START_CARE, "clinician"))
_path(State.COMPLETED, State.IN_CARE, (Action.COMPLETE, "clinician"))
_path(State.CLOSED, State.COMPLETED, (Action.CLOSE, "physician"))
_path(State.DECLINED, State.IN_REVIEW, (Action.DECLINE, "coordinator"))
_path(State.CANCEL_REQUESTED, State.ACCEPTED, (Action.REQUEST_CANCEL, "physician"))
_path(State.CANCELLED, State.SUBMITTED, (Action.CANCEL, "physician"))
_path(State.REDIRECTED, State.IN_REVIEW, (Action.REDIRECT, "coordinator"))
_path(State.UNABLE_TO_COMPLETE, State.ACCEPTED, (Action.MARK_UNABLE, "coordinator"))
_path(
    State.ENTERED_IN_ERROR, State.SUBMITTED,
    (Action.MARK_ERROR, "clinic_admin"), (Action.MARK_ERROR, "privacy"),
)  # fmt: skip


def referral_at(state: State, cast: Cast, **changes: Any) -> Referral:
    """A referral in this state, walked there by the cast."""
    if state is State.EXPIRED:
        return _expired(cast, **changes)
    referral = draft(cast, **changes)
    for action, part in PATHS[state]:
        referral = act(referral, action, cast.actor(part), inputs(action, cast))
    return referral


def _expired(cast: Cast, **changes: Any) -> Referral:
    referral = referral_at(State.INFO_REQUESTED, cast, **changes)
    referral.information_requests.update(reminders_sent=2)
    with clock.at(clock.now() + timedelta(days=12)):
        return act(referral, Action.EXPIRE, SYSTEM)
