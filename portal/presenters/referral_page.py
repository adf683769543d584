"""One referral as its page shows it, for one reader: a constant number of queries.

What a reader is shown follows the side and the licence: a clinic clinician sees the safety
flags with their basis, a coordinator without a licence sees that they need a clinician, the
practice sees what it wrote and what the clinic answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from portal.presenters import referral_sections as sections
from portal.presenters import stream, words
from portal.presenters.content_words import Fact
from referrals import assessment as rules
from referrals import disclosure, permissions
from referrals.actors import Actor, Role
from referrals.lifecycle import Action, Move, State, Turn
from referrals.models import (
    Appointment,
    Document,
    FlagReview,
    InformationRequest,
    Outcome,
    Reason,
    Referral,
)
from referrals.operations import drafts, facts
from referrals.rules.accept_set import ANSWERS

CLOCKS = {
    State.SUBMITTED: "Decision", State.IN_REVIEW: "Decision", State.INFO_REQUESTED: "Answer",
    State.ACCEPTED: "Appointment", State.WAITLISTED: "Appointment", State.IN_CARE: "Outcome",
    State.CANCEL_REQUESTED: "Answer", State.COMPLETED: "To close", State.DECLINED: "To close",
    State.EXPIRED: "To close",
}  # fmt: skip
CLOSED_NAME = "Closed: consent was revoked"
LEVELS = {"R": "Needs clinician review", "C": "Caution", "I": "Information"}


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    url: str
    action: str = ""
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """One safety flag with its basis, and the licensed person's note on it if there is one."""

    rule: str
    level: str
    tone: str
    message: str
    source: str
    inputs: list[Fact]
    review: FlagReview | None
    review_url: str


