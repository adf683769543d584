"""One stream of all that happened on a referral: moves, messages, notes and documents.

The words are those of the reader's side. What only the clinic deals with among its own
people (who reviews, safety reviews) is not part of the practice's stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.presenters import differences, words
from portal.presenters import documents as document_words
from referrals import clocks, disclosure
from referrals.actors import ROLE_LABELS, Role
from referrals.disclosure import Reading
from referrals.lifecycle import Action, State, Turn
from referrals.lifecycle.inputs import REVOCABLE, LogContact
from referrals.models import Document, InterimNote, Message, TimelineEntry
from referrals.operations import conversation
from referrals.operations.consents import EXPIRED_ENTRY

# Timeline action -> (what happened, icon).
HAPPENED: dict[str, tuple[str, str]] = {
    Action.CREATE: ("Draft started", "pencil"),
    Action.SUBMIT: ("Sent to the clinic", "send"),
    Action.CLAIM: ("Claimed for review", "eye"),
    Action.RELEASE: ("Released to the unclaimed list", "left"),
    Action.REQUEST_INFO: ("Information asked", "question"),
    Action.PROVIDE_INFO: ("Information answered", "check"),
    Action.EXPIRE: ("Request for information ran out", "hourglass"),
    Action.ACCEPT: ("Accepted", "check"),
    Action.DECLINE: ("Declined", "cross"),
    Action.WAITLIST: ("Put on the waiting list", "hourglass"),
    Action.UNWAITLIST: ("Taken off the waiting list", "check"),
    Action.SCHEDULE: ("Appointment booked", "calendar"),
    Action.RESCHEDULE: ("Appointment moved", "calendar"),
    Action.CANCEL_APPOINTMENT: ("Appointment cancelled", "calendar"),
    Action.RECORD_NO_SHOW: ("Appointment missed", "calendar"),
    Action.START_CARE: ("Care started", "rings"),
    Action.ADD_INTERIM_NOTE: ("Interim note", "file"),
    Action.COMPLETE: ("Outcome sent", "report"),
    Action.CLOSE: ("Closed", "check"),
    Action.CANCEL: ("Withdrawn", "stop"),
    Action.REQUEST_CANCEL: ("Cancellation asked", "stop"),
    Action.CONFIRM_CANCEL: ("Cancellation confirmed", "stop"),
    Action.REFUSE_CANCEL: ("Kept going", "forward"),
    Action.REDIRECT: ("Redirected to another clinic", "forward"),
    Action.MARK_UNABLE: ("Could not complete", "minus"),
    Action.REOPEN: ("Reopened", "turn"),
    Action.RESUBMIT: ("Sent again as a new draft", "send"),
    Action.MARK_ERROR: ("Marked as entered in error", "cross"),
    Action.ASSIGN: ("Reviewer assigned", "person"),
    Action.CHANGE_PRIORITY: ("Priority changed", "up"),
    Action.REVIEW_FLAG: ("Safety flag reviewed", "flag"),
    Action.LOG_CONTACT: ("Contact attempt", "phone"),
    Action.REVOKE_CONSENT: ("Consent revoked", "lock"),
    EXPIRED_ENTRY: ("Consent expired", "lock"),
    "amend": ("Content changed", "pencil"),
    "clock_at_risk": ("A clock runs out soon", "clock"),
    "clock_breached": ("A clock has run out", "alert"),
}
CLINIC_ONLY = frozenset({Action.ASSIGN, Action.REVIEW_FLAG})
# Shown as notes of their own, with what was written.
TOLD_ELSEWHERE = frozenset({Action.ADD_INTERIM_NOTE.value})
KINDS = {"all": "Everything", "messages": "Messages", "moves": "Steps", "documents": "Documents"}
SHOWN_BY = {"messages": {"message"}, "moves": {"move", "note"}, "documents": {"document"}}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened, in the shape of components/stream_item.html."""

    kind: str
    icon: str
    title: str
    who: str
    at: datetime
    body: str = ""
    mine: bool = False
    url: str = ""
    link_label: str = ""
    files: tuple[tuple[str, str], ...] = ()  # (name, address or "" while it does not open)
    about: str = ""  # the coded item that a question is tied to
    foot: str = ""


def happened(action: str, state: str) -> str:
    """What happened, in words: also for "last event" in lists. `state` is where it led."""
    if action == Action.MARK_ERROR and state != State.ENTERED_IN_ERROR:
        return "Asked to mark as entered in error"
    return HAPPENED[action][0] if action else ""


def title_of(entry: TimelineEntry) -> str:
    return happened(entry.action, entry.to_state)


def who_of(entry: TimelineEntry) -> str:
    """The name and the part in which they acted; a delegate with the clinician's name."""
    if entry.automatic:
        return "Automatic"
    if entry.actor_partner:
        return f"{entry.actor_partner}, partner system"
    role = ROLE_LABELS[Role(entry.actor_role)].lower()
    if entry.on_behalf_of is not None:
        return f"{entry.actor_name} for {entry.on_behalf_of.full_name}"
    return f"{entry.actor_name}, {role}"


