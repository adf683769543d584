"""The one table of notifications: which occasion tells whom, in which words.

Notices, mails, each person's choices and docs/notifications.md are made from it. An occasion
is an event of the catalogue, or one of the portal's own (`OWN`): a reminder, an escalation,
the notice of immediate danger.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from referrals.actors import Role
from referrals.models.notices import How


class Kind(StrEnum):
    """What a person chooses by: at once, once a day, or no mail."""

    DANGER = "danger"
    SENT = "sent"
    RECEIVED = "received"
    QUESTION = "question"
    ANSWER = "answer"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    APPOINTMENT = "appointment"
    PROGRESS = "progress"
    OUTCOME = "outcome"
    MESSAGE = "message"
    DOCUMENT = "document"
    CHANGE = "change"
    ENDED = "ended"
    ASSIGNED = "assigned"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    ADVICE = "advice"
    OVERSIGHT = "oversight"


class Whom(StrEnum):
    """Groups of people, found on the referral at that moment."""

    PRACTICE = "the referring clinician and the delegate who wrote it"
    REVIEWER = "the reviewer, or the coordinators while there is none"
    COORDINATORS = "the clinic's coordinators"
    CLINICIANS = "the clinic's clinicians"
    ON_CALL = "the clinic's people on call; where it names none, its clinicians"
    ADMINISTRATORS = "the clinic's administrators"
    OTHER_SIDE = "the side that did not do it"
    PRIVACY = "the privacy officers"
    NAMED = "the people whom the occasion names"


ROLES: dict[Whom, frozenset[Role]] = {
    Whom.PRACTICE: frozenset({Role.RC, Role.RD}),
    Whom.REVIEWER: frozenset({Role.CO, Role.CL}),
    Whom.COORDINATORS: frozenset({Role.CO}),
    Whom.CLINICIANS: frozenset({Role.CL}),
    Whom.ON_CALL: frozenset({Role.CO, Role.CL, Role.CA}),
    Whom.ADMINISTRATORS: frozenset({Role.CA}),
    Whom.OTHER_SIDE: frozenset({Role.RC, Role.RD, Role.CO, Role.CL}),
    Whom.PRIVACY: frozenset({Role.PO}),
    Whom.NAMED: frozenset({Role.RC, Role.RD, Role.CO, Role.CL}),
}


@dataclass(frozen=True, slots=True)
class KindInfo:
    """`label` stands on the page of choices; a `fixed` kind is always told at once."""

    label: str
    how: How = How.AT_ONCE
    fixed: bool = False


KINDS: dict[Kind, KindInfo] = {
    Kind.DANGER: KindInfo("Immediate danger", fixed=True),
    Kind.SENT: KindInfo("A referral is sent to the clinic"),
    Kind.RECEIVED: KindInfo("The clinic starts to read", How.DIGEST),
    Kind.QUESTION: KindInfo("The clinic asks for information"),
    Kind.ANSWER: KindInfo("The practice answers"),
    Kind.ACCEPTED: KindInfo("A referral is accepted"),
    Kind.DECLINED: KindInfo("A referral is declined"),
    Kind.APPOINTMENT: KindInfo("An appointment is booked, moved, cancelled or missed"),
    Kind.PROGRESS: KindInfo("Waiting list, start of care, interim notes", How.DIGEST),
    Kind.OUTCOME: KindInfo("The outcome is sent"),
    Kind.MESSAGE: KindInfo("A message is written"),
    Kind.DOCUMENT: KindInfo("A document is added or blocked", How.DIGEST),
    Kind.CHANGE: KindInfo("What was sent, or its consent, changes"),
    Kind.ENDED: KindInfo("A referral is cancelled, redirected, closed or ends otherwise"),
    Kind.ASSIGNED: KindInfo("A referral is assigned to you"),
    Kind.REMINDER: KindInfo("Something runs out soon"),
    Kind.ESCALATION: KindInfo("A clock runs out or has run out"),
    Kind.ADVICE: KindInfo("Advice is asked or answered"),
    Kind.OVERSIGHT: KindInfo("Something waits for your confirmation"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One row: the occasion, its kind, the sentence of the notice, and whom it tells.

    `mailbox`: the team's address of the organizations told is written to as well.
    """

    what: str
    kind: Kind
    sentence: str
    to: tuple[Whom, ...]
    mailbox: bool = False


_P, _R, _C, _O = Whom.PRACTICE, Whom.REVIEWER, Whom.COORDINATORS, Whom.OTHER_SIDE

