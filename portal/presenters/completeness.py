"""What a referral still lacks, as links to where it is answered, and its scores in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.urls import reverse

from portal.forms.from_serializer import Path, fields_of, name_of, source_at
from portal.forms.instruments import GRIDS, TOTALS
from portal.forms.steps import SECTION_OF, SECTION_TITLES, STEPS, Step, step_of
from portal.presenters import scale_words, trends, words
from referrals import clock
from referrals.assessment import submit_gaps
from referrals.content import SECTIONS
from referrals.content.section import Entry
from referrals.instruments import INSTRUMENTS
from referrals.models import Referral
from referrals.operations import facts

HEADER_FIELDS = {
    "/clinic": "clinic",
    "/service": "service",
    "/practice": "referrer",
    "/referring_clinician/id": "referrer",
    "/referring_clinician/after_hours_phone": "after_hours_phone",
}
LISTS = ("pain-treatments", "trauma-therapies", "mental_health-antidepressants",
         "substance-opioids", "medical-medications", "care_team", "consent-family")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missing:
    """One answer that is not there, with the page and place that take it."""

    label: str
    url: str
    step: Step
    blocking: bool


@dataclass(frozen=True, slots=True)
class Meter:
    """How far the referral is: for sending, and for what the clinic will ask then."""

    done: int
    total: int
    label: str
    text: str
    missing: list[Missing]
    ready: bool


@dataclass(frozen=True, slots=True)
class Score:
    """A scale's result in words; `text` has number, band and date."""

    text: str
    rule: str
    version: str
    source: str
    on: str


def meter(referral: Referral, assessment: Mapping[str, Any]) -> Meter:
    """The meter of the page before sending."""
    submit = assessment["completeness"]["submit"]
    before = [_missing(referral, gap) for gap in submit["missing"]]
    total = len(submit_gaps({}, clock.now().date(), has_clinic=False, has_service=False,
                            has_after_hours=False))  # fmt: skip
    ready = not submit["blocked"]
    if not ready:
        label, text, missing = "Not ready to send yet", "Needed to send:", before
    else:
        missing = [*before, *_by_section(referral, assessment["completeness"]["accept"]["missing"])]
        label, text = "Ready to send", "The clinic will also ask for:"
    return Meter(max(total - len(before), 0), total, label, text, missing, ready)


def _by_section(referral: Referral, gaps: list[dict[str, Any]]) -> list[Missing]:
    """One link for each section with its number of open answers: a calm line, not a wall."""
    found: dict[str, list[Missing]] = {}
    for gap in gaps:
        name = gap["pointer"].split("/")[1]
        missing = _missing(referral, gap)
        if name in SECTION_OF:
            missing = replace(missing, url=section_url(referral, name, gap))
        found.setdefault(name, []).append(missing)
    return [
        first[0] if len(first) == 1 else replace(first[0], label=f"{title} ({len(first)} answers)")
        for name, title in SECTION_TITLES
        if (first := found.pop(name, []))
    ] + [one for rest in found.values() for one in rest]


def _missing(referral: Referral, gap: Mapping[str, Any]) -> Missing:
    step, anchor = place(gap["pointer"], gap.get("code", ""))
    url = f"{reverse('referrals:edit', args=[referral.pk, step.slug])}#{anchor}"
    return Missing(gap["label"], url, step, gap.get("blocking", True))


def section_url(referral: Referral, name: str, gap: Mapping[str, Any]) -> str:
    """The page of one section, at the first answer that is missing there."""
    _, anchor = place(gap["pointer"], gap.get("code", ""))
    slug = SECTION_OF[name].slug
    return f"{reverse('referrals:edit', args=[referral.pk, slug])}#{anchor}"


def place(pointer: str, code: str = "") -> tuple[Step, str]:
    """The step, and the id on its page, where the answer of a JSON pointer is given."""
    if pointer in HEADER_FIELDS:
        return STEPS[0], f"id_{HEADER_FIELDS[pointer]}"
    path = [part for part in pointer.split("/") if part]
    if path[:1] == ["instruments"]:
        name = code.removeprefix("instruments.")
        name = {"ptsd_screen": "pc-ptsd-5"}.get(name, name)
        return step_of(path), f"scale-{name}" if name in INSTRUMENTS else "main"
    name = name_of(_first_answer(tuple(path)))
    prefix = "list-" if name in LISTS else "id_"
    return step_of(path), f"{prefix}{name}"


def _first_answer(path: Path) -> Path:
    """An object of answers has no field of its own: its first answer stands for it."""
    known = path and path[0] in SECTIONS
    source = source_at(path) if known and len(path) > 1 else None
    return (*path, next(iter(fields_of(source)))) if isinstance(source, Entry) else path


def steps_with_gaps(referral: Referral | None) -> set[str]:
    """Slugs of the steps on which something needed to send is missing."""
    if referral is None:
        return {step.slug for step in STEPS}
    return {place(g.pointer, g.code)[0].slug for g in facts.gaps_before_sending(referral)}


def is_danger(referral: Referral | None) -> bool:
    """True where the answers kept so far point to immediate danger (P0)."""
    return referral is not None and referral.computed_priority == "p0"


# --- Scores -------------------------------------------------------------------------------


def scores(referral: Referral | None) -> dict[str, Score]:
    """The newest result of each scale, by the instrument's name."""
    if referral is None:
        return {}
    computed = facts.computed_instruments(referral, referral.content.as_dict())
    return {name: _score(entry) for name, entry in _newest(computed)}


def _newest(computed: Iterable[dict[str, Any]]) -> Iterable[tuple[str, dict[str, Any]]]:
    newest = {entry["instrument"]: dict(entry) for entry in trends.newest(computed)}
    return [(name, entry) for name, entry in newest.items() if name in (*GRIDS, *TOTALS)]


def _score(entry: Mapping[str, Any]) -> Score:
    parts = [_result(entry), _band(entry), *scale_words.beside(entry), _date(entry)]
    if entry.get("stale"):
        parts.append("out of date, repeat advised")
    return Score(
        text=" · ".join(part for part in parts if part),
        rule=entry.get("rule") or "",
        version=entry.get("version") or "",
        source=entry.get("source") or "",
        on=_date(entry),
    )


def _result(entry: Mapping[str, Any]) -> str:
    instrument = INSTRUMENTS[entry["instrument"]]
    score = entry.get("score")
    if instrument.name == "c-ssrs":
        return f"Level {entry['band']}" if entry.get("band") else "Not complete, no level"
    if score is None:
        return "Not complete, no total"
    if instrument.name == "peg":
        return f"Mean {score:.1f} of 10"
    high = instrument.total_range[1] if instrument.total_range else ""
    return f"Total {score} of {high}"


def _band(entry: Mapping[str, Any]) -> str:
    instrument = INSTRUMENTS[entry["instrument"]]
    if instrument.name == "c-ssrs":
        return ""
    label = next((b.label for b in instrument.bands if b.code == entry.get("band")), "")
    return ", ".join(filter(None, [label, scale_words.cut_words(entry)]))


def _date(entry: Mapping[str, Any]) -> str:
    on = entry.get("administered_on")
    return words.day(date.fromisoformat(on)) if on else "no date"
