"""One referral as its page shows it, for one reader: a constant number of queries.

What a reader is shown follows the side and the licence: a clinic clinician sees the safety
flags with their basis, a coordinator without a licence sees that they need a clinician, the
practice sees what it wrote and what the clinic answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.urls import reverse

from portal.presenters import (
    acceptance,
    appointments,
    asked,
    contacts,
    duplicates,
    findings,
    flags,
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
    buttons,
    header,
    patient_name,
    priority_reason,
)
from referrals import disclosure, permissions
from referrals.actors import Actor
from referrals.lifecycle import State, Turn
from referrals.models import (
    Advice,
    Document,
    Message,
    Reason,
    Referral,
)
from referrals.operations import conversation, drafts, own_words, versions
from referrals.operations import documents as document_operations

# What a page says of the rules where it may say nothing of what they read.
CLOSED_ASSESSMENT: dict[str, Any] = {
    "priority": {"value": "", "rules": [], "basis": []},
    "flags": [],
    "mme": None,
    "completeness": {"submit": {"missing": []}, "accept": {"missing": [], "clinic_to_obtain": []}},
}


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
        "as_of": words.day(date.fromisoformat(found["as_of"])) if "as_of" in found else "",
        "findings": findings.now(found, content) if reader.licensed and not closed else None,
        "mme": found["mme"] if reader.licensed and not closed else None,
        "flags": flags.rows(referral, reader, found, reviews)
        if reader.licensed and not closed else [],
        "unlicensed_flags": flags.to_review(reader, found, reviews),
        "urgent_words": flags.urgent_words(referral, reader),
        "tasks": _tasks(referral, reader, found),
        "notices": reader.reading.notices,
        "words_closed": sections.words_closed(reader.reading),
        "plan": plan.build(referral, actor),
        "asked": asked.rows(referral, actor, reasons),
        "outcomes": _outcomes(referral, actor, reasons),
        "appointments": appointments.rows(referral, reasons) if spoken else [],
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
        **message_box.build(referral, reader, asked.item_labels(reasons), messages),
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
        taken_back=referral.content.revoked_classes or {} if reader.side is Turn.PRACTICE else {},
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


def _both(found: Mapping[str, Any], closed: bool) -> findings.Both | None:
    return None if closed else findings.both(found["dual_diagnosis"])


def _outcomes(referral: Referral, actor: Actor, reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"outcome": one, "disposition": reasons.get(one.disposition, one.disposition)}
        for one in own_words.outcomes(referral, by=actor)
    ]


def _contacts(referral: Referral, reader: Reader) -> dict[str, Any] | None:
    """For the clinic: who tried to reach the patient, how, and with what result."""
    if reader.side is not Turn.CLINIC or reader.closed:
        return None
    found = list(referral.contact_attempts.select_related("made_by"))
    if not found:
        return None
    return {"rows": contacts.rows(found), "words": contacts.counted([c.means for c in found])}


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
        items=asked.item_labels(reasons),
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
    "CLOCKS", "CLOSED_NAME", "Reader", "build", "buttons", "header", "patient_name", "who",
]  # fmt: skip
