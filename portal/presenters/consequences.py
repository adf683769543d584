"""What a move will do and what it did, in words: before the button, and after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.presenters import stream, words
from referrals.clocks.limits import WALL
from referrals.lifecycle import Action, Move
from referrals.models import Referral, TimelineEntry

DONE: dict[Action, str] = {
    Action.SUBMIT: "Sent. The clinic has been told.",
    Action.CLAIM: "It is yours to review. The practice sees that it is being read.",
    Action.RELEASE: "It is back on the unclaimed list.",
    Action.REQUEST_INFO: "Asked. The practice has been told, and the routine clock stands still.",
    Action.PROVIDE_INFO: "Answered. The clinic has been told.",
    Action.ACCEPT: "Accepted. The practice sees by when you expect to start.",
    Action.DECLINE: "Declined. The practice has been told, with your reason and suggestion.",
    Action.WAITLIST: "On the waiting list. The practice sees your estimate.",
    Action.UNWAITLIST: "Off the waiting list, and ready to schedule.",
    Action.SCHEDULE: "Appointment booked. The practice sees it.",
    Action.RESCHEDULE: "Appointment moved. The practice sees the new time.",
    Action.CANCEL_APPOINTMENT: "Appointment cancelled. The referral is back to be scheduled.",
    Action.RECORD_NO_SHOW: "Recorded. The referral is back on the list to schedule.",
    Action.START_CARE: "Care has started. The practice sees that the patient was seen.",
    Action.ADD_INTERIM_NOTE: "Note added. The practice can read it now.",
    Action.COMPLETE: "Outcome sent. The practice has the report and the plan for both conditions.",
    Action.CLOSE: "Closed. The clinic sees that the loop is closed.",
    Action.CANCEL: "Withdrawn. The clinic has been told.",
    Action.REQUEST_CANCEL: "Asked. The clinic confirms before anything stops.",
    Action.CONFIRM_CANCEL: "Cancelled. The practice has been told.",
    Action.REFUSE_CANCEL: "It goes on. The practice sees your reason.",
    Action.REDIRECT: "Redirected. A linked referral went to the other clinic.",
    Action.MARK_UNABLE: "Ended. The practice sees why.",
    Action.REOPEN: "Reopened. Care goes on.",
    Action.RESUBMIT: "A new draft has the same content. Change what you need, then send it.",
    Action.MARK_ERROR: "Recorded.",
    Action.ASSIGN: "Assigned.",
    Action.CHANGE_PRIORITY: "Priority changed. The worklist is sorted anew.",
    Action.REVIEW_FLAG: "Your review is kept with the flag.",
    Action.LOG_CONTACT: "Contact attempt added.",
    Action.REVOKE_CONSENT: "Recorded. The clinic has been told that consent was revoked.",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One change that somebody else made in the meantime."""

    what: str
    who: str
    when: str


def consequence(move: Move, referral: Referral) -> str:
    """The table's words, with what this referral's state adds to them."""
    if move.action is Action.MARK_ERROR and referral.error_requests.all():
        return "The referral ends as entered in error."
    if move.action is Action.REQUEST_INFO and referral.priority in WALL:
        return "The practice is told now. The clocks of P0 and P1 run on while it answers."
    return move.consequence


def button(move: Move, referral: Referral) -> str:
    if move.action is Action.MARK_ERROR:
        return "Confirm" if referral.error_requests.all() else "Ask the privacy officer"
    return move.label


def done(action: Action, referral: Referral) -> str:
    if action is Action.REQUEST_INFO and referral.priority in WALL:
        return "Asked. The practice has been told. The clocks of P0 and P1 run on."
    return DONE[action]


def changes_since(entries: Iterable[TimelineEntry], version: int | None) -> list[Happened]:
    """Who changed what after the version that a page was drawn from, newest first."""
    later = [e for e in entries if version is None or e.version > version]
    return [
        Happened(stream.title_of(e), stream.who_of(e), words.ago(e.occurred_at))
        for e in sorted(later, key=lambda e: e.number, reverse=True)
    ]
