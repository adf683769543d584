"""What must hold before a move: one function for each guard that the table names.

A guard returns nothing, or raises what is wrong and how to mend it.
"""

from __future__ import annotations

from collections.abc import Callable

from referrals.lifecycle import Guard
from referrals.operations.context import MoveContext
from referrals.operations.guards import dates, deciding, ending, information, sending
from referrals.operations.guards.ending import CONTACT_ATTEMPTS, CONTACT_MEANS
from referrals.operations.guards.sending import open_duplicates

GUARDS: dict[Guard, Callable[[MoveContext], None]] = {
    Guard.SUBMIT_SET: sending.submit_set,
    Guard.CONSENT: sending.consent_covers,
    Guard.CONSENT_RECORDED: deciding.consent_recorded,
    Guard.FILES_SETTLED: sending.files_settled,
    Guard.DUPLICATE_ACKNOWLEDGED: sending.duplicate_acknowledged,
    Guard.DANGER_ACKNOWLEDGED: sending.danger_acknowledged,
    Guard.ITEMS_ANSWERED: information.items_answered,
    Guard.INFORMATION_OVERDUE: information.information_overdue,
    Guard.LICENSED_REVIEWER: deciding.licensed_reviewer,
    Guard.SAFETY_REVIEWED: deciding.safety_reviewed,
    Guard.REASON_ALLOWED: ending.reason_allowed,
    Guard.NOTHING_OWED: ending.nothing_owed,
    Guard.TIME_FREE: dates.time_free,
    Guard.CLINIC_DIFFERS: deciding.clinic_differs,
    Guard.CONTACT_ATTEMPTED: ending.contact_attempted,
    Guard.COMPLETED_BEFORE: ending.completed_before,
    Guard.TWO_PEOPLE: ending.two_people,
    Guard.LOWERING_LICENSED: deciding.lowering_licensed,
    Guard.REVIEWER_OF_CLINIC: deciding.reviewer_of_clinic,
    Guard.DAY_AHEAD: dates.day_ahead,
    Guard.ITEMS_CODED: information.items_coded,
    Guard.NOT_SENT_AGAIN: ending.not_sent_again,
    Guard.CONSENT_STANDS: ending.consent_stands,
}


def check(ctx: MoveContext) -> None:
    """Run the move's guards in the table's order."""
    for guard in ctx.move.guards:
        GUARDS[guard](ctx)


__all__ = ["CONTACT_ATTEMPTS", "CONTACT_MEANS", "GUARDS", "check", "open_duplicates"]
