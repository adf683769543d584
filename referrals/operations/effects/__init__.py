"""What each move does beside changing the state: one function for each action that does more.

An effect runs under the referral's lock, after the guards, before the conditional update;
all of it is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable

from referrals.lifecycle import Action
from referrals.operations.context import MoveContext
from referrals.operations.effects import deciding, ending, information, sending, visits
from referrals.operations.transition import Change

EFFECTS: dict[Action, Callable[[MoveContext], Change]] = {
    Action.SUBMIT: sending.submit,
    Action.CLAIM: deciding.claim,
    Action.RELEASE: deciding.release,
    Action.REQUEST_INFO: information.request_info,
    Action.PROVIDE_INFO: information.provide_info,
    Action.ACCEPT: deciding.accept,
    Action.DECLINE: deciding.decline,
    Action.WAITLIST: deciding.waitlist,
    Action.SCHEDULE: visits.schedule,
    Action.RESCHEDULE: visits.reschedule,
    Action.CANCEL_APPOINTMENT: visits.cancel_appointment,
    Action.RECORD_NO_SHOW: visits.record_no_show,
    Action.START_CARE: visits.start_care,
    Action.ADD_INTERIM_NOTE: visits.add_interim_note,
    Action.COMPLETE: ending.complete,
    Action.CLOSE: ending.close,
    Action.CANCEL: ending.cancel,
    Action.REQUEST_CANCEL: ending.request_cancel,
    Action.CONFIRM_CANCEL: ending.confirm_cancel,
    Action.REFUSE_CANCEL: ending.with_reason,
    Action.REDIRECT: sending.redirect,
    Action.MARK_UNABLE: ending.mark_unable,
    Action.REOPEN: ending.with_reason,
    Action.RESUBMIT: sending.resubmit,
    Action.MARK_ERROR: ending.mark_error,
    Action.ASSIGN: deciding.assign,
    Action.CHANGE_PRIORITY: deciding.change_priority,
    Action.REVIEW_FLAG: deciding.review_flag,
    Action.LOG_CONTACT: visits.log_contact,
    Action.REVOKE_CONSENT: ending.revoke_consent,
}


def change_for(ctx: MoveContext) -> Change:
    effect = EFFECTS.get(ctx.move.action)
    return effect(ctx) if effect else Change()


__all__ = ["EFFECTS", "change_for"]
