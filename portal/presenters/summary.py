"""What was written on a draft, step by step, with a change link for each answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from portal.forms import from_serializer_typing as typing
from portal.forms.from_serializer import Path, fields_of, name_of, source_at, value_at
from portal.forms.steps import STEPS, Group, Step
from portal.presenters import content_words
from referrals.content.codes import ABSENT
from referrals.content.fields import Many, Onset, Phone
from referrals.content.section import Entry
from referrals.models import Referral
from referrals.operations import facts

ABSENT_WORDS = dict(ABSENT)


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    url: str
    rows: list[dict[str, Any]]


def sections(referral: Referral) -> list[Section]:
    """The groups of the steps in which something was answered or is needed to send."""
    left = {gap.pointer for gap in facts.gaps_before_sending(referral)}
    found = [_section(referral, step, group, left) for step in STEPS for group in step.groups]
    return [section for section in found if section.rows]


def _section(referral: Referral, step: Step, group: Group, left: set[str]) -> Section:
    url = reverse("referrals:edit", args=[referral.pk, step.slug])
    rows = _header(referral, url, left) if group.header else []
    content = referral.content.as_dict()
    for path in group.paths:
        if path[1:2] != ("absent_reasons",):
            rows += _rows(content, path, url, left)
    return Section(group.title, url, rows)


def _header(referral: Referral, url: str, left: set[str]) -> list[dict[str, Any]]:
    clinician = referral.referring_clinician
    return [
        _row("Clinic", str(referral.clinic or ""), f"{url}#id_clinic", "/clinic" in left),
        _row("Evaluation", str(referral.service or ""), f"{url}#id_service", "/service" in left),
        _row(
            "Referring clinician", clinician.full_name if clinician else "", f"{url}#id_referrer",
            clinician is None,
        ),
        _row(
            "After hours", typing.us_phone(referral.after_hours_phone),
            f"{url}#id_after_hours_phone",
            "/referring_clinician/after_hours_phone" in left,
        ),
    ]  # fmt: skip


def _rows(content: dict[str, Any], path: Path, url: str, left: set[str]) -> list[dict[str, Any]]:
    source, value = source_at(path), value_at(content, path)
    if isinstance(source, Entry):
        below = [(*path, step) for step in fields_of(source)]
        return [row for one in below for row in _rows(content, one, url, left)]
    listed = isinstance(source, Many) and isinstance(source.child, Entry)
    label = str(source.label or "Care team")
    link = f"{url}#{'list' if listed else 'id'}{'-' if listed else '_'}{name_of(path)}"
    if content_words.has_answer(value):
        return [_row(label, _words(source, value), link, False)]
    reason = value_at(content, (path[0], "absent_reasons", path[-1]))
    if reason:
        return [_row(label, ABSENT_WORDS.get(reason, reason), link, False)]
    pointer = "/" + "/".join(path)
    return [_row(label, "", link, True)] if pointer in left else []


def _words(source: Any, value: Any) -> str:
    if isinstance(source, Many) and isinstance(source.child, Entry):
        return "\n".join(content_words.entry_line(source.child, entry) for entry in value)
    if isinstance(source, Onset | Phone):
        return str(typing.show(source, value, time_zone="UTC"))
    return content_words.text(source, value)


def _row(label: str, value: str, url: str, missing: bool) -> dict[str, Any]:
    if missing:
        value = value or "Needed to send"
    return {"label": label, "value": value, "url": url, "missing": missing}


def patient_name(referral: Referral) -> str:
    """First and last name, or nothing while neither was typed."""
    patient = referral.content.patient or {}
    return " ".join(filter(None, [patient.get("given_name"), patient.get("family_name")]))
