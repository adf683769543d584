"""One referral as its page shows it, for one reader: a constant number of queries.

What a reader is shown follows the side and the licence: a clinic clinician sees the safety
flags with their basis, a coordinator without a licence sees that they need a clinician, the
practice sees what it wrote and what the clinic answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from portal.presenters import (
    acceptance,
    calendar_file,
    contacts,
    duplicates,
    findings,
    links,
    message_box,
    plan,
    stream,
    waiting,
    words,
)
from portal.presenters import documents as document_words
from portal.presenters import referral_sections as sections
from portal.presenters.content_words import Fact
from portal.presenters.referral_header import (
    CLOCKS,
    CLOSED_NAME,
    Reader,
    act_url,
    buttons,
    header,
    patient_name,
    priority_reason,
)
from referrals import disclosure, permissions
from referrals.actors import Actor
from referrals.assessment import answers_read
from referrals.lifecycle import Action, State, Turn
from referrals.models import (
    Advice,
    Appointment,
    Document,
    FlagReview,
    InformationRequest,
    Message,
    Reason,
    Referral,
)
from referrals.operations import conversation, drafts, own_words, versions
from referrals.operations import documents as document_operations
from referrals.rules.accept_set import ANSWERS

# What a page says of the rules where it may say nothing of what they read.
CLOSED_ASSESSMENT: dict[str, Any] = {
    "priority": {"value": "", "rules": [], "basis": []},
    "flags": [],
    "mme": None,
    "completeness": {"submit": {"missing": []}, "accept": {"missing": [], "clinic_to_obtain": []}},
}


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


# --- The whole page ----------------------------------------------------------------------------


def build(referral: Referral, actor: Actor, *, show: str = "all") -> dict[str, Any]:
    """The context of the page. `show` filters the stream (stream.KINDS)."""
    reader = Reader.of(referral, actor)
    content = reader.content(referral)
    found = disclosure.assessment_for(referral, actor) or CLOSED_ASSESSMENT
    reasons = reason_labels()
    reviews = list(referral.flag_reviews.select_related("reviewer"))
    closed = reader.closed
    spoken = reader.clinical and not closed
    documents = document_operations.listed(referral, by=actor)
    messages = conversation.listed(referral, by=actor)
    views = _sections(referral, content, found, reader) if reader.clinical else []
    actions = buttons(referral, actor)
    return {
        "referral": referral,
        "reader": reader,
        "header": {
            **header(referral, reader), **actions,
            "reason": priority_reason(referral, found) if content and reader.licensed else "",
            "anchors": _anchors(views, reader),
        },
        "who": who(referral),
        "advice": _advice(referral, actor),
        "sections": views,
        "both": _both(found, closed) if reader.clinical else None,
        "findings": findings.now(found, content) if reader.licensed and not closed else None,
        "mme": found["mme"] if reader.licensed and not closed else None,
        "flags": _flags(referral, reader, found, reviews) if reader.licensed and not closed else [],
        "unlicensed_flags": _to_review(reader, found, reviews),
        "tasks": _tasks(referral, reader, found),
        "notices": reader.reading.notices,
        "words_closed": sections.words_closed(reader.reading),
        "plan": plan.build(referral, actor),
        "asked": asked(referral, actor, reasons),
        "outcomes": _outcomes(referral, actor, reasons),
        "appointments": _appointments(referral, reasons) if spoken else [],
        "links": links.of(referral, actor) if reader.clinical else [],
        "duplicates": duplicates.for_clinic(referral, actor),
        "acknowledged": duplicates.acknowledged(referral, actor) if reader.clinical else [],
        "contacts": _contacts(referral, reader),
        "documents": document_words.rows(documents, referral, actor),
        "documents_url": reverse("referrals:documents", args=[referral.pk]),
        "may_add": document_operations.may_add(referral, by=actor) and not closed,
        "error_requests": list(referral.error_requests.all()) if not reader.clinical else [],
        "stream": _stream(referral, reader, reasons, documents, messages, show)
        if reader.clinical else [],
        "stream_filters": _filters(referral, show),
        "may_write": may_write(referral, actor),
        "unread_changes": versions.may_mark_read(referral, by=actor),
        "versions_url": reverse("referrals:versions", args=[referral.pk]),
        "conversation": messages,
        **message_box.build(referral, reader, item_labels(reasons), messages),
    }  # fmt: skip


def _advice(referral: Referral, actor: Actor) -> Fact | None:
    """The question that this referral came of, for whoever may read it."""
    found = Advice.objects.visible_to(actor).filter(referral_id=referral.pk).first()
    return Fact(found.reference, reverse("advice:detail", args=[found.pk])) if found else None


def may_write(referral: Referral, actor: Actor) -> bool:
    speaks = bool(permissions.roles_on(referral, actor) & conversation.WRITERS)
    return speaks and referral.state not in (State.DRAFT, State.ENTERED_IN_ERROR)


def reason_labels() -> dict[str, str]:
    """Code to label of every reason there ever was; one query."""
    return dict(Reason.objects.values_list("code", "label"))


def _sections(
    referral: Referral, content: Mapping[str, Any], found: Mapping[str, Any], reader: Reader
) -> list[sections.SectionView]:
    complete = found["completeness"]
    gaps = [*complete["submit"]["missing"], *complete["accept"]["missing"]]
    scored = disclosure.instruments_for(referral, reader.actor)
    return sections.build(
        content, gaps=gaps, instruments=scored, obtain=complete["accept"]["clinic_to_obtain"],
        reading=reader.reading,
    )  # fmt: skip


def _tasks(referral: Referral, reader: Reader, found: Mapping[str, Any]) -> list[dict[str, str]]:
    """For the practice, while what was sent can be completed: the sections with their state."""
    sent = referral.submitted_at is not None and referral.phase in drafts.AMENDABLE
    ours = permissions.roles_on(referral, reader.actor) & permissions.PRACTICE_SIDE
    if not ours or not sent:
        return []
    return acceptance.tasks(referral, found, may_write=drafts.may_write(referral, reader.actor))


def _anchors(views: list[sections.SectionView], reader: Reader) -> list[dict[str, str]]:
    if not reader.clinical:
        return []
    found = [{"label": view.title, "url": f"#{view.key}"} for view in views]
    found.append({"label": "Plan", "url": "#plan"})
    found.append({"label": "Documents", "url": "#documents"})
    return [*found, {"label": "Timeline and messages", "url": "#stream"}]


def who(referral: Referral) -> list[Fact]:
    """Both sides of the referral, and the people named on it."""
    clinician = referral.referring_clinician
    profile = getattr(clinician, "clinician", None)
    kind = f", {profile.get_kind_display().lower()}" if profile else ""
    found = [
        Fact("Practice", referral.practice.name),
        Fact("Referring clinician", f"{clinician.full_name}{kind}" if clinician else "",
             missing=clinician is None),
        Fact("After hours", sections.cw.phone(referral.after_hours_phone),
             missing=not referral.after_hours_phone),
        Fact("Clinic", referral.clinic.name if referral.clinic else "",
             missing=referral.clinic is None),
        Fact("Service", referral.service.name if referral.service else "",
             missing=referral.service is None),
    ]  # fmt: skip
    found += _how_it_came(referral)
    if referral.submitted_at:
        found.append(Fact("Sent", words.moment(referral.submitted_at)))
    if referral.state == State.WAITLISTED and (usual := waiting.usual(referral.service)):
        found.append(Fact("Usual wait", usual))
    if referral.expected_by and referral.accepted_at:
        found.append(Fact("Expected to start by", words.day(referral.expected_by)))
    return found


def _how_it_came(referral: Referral) -> list[Fact]:
    """For paper, fax and phone: when it came in, and that the clinic typed it."""
    came = words.origin_words(referral.origin)
    if not came:
        return []
    on = f", {words.day(referral.received_on)}" if referral.received_on else ""
    return [Fact("Came", f"{came.capitalize()}{on}; typed in by the clinic")]


def _both(found: Mapping[str, Any], closed: bool) -> dict[str, Any] | None:
    if closed:
        return None
    dual = found["dual_diagnosis"]
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
    inside = reader.side is not Turn.PRACTICE
    noted = {review.rule: review for review in reviews} if inside else {}
    levels = findings.LEVELS if inside else {**findings.LEVELS, "R": "The clinic reviews this"}
    may = permissions.may(Action.REVIEW_FLAG, referral, reader.actor) and referral.is_open
    link = f"{act_url(referral, Action.REVIEW_FLAG)}?rule="
    answers = answers_read(reader.content(referral), found)
    return [
        Flag(
            rule=flag["rule"], level=levels[flag["level"]],
            tone=findings.TONES[flag["level"]],
            message=findings.said(flag), source=flag["source"],
            inputs=[findings.fact(name, answers.get(name)) for name in flag["inputs"]],
            review=noted.get(flag["rule"]),
            review_url=link + flag["rule"] if may and flag["rule"] not in noted else "",
        )
        for flag in found["flags"]
    ]  # fmt: skip


def _to_review(reader: Reader, found: Mapping[str, Any], reviews: list[FlagReview]) -> int:
    """For a coordinator without a licence: how many flags wait for a clinician."""
    if reader.side is not Turn.CLINIC or reader.licensed:
        return 0
    noted = {review.rule for review in reviews}
    return sum(1 for flag in found["flags"] if flag["level"] == "R" and flag["rule"] not in noted)


def item_labels(reasons: Mapping[str, str]) -> dict[str, str]:
    """What an item of a request means: the acceptance set's labels, then the coded items."""
    return {**{gap.code: gap.label for gap in (need.gap() for need in ANSWERS)}, **reasons}


