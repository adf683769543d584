"""What a row of the table of moves is made of: the move, its target, its guards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from referrals.actors import Role
from referrals.lifecycle.actions import Action
from referrals.lifecycle.states import State


class Target(StrEnum):
    """Where a move leads when that is not one fixed state."""

    SAME = "same"
    PREVIOUS = "previous"  # the state that request_cancel came from


class Guard(StrEnum):
    """What must hold; each name is one function in referrals/operations/guards/."""

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
    DAY_AHEAD = "named_day_lies_ahead"
    ITEMS_CODED = "items_are_coded"
    NOT_SENT_AGAIN = "not_sent_again_already"
    CONSENT_STANDS = "consent_not_revoked_already"


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