@dataclass(frozen=True, slots=True)
class AskedItem:
    label: str
    note: str
    answer: str
    declined: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for information with its items in words."""

    request: InformationRequest
    items: list[AskedItem]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, on which side, and with which rights to see."""

    actor: Actor
    side: Turn
    licensed: bool
    clinical: bool
    closed: bool

    def content(self, referral: Referral) -> dict[str, Any]:
        """What of the content this reader may read now."""
        return disclosure.content_for(referral, self.actor) if self.clinical else {}

    @classmethod
    def of(cls, referral: Referral, actor: Actor) -> Reader:
        roles = permissions.roles_on(referral, actor)
        return cls(
            actor=actor,
            side=permissions.side_of(referral, actor),
            licensed=Role.CL in roles,
            clinical=bool(roles - {Role.PO}),
            closed=disclosure.is_closed_to(referral, actor),
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
        "clock_label": CLOCKS.get(State(referral.state), ""),
        "turn_detail": _turn_detail(referral),
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
    first = moves[0] if moves and moves[0].primary > 0 else None
    rest = sorted((m for m in moves if m is not first), key=lambda m: m.danger)
    return {
        "primary": _button(referral, first) if first else None,
        "more": _tail(referral, actor, [_button(referral, m) for m in rest]),
    }


def _button(referral: Referral, move: Move) -> Button:
    return Button(move.label, act_url(referral, move.action), move.action.value, move.danger)


def _continue(referral: Referral, actor: Actor) -> Button | None:
    if not drafts.may_write(referral, actor):
        return None
    return Button("Continue writing", reverse("referrals:edit", args=[referral.pk, "patient"]))


def _tail(referral: Referral, actor: Actor, moves: list[Button]) -> list[Button]:
    found = list(moves)
    if referral.phase in drafts.AMENDABLE and drafts.may_write(referral, actor):
        found.append(Button("Change what was sent", reverse("referrals:edit",
                                                            args=[referral.pk, "patient"])))  # fmt: skip
    found.append(Button("Print", reverse("referrals:print", args=[referral.pk])))
    return found


# --- The whole page ----------------------------------------------------------------------------


def build(referral: Referral, actor: Actor, *, show: str = "all") -> dict[str, Any]:
    """The context of the page. `show` filters the stream (stream.KINDS)."""
    reader = Reader.of(referral, actor)
    content = reader.content(referral)
    found = facts.assess(referral)
    reasons = reason_labels()
    reviews = list(referral.flag_reviews.select_related("reviewer"))
    closed = reader.closed
    documents = list(referral.documents.select_related("added_by")) if reader.clinical else []
    views = _sections(referral, content, found, closed) if reader.clinical else []
    actions = buttons(referral, actor)
    return {
        "referral": referral,
        "reader": reader,
        "header": {
            **header(referral, reader), **actions,
            "reason": priority_reason(referral, found) if content else "",
            "anchors": _anchors(views, reader),
        },
        "who": _who(referral),
        "sections": views,
        "both": _both(found, closed) if reader.clinical else None,
        "mme": found["mme"] if reader.licensed and not closed else None,
        "flags": _flags(referral, reader, found, reviews) if reader.licensed and not closed else [],
        "unlicensed_flags": _to_review(reader, found, reviews),
        "asked": asked(referral, reasons) if reader.clinical else [],
        "outcomes": _outcomes(referral, reasons) if reader.clinical else [],
        "appointments": _appointments(referral, reasons) if reader.clinical else [],
        "documents": documents,
        "error_requests": list(referral.error_requests.all()) if not reader.clinical else [],
        "stream": _stream(referral, reader, reasons, documents, show) if reader.clinical else [],
        "stream_filters": _filters(referral, show),
        "may_write": may_write(referral, actor),
        "message_url": reverse("referrals:message", args=[referral.pk]),
    }  # fmt: skip


def may_write(referral: Referral, actor: Actor) -> bool:
    from referrals.operations.conversation import WRITERS

    speaks = bool(permissions.roles_on(referral, actor) & WRITERS)
    return speaks and referral.state not in (State.DRAFT, State.ENTERED_IN_ERROR)


def reason_labels() -> dict[str, str]:
    """Code to label of every reason there ever was; one query."""
    return dict(Reason.objects.values_list("code", "label"))


def _sections(
    referral: Referral, content: Mapping[str, Any], found: Mapping[str, Any], closed: bool
) -> list[sections.SectionView]:
    complete = found["completeness"]
    gaps = [*complete["submit"]["missing"], *complete["accept"]["missing"]]
    scored = rules.computed_instruments(content, facts.as_of(referral))
    return sections.build(content, gaps=gaps, instruments=scored, closed=closed)


def _anchors(views: list[sections.SectionView], reader: Reader) -> list[dict[str, str]]:
    if not reader.clinical:
        return []
    found = [{"label": view.title, "url": f"#{view.key}"} for view in views]
    found.append({"label": "Documents", "url": "#documents"})
    return [*found, {"label": "Timeline and messages", "url": "#stream"}]


def _who(referral: Referral) -> list[Fact]:
    """Both sides of the referral, and the people named on it."""
    clinician = referral.referring_clinician
    profile = getattr(clinician, "clinician", None)
    kind = f", {profile.get_kind_display().lower()}" if profile else ""
    found = [
        Fact("Practice", referral.practice.name),
        Fact("Referring clinician", f"{clinician.full_name}{kind}" if clinician else "",
             missing=clinician is None),
        Fact("After hours", sections.cw.phone(referral.after_hours_phone), missing=not referral.after_hours_phone),
        Fact("Clinic", referral.clinic.name if referral.clinic else "",
             missing=referral.clinic is None),
        Fact("Service", referral.service.name if referral.service else "",
             missing=referral.service is None),
    ]  # fmt: skip
    if referral.submitted_at:
        found.append(Fact("Sent", words.moment(referral.submitted_at)))
    if referral.expected_by and referral.accepted_at:
        found.append(Fact("Expected to start by", words.day(referral.expected_by)))
    return found


def _both(found: Mapping[str, Any], closed: bool) -> dict[str, Any] | None:
    dual = found["dual_diagnosis"]
    if closed:
        return None
    missing = "; ".join(gap["label"] for gap in dual["missing"])
    return {
        "text": dual["text"],
        "words": f"Pain: {dual['pain_side'].replace('_', ' ')}. "
        f"Trauma: {dual['trauma_side'].replace('_', ' ')}."
        + (f" Not documented: {missing}." if missing else ""),
        "rule": ", ".join(dual["rules"]),
        "source": dual["source"],
    }


def _flags(
    referral: Referral, reader: Reader, found: Mapping[str, Any], reviews: list[FlagReview]
) -> list[Flag]:
    noted = {review.rule: review for review in reviews}
    may = permissions.may(Action.REVIEW_FLAG, referral, reader.actor) and referral.is_open
    link = f"{act_url(referral, Action.REVIEW_FLAG)}?rule="
    return [
        Flag(
            rule=flag["rule"], level=LEVELS[flag["level"]],
            tone={"R": "late", "C": "soon", "I": "quiet"}[flag["level"]],
            message=flag["message"], source=flag["source"],
            inputs=[_input(name, referral) for name in flag["inputs"]],
            review=noted.get(flag["rule"]),
            review_url=link + flag["rule"] if may and flag["rule"] not in noted else "",
        )
        for flag in found["flags"]
    ]  # fmt: skip


def _input(name: str, referral: Referral) -> Fact:
    """One input of a rule with the answer that it read, where that is a single answer."""
    section, _, key = name.partition(".")
    answers = getattr(referral.content, section, None) if section in sections.SECTIONS else None
    serializer = sections.SECTIONS[section]() if section in sections.SECTIONS else None
    f = serializer.fields.get(key) if serializer is not None else None
    if f is None:
        return Fact(name.replace("_", " ").replace(".", ", "), "see the section")
    value = answers.get(key) if isinstance(answers, Mapping) else None
    if not sections.cw.has_answer(value):
        return Fact(str(f.label), "", missing=True)
    return Fact(str(f.label), sections.cw.text(f, value))


def _to_review(reader: Reader, found: Mapping[str, Any], reviews: list[FlagReview]) -> int:
    """For a coordinator without a licence: how many flags wait for a clinician."""
    if reader.side is not Turn.CLINIC or reader.licensed:
        return 0
    noted = {review.rule for review in reviews}
    return sum(1 for flag in found["flags"] if flag["level"] == "R" and flag["rule"] not in noted)


def item_labels(reasons: Mapping[str, str]) -> dict[str, str]:
    """What an item of a request means: the acceptance set's labels, then the coded items."""
    return {**{gap.code: gap.label for gap in (need.gap() for need in ANSWERS)}, **reasons}


def asked(referral: Referral, reasons: Mapping[str, str]) -> list[Asked]:
    """The clinic's requests for information, the open one first."""
    labels = item_labels(reasons)
    requests = list(referral.information_requests.prefetch_related("items"))
    requests.sort(key=lambda r: (r.answered_at is not None, -r.asked_at.timestamp()))
    return [
        Asked(
            one,
            [
                AskedItem(labels.get(item.code, item.code), item.note or "", item.answer or "",
                          item.declined_because or "")
                for item in one.items.all()
            ],
        )
        for one in requests
    ]  # fmt: skip


def _outcomes(referral: Referral, reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    found: list[Outcome] = list(referral.outcomes.select_related("read_by"))
    return [
        {"outcome": one, "disposition": reasons.get(one.disposition, one.disposition)}
        for one in reversed(found)
    ]


def _appointments(referral: Referral, reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    found: list[Appointment] = list(referral.appointments.all())
    tones = {"booked": "accepted", "kept": "ok", "missed": "late"}
    return [
        {
            "one": one, "when": appointment_words(one), "tone": tones.get(one.status, "quiet"),
            "reason": reasons.get(one.reason_code or "", ""),
        }
        for one in reversed(found)
    ]  # fmt: skip


def appointment_words(one: Appointment) -> str:
    start = one.start.astimezone(words.zone(one.time_zone))
    end = one.end.astimezone(words.zone(one.time_zone))
    return f"{words.day(start)}, {words.time_of_day(start)} to {words.time_of_day(end)}"


def _stream(
    referral: Referral,
    reader: Reader,
    reasons: Mapping[str, str],
    documents: list[Document],
    show: str,
) -> list[stream.Item]:
    return stream.build(
        timeline=referral.timeline.select_related("on_behalf_of"),
        messages=referral.messages.all(),
        notes=referral.interim_notes.all(),
        documents=documents,
        reasons=reasons,
        side=reader.side,
        show=show,
    )


def _filters(referral: Referral, show: str) -> list[dict[str, Any]]:
    here = reverse("referrals:detail", args=[referral.pk])
    return [
        {"label": label, "url": f"{here}{'' if key == 'all' else f'?show={key}'}#stream",
         "current": key == show}
        for key, label in stream.KINDS.items()
    ]  # fmt: skip


__all__ = ["Reader", "asked", "build", "buttons", "header", "item_labels"]