def asked(referral: Referral, actor: Actor, reasons: Mapping[str, str]) -> list[Asked]:
    """The clinic's requests for information, the open one first."""
    labels = item_labels(reasons)
    requests = own_words.requests(referral, by=actor)
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


def _outcomes(referral: Referral, actor: Actor, reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"outcome": one, "disposition": reasons.get(one.disposition, one.disposition)}
        for one in own_words.outcomes(referral, by=actor)
    ]


def _appointments(referral: Referral, reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    found: list[Appointment] = list(referral.appointments.all())
    tones = {"booked": "accepted", "kept": "ok", "missed": "late"}
    return [
        {
            "one": one, "when": appointment_words(one), "tone": tones.get(one.status, "quiet"),
            "reason": reasons.get(one.reason_code or "", ""),
            "files": _calendar_files(referral, one),
        }
        for one in reversed(found)
    ]  # fmt: skip


def _contacts(referral: Referral, reader: Reader) -> dict[str, Any] | None:
    """For the clinic: who tried to reach the patient, how, and with what result."""
    if reader.side is not Turn.CLINIC or reader.closed:
        return None
    found = list(referral.contact_attempts.select_related("made_by"))
    if not found:
        return None
    return {"rows": contacts.rows(found), "words": contacts.counted([c.means for c in found])}


def _calendar_files(referral: Referral, one: Appointment) -> list[tuple[str, str]]:
    """What to click, and for whom; only the newest of a moved appointment has files."""
    if not calendar_file.is_offered(one):
        return []
    return [
        (words, reverse("referrals:calendar", args=[referral.pk, one.pk, reader]))
        for reader, words in (("practice", "Calendar file"), ("patient", "for the patient"))
    ]


def appointment_words(one: Appointment) -> str:
    """`Mon, Nov 30, 2026, 9:00 AM EST to 10:00 AM EST (New York time)`."""
    start = one.start.astimezone(words.zone(one.time_zone))
    end = one.end.astimezone(words.zone(one.time_zone))
    when = f"{words.day(start)}, {words.time_of_day(start)} to {words.time_of_day(end)}"
    return f"{when} ({words.place_of(one.time_zone)} time)"


def _stream(
    referral: Referral,
    reader: Reader,
    reasons: Mapping[str, str],
    documents: list[Document],
    messages: list[Message],
    show: str,
) -> list[stream.Item]:
    return stream.build(
        timeline=referral.timeline.select_related("on_behalf_of"),
        messages=messages,
        read=conversation.read_up_to(referral, by=reader.actor),
        items=item_labels(reasons),
        notes=own_words.notes(referral, by=reader.actor),
        documents=documents,
        reasons=reasons,
        side=reader.side,
        show=show,
        reading=reader.reading,
    )


def _filters(referral: Referral, show: str) -> list[dict[str, Any]]:
    here = reverse("referrals:detail", args=[referral.pk])
    return [
        {"label": label, "url": f"{here}{'' if key == 'all' else f'?show={key}'}#stream",
         "current": key == show}
        for key, label in stream.KINDS.items()
    ]  # fmt: skip


__all__ = [
    "CLOCKS", "CLOSED_NAME", "Reader", "asked", "build", "buttons", "header", "item_labels",
    "patient_name", "who",
]  # fmt: skip