def build(
    *,
    timeline: Iterable[TimelineEntry],
    messages: Iterable[Message],
    notes: Iterable[InterimNote],
    documents: Iterable[Document],
    reasons: Mapping[str, str],
    side: Turn,
    show: str = "all",
    read: Mapping[str, datetime] | None = None,
    items: Mapping[str, str] | None = None,
    reading: Reading,
) -> list[Item]:
    """Newest first; `show` is one of KINDS, `reasons` maps reason codes to their labels.

    `reading` says of what was said with a move how much is open.
    """
    found = [
        *(_move(e, reasons, reading) for e in timeline if _shown(e, side)),
        *(_message(m, side, read or {}, items or {}) for m in messages),
        *(_note(n) for n in notes),
        *(_document(d) for d in documents if show == "documents" or d.message_id is None),
    ]
    kinds = SHOWN_BY.get(show)
    kept = [item for item in found if kinds is None or item.kind in kinds]
    # Of two things at one instant the later step stands first.
    order = sorted(enumerate(kept), key=lambda pair: (pair[1].at, pair[0]), reverse=True)
    return [item for _, item in order]


def _shown(entry: TimelineEntry, side: Turn) -> bool:
    if entry.action in TOLD_ELSEWHERE:
        return False
    return side is Turn.CLINIC or entry.action not in CLINIC_ONLY


def _move(entry: TimelineEntry, reasons: Mapping[str, str], reading: Reading) -> Item:
    title, icon = title_of(entry), HAPPENED[entry.action][1]
    kind = "note" if entry.action in (Action.LOG_CONTACT, Action.CHANGE_PRIORITY) else "move"
    said = _said(entry, reasons, disclosure.detail_of(entry, reading) or {})
    return Item(kind, icon, title, who_of(entry), entry.occurred_at, said)


def _message(
    message: Message, side: Turn, read: Mapping[str, datetime], items: Mapping[str, str]
) -> Item:
    mine = message.side == side.value
    kind = "Question" if message.item else "Message"
    return Item(
        "message", "question" if message.item else "message",
        f"{kind} from us" if mine else f"{kind} from the {message.side}",
        message.author_name, message.created_at, message.body, mine,
        files=tuple((d.name, document_words.url_of(d)) for d in message.documents.all()
                    if d.removed_at is None),
        about=_about(message, items), foot=_foot(message, mine, dict(read)),
    )  # fmt: skip


def _about(message: Message, items: Mapping[str, str]) -> str:
    if not message.item:
        return ""
    state = "answered" if message.answered_by.all() else "not answered yet"
    return f"About: {items.get(message.item, message.item)} ({state})"


def _foot(message: Message, mine: bool, read: dict[str, datetime]) -> str:
    """To whoever wrote it: whether the other side has read it."""
    if not mine:
        return ""
    other = "clinic" if message.side == "practice" else "practice"
    return f"Read by the {other}" if conversation.is_read(message, read) else "Not read yet"


def _note(note: InterimNote) -> Item:
    return Item("note", "file", "Interim note", note.author_name, note.created_at, note.note)


def _document(document: Document) -> Item:
    size = f"{document_words.size_of(document)}, {document.get_scan_state_display().lower()}"
    who = document.added_by.full_name if document.added_by else ""
    files = ((document.name, document_words.url_of(document)),)
    return Item("document", "file", f"Document ({size})", who, document.added_at, files=files)


# --- What was said with a move -----------------------------------------------------------------

SCOPE_WORDS = dict(REVOCABLE)
CONTACT_FIELDS: dict[str, Any] = dict(LogContact().fields)
CONTACT_WORDS: dict[str, str] = {
    **CONTACT_FIELDS["means"].choices,
    **CONTACT_FIELDS["result"].choices,
}


def _said(entry: TimelineEntry, reasons: Mapping[str, str], detail: Mapping[str, Any]) -> str:
    lines = [_line(name, value, entry, reasons) for name, value in detail.items()]
    if "start" in detail:
        lines.insert(0, _appointment(detail))
    return "\n".join(line for line in lines if line)


def _line(name: str, value: Any, entry: TimelineEntry, reasons: Mapping[str, str]) -> str:
    match name:
        case "reason" | "disposition":
            return reasons.get(str(value), str(value))
        case "expected_by":
            return f"Expected to start by {_day(value)}"
        case "review_on":
            return f"Looked at again on {_day(value)}"
        case "due_on":
            return f"Needed by {_day(value)}"
        case "alternative":
            return f"Suggested instead: {value}"
        case "estimate":
            return f"Estimate: {value}"
        case "priority":
            return f"Now {str(value).upper()}, {words.priority_words(value).text.lower()}"
        case "rules":
            return f"By the rules: {', '.join(value)}"
        case "means" | "result":
            return CONTACT_WORDS.get(value, str(value))
        case "by":
            return f"Cancelled by the {value}"
        case "fields":
            return f"Changed: {'; '.join(differences.answer_words(path) for path in value)}"
        case "clock":
            return clocks.LABELS[clocks.ClockKind(value)]
        case "items":
            return words.count(value, "item") + " asked"
        case "answers":
            return words.count(value, "item") + " answered"
        case "scope":
            return f"Scope: {SCOPE_WORDS.get(value, value).lower()}"
        case "clinical_reason" | "comment" | "message" | "duplicate_reason" | "place":
            return str(value)
        case _:
            return ""


def _day(value: str) -> str:
    return words.day(date.fromisoformat(value))


def _appointment(detail: Mapping[str, Any]) -> str:
    start = words.from_iso(detail["start"])
    local = start.astimezone(words.zone(detail.get("time_zone")))
    return f"{words.day(local)}, {words.time_of_day(local)}"
