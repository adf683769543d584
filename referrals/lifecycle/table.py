"""The one table of moves: what may happen, from where, to where, by whom, under what guards.

Checks, buttons, the API's allowed actions, events, the OpenAPI enums, docs/lifecycle.md and
the test of every legal and illegal move are made from it. Nothing repeats it by hand.
Guards and effects are named here and live in referrals/operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from referrals.actors import Role
from referrals.lifecycle.actions import Action
from referrals.lifecycle.states import OPEN_STATES, State

RC, RD, CO, CL, CA, PS, PO, SY = (
    Role.RC, Role.RD, Role.CO, Role.CL, Role.CA, Role.PS, Role.PO, Role.SY,
)  # fmt: skip
PRACTICE = frozenset({RC, RD})


class Target(StrEnum):
    """Where a move leads when that is not one fixed state."""

    SAME = "same"
    PREVIOUS = "previous"  # the state that request_cancel came from


class Guard(StrEnum):
    """What must hold; each name is one function in referrals/operations/guards.py."""

    SUBMIT_SET = "submit_set_complete"
    CONSENT = "consent_covers_clinic"
    CONSENT_RECORDED = "consent_record_complete"
    FILES_SETTLED = "no_file_blocked_or_being_scanned"
    DUPLICATE_ACKNOWLEDGED = "possible_duplicate_acknowledged"
    DANGER_ACKNOWLEDGED = "immediate_danger_acknowledged"
    ITEMS_ANSWERED = "each_item_answered"
    INFORMATION_OVERDUE = "information_overdue_and_reminded"
    LICENSED_REVIEWER = "licensed_reviewer_recorded"
    SAFETY_REVIEWED = "safety_flags_reviewed"
    REASON_ALLOWED = "reason_allowed_for_role"
    NOTHING_OWED = "clinic_owes_nothing"
    TIME_FREE = "appointment_in_the_future"
    CLINIC_DIFFERS = "another_clinic_covered_by_consent"
    CONTACT_ATTEMPTED = "contact_attempted_or_clinical_reason"
    COMPLETED_BEFORE = "was_completed_before"
    TWO_PEOPLE = "asked_by_one_confirmed_by_another"
    LOWERING_LICENSED = "lowering_needs_a_licence"
    REVIEWER_OF_CLINIC = "reviewer_works_at_the_clinic"


@dataclass(frozen=True, slots=True)
class Move:
    """One row. `event` None: the move tells nobody. `primary` orders the one main button."""

    action: Action
    sources: frozenset[State]
    target: State | Target
    roles: frozenset[Role]
    event: str | None
    label: str
    consequence: str
    guards: tuple[Guard, ...] = ()
    primary: int = 0
    reasons: str | None = None  # kind of coded reason that the move takes
    own_draft_roles: frozenset[Role] = frozenset()  # clinic roles, for the clinic's own drafts
    again: bool = False
    danger: bool = False  # shown apart, worded as an ending
    bumps_version: bool = True
    allows_successor: bool = False


def _states(*states: State) -> frozenset[State]:
    return frozenset(states)


S = State
BEFORE_DECISION = _states(S.SUBMITTED, S.IN_REVIEW)
AFTER_ACCEPTANCE = _states(S.ACCEPTED, S.WAITLISTED, S.SCHEDULED, S.IN_CARE)

MOVES: tuple[Move, ...] = (
    Move(
        Action.SUBMIT,
        _states(S.DRAFT),
        S.SUBMITTED,
        PRACTICE,
        "submitted",
        "Send referral",
        "The clinic is told now and the clock for its first look starts.",
        guards=(
            Guard.SUBMIT_SET,
            Guard.CONSENT,
            Guard.FILES_SETTLED,
            Guard.DUPLICATE_ACKNOWLEDGED,
            Guard.DANGER_ACKNOWLEDGED,
        ),
        primary=90,
        own_draft_roles=frozenset({CO}),
    ),
    Move(
        Action.CLAIM,
        _states(S.SUBMITTED),
        S.IN_REVIEW,
        frozenset({CO, CL}),
        "received",
        "Claim",
        "You become the reviewer. The practice sees that it is being read.",
        primary=80,
    ),
    Move(
        Action.RELEASE,
        _states(S.IN_REVIEW),
        S.SUBMITTED,
        frozenset({CO, CL}),
        "released",
        "Release",
        "It goes back to the unclaimed list for somebody else.",
    ),
    Move(
        Action.REQUEST_INFO,
        BEFORE_DECISION,
        S.INFO_REQUESTED,
        frozenset({CO, CL}),
        "info_requested",
        "Ask for information",
        "The practice is told now. The routine clock stops until it answers.",
    ),
    Move(
        Action.PROVIDE_INFO,
        _states(S.INFO_REQUESTED),
        S.IN_REVIEW,
        PRACTICE,
        "info_provided",
        "Answer the clinic",
        "The clinic is told now and its clock runs on.",
        guards=(Guard.ITEMS_ANSWERED,),
        primary=90,
    ),
    Move(
        Action.EXPIRE,
        _states(S.INFO_REQUESTED),
        S.EXPIRED,
        frozenset({SY}),
        "expired",
        "Expire",
        "The request for information ran out. The practice can send it again.",
        guards=(Guard.INFORMATION_OVERDUE,),
    ),
    Move(
        Action.ACCEPT,
        _states(S.IN_REVIEW),
        S.ACCEPTED,
        frozenset({CO, CL}),
        "accepted",
        "Accept",
        "The clinic commits. The practice sees the date by which you expect to start.",
        guards=(
            Guard.LICENSED_REVIEWER,
            Guard.SAFETY_REVIEWED,
            Guard.CONSENT,
            Guard.CONSENT_RECORDED,
            Guard.FILES_SETTLED,
        ),
        primary=70,
    ),
    Move(
        Action.DECLINE,
        BEFORE_DECISION | AFTER_ACCEPTANCE,
        S.DECLINED,
        frozenset({CO, CL}),
        "declined",
        "Decline",
        "The practice is told now, with the reason and the alternative that you offer. "
        "An open appointment is cancelled.",
        guards=(Guard.REASON_ALLOWED,),
        reasons="decline",
        danger=True,
    ),
    Move(
        Action.WAITLIST,
        _states(S.ACCEPTED),
        S.WAITLISTED,
        frozenset({CO}),
        "waitlisted",
        "Put on the waiting list",
        "The practice sees the estimate and the review date.",
    ),
    Move(
        Action.UNWAITLIST,
        _states(S.WAITLISTED),
        S.ACCEPTED,
        frozenset({CO}),
        "accepted",
        "Take off the waiting list",
        "It goes back to the list of referrals to schedule.",
        again=True,
    ),
    Move(
        Action.SCHEDULE,
        _states(S.ACCEPTED, S.WAITLISTED, S.IN_CARE),
        S.SCHEDULED,
        frozenset({CO, PS}),
        "appointment_booked",
        "Book an appointment",
        "The practice sees the appointment.",
        guards=(Guard.TIME_FREE,),
        primary=60,
    ),
    Move(
        Action.RESCHEDULE,
        _states(S.SCHEDULED),
        S.SCHEDULED,
        frozenset({CO, PS}),
        "appointment_rescheduled",
        "Move the appointment",
        "The practice sees the new time.",
        guards=(Guard.TIME_FREE, Guard.REASON_ALLOWED),
        reasons="appointment",
    ),
    Move(
        Action.CANCEL_APPOINTMENT,
        _states(S.SCHEDULED),
        S.ACCEPTED,
        frozenset({CO, PS}),
        "appointment_cancelled",
        "Cancel the appointment",
        "The referral stays accepted and goes back to the list to schedule.",
        guards=(Guard.REASON_ALLOWED,),
        reasons="appointment",
    ),
    Move(
        Action.RECORD_NO_SHOW,
        _states(S.SCHEDULED),
        S.ACCEPTED,
        frozenset({CO, PS}),
        "appointment_missed",
        "Record a missed appointment",
        "The referral stays accepted and goes back to the list to schedule.",
        guards=(Guard.REASON_ALLOWED,),
        reasons="no_show",
    ),
    Move(
        Action.START_CARE,
        _states(S.ACCEPTED, S.SCHEDULED),
        S.IN_CARE,
        frozenset({CL, PS}),
        "care_started",
        "Start care",
        "The practice sees that the patient was seen.",
        primary=65,
    ),
    Move(
        Action.ADD_INTERIM_NOTE,
        _states(S.IN_CARE),
        Target.SAME,
        frozenset({CL, PS}),
        "interim_note_added",
        "Add an interim note",
        "The practice can read the note at once.",
    ),
    Move(
        Action.COMPLETE,
        _states(S.ACCEPTED, S.SCHEDULED, S.IN_CARE, S.CANCEL_REQUESTED),
        S.COMPLETED,
        frozenset({CL, PS}),
        "completed",
        "Send the outcome",
        "The practice receives the report and the plan for both conditions.",
        guards=(Guard.REASON_ALLOWED,),
        reasons="disposition",
        primary=62,
    ),
    Move(
        Action.CLOSE,
        _states(S.COMPLETED, S.DECLINED, S.EXPIRED),
        S.CLOSED,
        PRACTICE | {SY},
        "closed",
        "Close",
        "You confirm that you have read the answer. The clinic sees that the loop is closed.",
        guards=(Guard.NOTHING_OWED,),
        primary=85,
    ),
    Move(
        Action.CANCEL,
        BEFORE_DECISION | {S.INFO_REQUESTED},
        S.CANCELLED,
        PRACTICE,
        "cancelled",
        "Withdraw",
        "The referral stops now. The clinic is told.",
        guards=(Guard.REASON_ALLOWED,),
        reasons="cancel",
        danger=True,
    ),
    Move(
        Action.REQUEST_CANCEL,
        AFTER_ACCEPTANCE,
        S.CANCEL_REQUESTED,
        PRACTICE,
        "cancel_requested",
        "Ask to cancel",
        "The clinic has accepted, so it confirms before anything stops.",
        guards=(Guard.REASON_ALLOWED,),
        reasons="cancel",
        danger=True,
    ),
    Move(
        Action.CONFIRM_CANCEL,
        _states(S.CANCEL_REQUESTED),
        S.CANCELLED,
        frozenset({CO}),
        "cancelled",
        "Confirm the cancellation",
        "The referral stops now. An open appointment is cancelled. The practice is told.",
        primary=75,
        danger=True,
    ),
    Move(
        Action.REFUSE_CANCEL,
        _states(S.CANCEL_REQUESTED),
        Target.PREVIOUS,
        frozenset({CO, CL}),
        "cancel_refused",
        "Keep it going",
        "The referral goes back to where it was. The practice sees your reason.",
    ),
    Move(
        Action.REDIRECT,
        _states(S.IN_REVIEW, S.ACCEPTED, S.WAITLISTED, S.DECLINED),
        S.REDIRECTED,
        frozenset({CO}),
        "redirected",
        "Redirect to another clinic",
        "A linked referral is sent to that clinic at once, with nothing retyped.",
        guards=(Guard.CLINIC_DIFFERS,),
        allows_successor=True,
    ),
    Move(
        Action.MARK_UNABLE,
        _states(S.ACCEPTED, S.WAITLISTED, S.IN_CARE),
        S.UNABLE_TO_COMPLETE,
        frozenset({CO, CL}),
        "unable_to_complete",
        "Could not complete",
        "The referral ends. The practice sees the contact attempts or the reason.",
        guards=(Guard.CONTACT_ATTEMPTED,),
        danger=True,
    ),
    Move(
        Action.REOPEN,
        _states(S.COMPLETED, S.CLOSED),
        S.IN_CARE,
        frozenset({CO, CL}),
        "reopened",
        "Reopen",
        "Care goes on; the first completion date is kept.",
        guards=(Guard.COMPLETED_BEFORE,),
    ),
    Move(
        Action.RESUBMIT,
        _states(S.DECLINED, S.CANCELLED, S.EXPIRED),
        Target.SAME,
        PRACTICE,
        "resubmitted",
        "Send again",
        "A new draft with the same content is made for you. This one stays as it is.",
        primary=70,
        allows_successor=True,
    ),
    Move(
        Action.MARK_ERROR,
        OPEN_STATES,
        S.ENTERED_IN_ERROR,
        frozenset({CA, PO}),
        "entered_in_error",
        "Mark as entered in error",
        "A clinic administrator asks; the privacy officer confirms within 7 days.",
        guards=(Guard.TWO_PEOPLE,),
        danger=True,
    ),
)

BESIDE: tuple[Move, ...] = (
    Move(
        Action.ASSIGN,
        OPEN_STATES - {S.DRAFT},
        Target.SAME,
        frozenset({CO, CL}),
        "assigned",
        "Assign",
        "The person you choose becomes the reviewer.",
        guards=(Guard.REVIEWER_OF_CLINIC,),
    ),
    Move(
        Action.CHANGE_PRIORITY,
        OPEN_STATES - {S.DRAFT},
        Target.SAME,
        frozenset({CO, CL}),
        "priority_changed",
        "Change the priority",
        "The worklist is sorted anew. Lowering needs a licensed person.",
        guards=(Guard.LOWERING_LICENSED,),
    ),
    Move(
        Action.REVIEW_FLAG,
        OPEN_STATES - {S.DRAFT},
        Target.SAME,
        frozenset({CL}),
        None,
        "Review a safety flag",
        "Your note is kept with the flag and your name.",
        bumps_version=False,
    ),
    Move(
        Action.LOG_CONTACT,
        OPEN_STATES - {S.DRAFT},
        Target.SAME,
        frozenset({CO, CL}),
        None,
        "Log a contact attempt",
        "The attempt is added to the timeline.",
        bumps_version=False,
    ),
    Move(
        Action.REVOKE_CONSENT,
        OPEN_STATES - {S.DRAFT},
        Target.SAME,
        PRACTICE,
        "consent_revoked",
        "Record that consent was revoked",
        "The clinic is told that consent was revoked. Protected content closes to it.",
        danger=True,
    ),
)

ALL_MOVES: tuple[Move, ...] = MOVES + BESIDE
MOVE_FOR: dict[Action, Move] = {m.action: m for m in ALL_MOVES}
EVENTS_OF_MOVES = frozenset(m.event for m in ALL_MOVES if m.event)
# Events that no row above emits by itself.
OTHER_EVENTS = frozenset(
    {"amended", "document_added", "document_blocked", "message_posted",
     "clock_at_risk", "clock_breached"}
)  # fmt: skip
EVENT_NAMES = tuple(sorted(EVENTS_OF_MOVES | OTHER_EVENTS))