EVENTS: tuple[Told, ...] = (
    Told("submitted", Kind.SENT, "A referral was sent to the clinic.", (_C,), mailbox=True),
    Told("received", Kind.RECEIVED, "The clinic has started to read.", (_P,)),
    Told("info_requested", Kind.QUESTION, "The clinic asks for information.", (_P,), mailbox=True),
    Told("info_provided", Kind.ANSWER, "The practice has answered.", (_R,), mailbox=True),
    Told("accepted", Kind.ACCEPTED, "The clinic has accepted.", (_P,), mailbox=True),
    Told("declined", Kind.DECLINED, "The clinic has declined.", (_P,), mailbox=True),
    Told("waitlisted", Kind.PROGRESS, "It is on the waiting list.", (_P,)),
    Told("appointment_booked", Kind.APPOINTMENT, "An appointment is booked.", (_P,), mailbox=True),
    Told("appointment_rescheduled", Kind.APPOINTMENT, "The appointment was moved.", (_P,), True),
    Told("appointment_cancelled", Kind.APPOINTMENT, "The appointment is off.", (_P,), True),
    Told("appointment_missed", Kind.APPOINTMENT, "The appointment was missed.", (_P,), True),
    Told("care_started", Kind.PROGRESS, "Care has started.", (_P,)),
    Told("interim_note_added", Kind.PROGRESS, "There is an interim note to read.", (_P,)),
    Told("reopened", Kind.PROGRESS, "The clinic has reopened it.", (_P,)),
    Told("completed", Kind.OUTCOME, "The outcome is there to read.", (_P,), mailbox=True),
    Told("closed", Kind.ENDED, "It is closed.", (_O,)),
    Told("cancel_requested", Kind.ENDED, "The practice asks to cancel.", (_R,), mailbox=True),
    Told("cancel_refused", Kind.ENDED, "The clinic asks to keep it going.", (_P,)),
    Told("cancelled", Kind.ENDED, "It is cancelled.", (_O,)),
    Told("redirected", Kind.ENDED, "It went on to another clinic.", (_P,)),
    Told("unable_to_complete", Kind.ENDED, "The clinic could not complete it.", (_P,)),
    Told("expired", Kind.ENDED, "The request for information ran out.", (_P, _R)),
    Told("entered_in_error", Kind.ENDED, "It was marked as entered in error.", (_P, _R)),
    Told("amended", Kind.CHANGE, "The practice changed what it had sent.", (_R,)),
    Told("consent_revoked", Kind.CHANGE, "Consent was revoked.", (_R,), mailbox=True),
    Told("message_posted", Kind.MESSAGE, "There is a message to read.", (_O,), mailbox=True),
    Told("document_added", Kind.DOCUMENT, "A document was added.", (_O,)),
    Told("document_blocked", Kind.DOCUMENT, "A document was blocked.", (_P,)),
    Told("assigned", Kind.ASSIGNED, "It was assigned to you.", (Whom.NAMED,)),
    Told("clock_at_risk", Kind.ESCALATION, "A clock runs out soon.", (_R,)),
    Told("clock_breached", Kind.ESCALATION, "A clock has run out.", (_R, _C), mailbox=True),
)

OWN: tuple[Told, ...] = (
    Told("danger", Kind.DANGER, "Somebody may be in immediate danger.", (Whom.ON_CALL, _C),
         mailbox=True),
    Told("urgent", Kind.CHANGE, "It needs urgent clinical review.", (_R, Whom.CLINICIANS),
         mailbox=True),
    Told("escalated", Kind.ESCALATION, "A clock ran out and nobody has acted.",
         (Whom.ADMINISTRATORS,)),
    Told("appointment_unrecorded", Kind.REMINDER,
         "An appointment is over, and nothing is recorded of it.", (_R, _C), mailbox=True),
    Told("review_due", Kind.REMINDER, "It waits for a slot, and today you look at it again.",
         (_R,)),
    Told("consent_expiring", Kind.REMINDER,
         "A consent runs out soon, and what was sent closes with it.", (_P,), mailbox=True),
    Told("consent_expired", Kind.CHANGE, "A consent has run out, and what was sent is closed.",
         (_P, _R), mailbox=True),
    Told("practice_at_risk", Kind.REMINDER, "Something waits for you and runs out soon.", (_P,)),
    Told("practice_breached", Kind.REMINDER, "Something has waited for you too long.", (_P, _R)),
    Told("information_due", Kind.REMINDER, "The clinic still waits for your answer.", (_P,), True),
    Told("draft_expiring", Kind.REMINDER, "A draft of yours is removed soon.", (Whom.NAMED,)),
    Told("closing_soon", Kind.REMINDER, "An outcome waits to be read and closes soon.", (_P,)),
    Told("advice_asked", Kind.ADVICE, "A colleague asks for advice.", (Whom.CLINICIANS,), True),
    Told("advice_answered", Kind.ADVICE, "Your question was answered.", (Whom.NAMED,)),
    Told("error_asked", Kind.OVERSIGHT, "A referral waits for your confirmation.",
         (Whom.PRIVACY,)),
    Told("invited", Kind.ASSIGNED, "You were invited to a referral.", (Whom.NAMED,)),
)  # fmt: skip

# Events of which nobody is told, and why nobody needs to be.
SILENT: dict[str, str] = {
    "released": "it goes back to the unclaimed list",
    "resubmitted": "the draft is the practice's own; sending it tells the clinic",
    "priority_changed": "a raise tells: to P0 see `danger`, to P1 see `urgent`",
}

TOLD: dict[str, Told] = {row.what: row for row in EVENTS + OWN}


def roles_told(kind: Kind) -> frozenset[Role]:
    """The roles that may hear of this kind at all: whose page of choices shows it."""
    rows = [row for row in TOLD.values() if row.kind is kind]
    return frozenset().union(*(ROLES[whom] for row in rows for whom in row.to))
