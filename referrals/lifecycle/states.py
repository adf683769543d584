"""The states of a referral: their words, whose turn it is, and the codes they map to.

FHIR codes follow R4 ServiceRequest.status and Task.status; business statuses are those of
the BSeR implementation guide where one exists, else local codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    INFO_REQUESTED = "info_requested"
    ACCEPTED = "accepted"
    WAITLISTED = "waitlisted"
    SCHEDULED = "scheduled"
    IN_CARE = "in_care"
    COMPLETED = "completed"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCEL_REQUESTED = "cancel_requested"
    CANCELLED = "cancelled"
    REDIRECTED = "redirected"
    UNABLE_TO_COMPLETE = "unable_to_complete"
    EXPIRED = "expired"
    ENTERED_IN_ERROR = "entered_in_error"


class Turn(StrEnum):
    """Who has to act next."""

    PRACTICE = "practice"
    CLINIC = "clinic"
    NOBODY = "nobody"


class Phase(StrEnum):
    DRAFT = "draft"
    DECIDING = "deciding"
    ACTIVE = "active"
    ANSWERED = "answered"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class StateInfo:
    """`label` is the word for people; `practice_label` differs where the practice waits."""

    label: str
    meaning: str
    turn: Turn
    phase: Phase
    service_request: str
    task: str
    business_status: str | None
    practice_label: str = ""

    def words(self, side: Turn) -> str:
        return self.practice_label if side is Turn.PRACTICE and self.practice_label else self.label


STATES: dict[State, StateInfo] = {
    State.DRAFT: StateInfo(
        "Draft", "Being written; only the writing side sees it", Turn.PRACTICE, Phase.DRAFT,
        "draft", "draft", None,
    ),
    State.SUBMITTED: StateInfo(
        "Sent", "Sent, not yet opened by the clinic", Turn.CLINIC, Phase.DECIDING,
        "active", "requested", "2.0",
    ),
    State.IN_REVIEW: StateInfo(
        "In review", "Claimed by a named reviewer", Turn.CLINIC, Phase.DECIDING,
        "active", "received", "in-review",
    ),
    State.INFO_REQUESTED: StateInfo(
        "Waiting for the practice", "The clinic asked the practice something; routine clocks stop",
        Turn.PRACTICE, Phase.DECIDING, "active", "on-hold", "awaiting-information",
        practice_label="Waiting for you",
    ),
    State.ACCEPTED: StateInfo(
        "Accepted", "The clinic commits, with an expected-by date", Turn.CLINIC, Phase.ACTIVE,
        "active", "accepted", "3.0",
    ),
    State.WAITLISTED: StateInfo(
        "On the waiting list", "Accepted, no slot yet", Turn.CLINIC, Phase.ACTIVE,
        "active", "on-hold", "waitlisted",
    ),
    State.SCHEDULED: StateInfo(
        "Scheduled", "An appointment is booked", Turn.CLINIC, Phase.ACTIVE,
        "active", "in-progress", "5.1.1",
    ),
    State.IN_CARE: StateInfo(
        "In care", "The patient was seen; interim notes flow", Turn.CLINIC, Phase.ACTIVE,
        "active", "in-progress", "5.1.4",
    ),
    State.COMPLETED: StateInfo(
        "Outcome sent", "The outcome report is with the practice", Turn.PRACTICE, Phase.ANSWERED,
        "completed", "completed", "7.0",
    ),
    State.CLOSED: StateInfo(
        "Closed", "The practice has read the outcome or acknowledged the ending", Turn.NOBODY,
        Phase.ENDED, "completed", "completed", "loop-closed",
    ),
    State.DECLINED: StateInfo(
        "Declined", "The clinic will not take it; the practice closes or sends it again",
        Turn.PRACTICE, Phase.ANSWERED, "active", "rejected", "4.0",
    ),
    State.CANCEL_REQUESTED: StateInfo(
        "Cancellation asked", "The practice asks to stop after acceptance", Turn.CLINIC,
        Phase.ACTIVE, "active", "in-progress", "5.2",
    ),
    State.CANCELLED: StateInfo(
        "Cancelled", "Stopped", Turn.NOBODY, Phase.ENDED, "revoked", "cancelled", "6.0",
    ),
    State.REDIRECTED: StateInfo(
        "Redirected", "Moved to another clinic; a linked successor replaces it", Turn.NOBODY,
        Phase.ENDED, "revoked", "cancelled", "referred-onward",
    ),
    State.UNABLE_TO_COMPLETE: StateInfo(
        "Could not complete", "Not reachable, dropped out, or not fit after the start",
        Turn.NOBODY, Phase.ENDED, "revoked", "failed", "unable-to-complete",
    ),
    State.EXPIRED: StateInfo(
        "Expired", "A request for information ran out", Turn.PRACTICE, Phase.ANSWERED,
        "revoked", "cancelled", "expired",
    ),
    State.ENTERED_IN_ERROR: StateInfo(
        "Entered in error", "Should never have existed", Turn.NOBODY, Phase.ENDED,
        "entered-in-error", "entered-in-error", "entered-in-error",
    ),
}  # fmt: skip

TO_SCHEDULE = frozenset({State.ACCEPTED, State.WAITLISTED})
OPEN_STATES = frozenset(s for s, info in STATES.items() if info.phase is not Phase.ENDED)


def waiting_on(side: Turn) -> frozenset[State]:
    """The states in which this side has to act; a draft waits for nobody but its author."""
    return frozenset(s for s, info in STATES.items() if info.turn is side) - {State.DRAFT}


def states_in(phase: Phase) -> frozenset[State]:
    return frozenset(s for s, info in STATES.items() if info.phase is phase)
