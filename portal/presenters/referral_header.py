"""The header that stays on a referral's page and its actions: who, what state, what next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from portal.presenters import usual, words
from referrals import disclosure, permissions
from referrals.actors import Actor, Role
from referrals.disclosure import Reading
from referrals.lifecycle import Action, Move, State, Turn
from referrals.models import Referral
from referrals.operations import copies, drafts, half

CLOCKS = {
    State.SUBMITTED: "Decision", State.IN_REVIEW: "Decision", State.INFO_REQUESTED: "Answer",
    State.ACCEPTED: "Appointment", State.WAITLISTED: "Appointment",
    State.SCHEDULED: "Visit to record", State.IN_CARE: "Outcome",
    State.CANCEL_REQUESTED: "Answer", State.COMPLETED: "To close", State.DECLINED: "To close",
    State.EXPIRED: "To close",
}  # fmt: skip
CLOSED_NAME = "Closed: no consent stands"


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    url: str
    action: str = ""
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, on which side, and with which rights to see."""

    actor: Actor
    side: Turn
    licensed: bool
    clinical: bool
    reading: Reading

    @property
    def closed(self) -> bool:
        return self.reading.closed

    def content(self, referral: Referral) -> dict[str, Any]:
        """What of the content this reader may read now."""
        return disclosure.content_for(referral, self.actor) if self.clinical else {}

    @classmethod
    def of(cls, referral: Referral, actor: Actor) -> Reader:
        roles = permissions.roles_on(referral, actor)
        return cls(
            actor=actor,
            side=permissions.side_of(referral, actor),
            licensed=permissions.reads_findings(referral, actor),
            clinical=bool(roles - {Role.PO}),
            reading=disclosure.reading_of(referral, actor),
        )


def act_url(referral: Referral, action: Action) -> str:
    return reverse("referrals:act", args=[referral.pk, action.slug])


# --- Header ------------------------------------------------------------------------------------


def patient_name(content: Mapping[str, Any]) -> str:
    patient = content.get("patient") or {}
    names = [patient.get("given_name"), patient.get("family_name")]
    return " ".join(name for name in names if name) or "Patient not named yet"


def patient_age(content: Mapping[str, Any]) -> int | None:
    born = (content.get("patient") or {}).get("birth_date")
    return words.age(date.fromisoformat(born)) if born else None


def header(referral: Referral, reader: Reader) -> dict[str, Any]:
    """What stays on top of the page and of each action: see components/referral_header.html."""
    content = reader.content(referral)
    return {
        "reference": referral.reference,
        "patient": _named(reader, content),
        "age": patient_age(content),
        "state": referral.state,
        "side": reader.side.value,
        "priority": referral.priority if referral.submitted_at else "",
        "due": referral.due_at,
        "paused": referral.state == State.INFO_REQUESTED and referral.due_at is None,
        "usual": usual.for_referral(referral),
        "clock_label": CLOCKS.get(State(referral.state), ""),
        "turn_detail": _turn_detail(referral),
        "review_on": referral.review_on if referral.state == State.WAITLISTED else None,
    }


def _named(reader: Reader, content: Mapping[str, Any]) -> str:
    if not reader.clinical:
        return "Patient not shown to your role"
    return CLOSED_NAME if reader.closed else patient_name(content)


def _turn_detail(referral: Referral) -> str:
    if referral.reviewer is None or referral.info.turn is not Turn.CLINIC:
        return ""
    return f"reviewer {referral.reviewer.full_name}"


def priority_reason(referral: Referral, found: Mapping[str, Any]) -> str:
    """The first rule behind the priority, or that a person set it."""
    if not referral.submitted_at:
        return ""
    basis = found["priority"]["basis"]
    if referral.priority != found["priority"]["value"] or not basis:
        return "set by the clinic" if referral.priority != found["priority"]["value"] else ""
    more = len(basis) - 1
    return f"{basis[0]['message']}{f', and {more} more' if more else ''} (rule {basis[0]['rule']})"


# --- Actions -----------------------------------------------------------------------------------


def buttons(referral: Referral, actor: Actor) -> dict[str, Any]:
    """The primary action and the others; endings last. From the table, and nowhere else."""
    if referral.state == State.DRAFT:
        return {"primary": _continue(referral, actor), "more": _tail(referral, actor, [])}
    moves = permissions.available_moves(referral, actor)
    if not moves and half.may_complete(referral, by=actor):
        return {"primary": _half(referral), "more": _tail(referral, actor, [])}
    first = moves[0] if moves and moves[0].primary > 0 else None
    rest = sorted((m for m in moves if m is not first), key=lambda m: m.danger)
    return {
        "primary": _button(referral, first) if first else None,
        "more": _tail(referral, actor, [_button(referral, m) for m in rest]),
    }


def _button(referral: Referral, move: Move) -> Button:
    return Button(move.label, act_url(referral, move.action), move.action.value, move.danger)


def _continue(referral: Referral, actor: Actor) -> Button | None:
    if half.may_complete(referral, by=actor):
        return _half(referral)
    if not drafts.may_write(referral, actor):
        return None
    return Button("Continue writing", reverse("referrals:edit", args=[referral.pk, "patient"]))


def _half(referral: Referral) -> Button:
    return Button("Complete your half", reverse("referrals:half", args=[referral.pk]))


def _tail(referral: Referral, actor: Actor, moves: list[Button]) -> list[Button]:
    found = list(moves)
    if referral.phase in drafts.AMENDABLE and drafts.may_write(referral, actor):
        edit = reverse("referrals:edit", args=[referral.pk, "patient"])
        found.append(Button("Change what was sent", edit))
    if copies.may_copy(referral, by=actor):
        found.append(Button("Copy to a new draft", reverse("referrals:copy", args=[referral.pk])))
    if referral.content_version:
        found.append(Button("What was sent", reverse("referrals:versions", args=[referral.pk])))
    return found + _papers(referral, actor)


def _papers(referral: Referral, actor: Actor) -> list[Button]:
    """Whom it is shared with, and what can be taken along."""
    found = []
    if referral.is_open and permissions.roles_on(referral, actor) & permissions.PRACTICE_SIDE:
        share = reverse("referrals:share", args=[referral.pk])
        found.append(Button("Invite the other clinician", share))
    found.append(Button("Print for the chart", reverse("referrals:print", args=[referral.pk])))
    found.append(Button("Chart as a PDF", reverse("referrals:chart-pdf", args=[referral.pk])))
    if referral.submitted_at and not disclosure.is_closed_to(referral, actor):
        sheet = reverse("referrals:patient-sheet", args=[referral.pk])
        found.append(Button("Letter to the patient", sheet))
    return found
