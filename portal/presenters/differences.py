"""What differs between two versions of a referral, answer by answer, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.presenters import content_words as cw
from portal.presenters import referral_sections as sections
from referrals import versions
from referrals.content import SECTIONS
from referrals.content.codes import ABSENT
from referrals.versions import Changed

Scored = Callable[[Mapping[str, Any]], list[dict[str, Any]]]
ABSENT_REASONS = dict(ABSENT)
LISTS = {"care_team": "Care team", "instruments": "Instruments"}
PLACES = {
    "patient": "Patient", "consent": "Consent", "request": "Request", "pain": "Pain",
    "trauma": "Trauma", "mental_health": "Mental health", "safety": "Safety",
    "substance": "Substance use", "medical": "Medical", **LISTS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One changed answer. Blank sides are empty lists; what stayed in a list is left out."""

    place: str
    label: str
    old: list[str]
    new: list[str]


def between(
    old: Mapping[str, Any], new: Mapping[str, Any], *, scored: Scored
) -> list[Difference]:  # fmt: skip
    """In the order of the page's sections; `scored` says what follows from instruments."""
    order = list(PLACES)
    found = sorted(
        versions.differences(old, new), key=lambda c: (order.index(c.section), _position(c))
    )
    return [_words(changed, scored) for changed in found]


def answer_words(path: str) -> str:
    """Where an answer stands and how it is called: `medical.medications` in words."""
    section, _, key = path.partition(".")
    place = PLACES.get(section, section.replace("_", " "))
    source = SECTIONS[section]().fields.get(key) if key and section in SECTIONS else None
    return f"{place}: {source.label}" if source is not None else place


def _position(changed: Changed) -> int:
    names = list(SECTIONS[changed.section]().fields) if changed.key else []
    return names.index(changed.key) if changed.key in names else len(names)


def _words(changed: Changed, scored: Scored) -> Difference:
    place = PLACES[changed.section]
    if changed.key == cw.ABSENT_FIELD:
        before, after = _absent(changed.section, changed.old), _absent(changed.section, changed.new)
        label = "Answered as not known"
    elif changed.key:
        source = SECTIONS[changed.section]().fields.get(changed.key)
        before, after = _lines(source, changed.old), _lines(source, changed.new)
        label = str(source.label) if source is not None else changed.key.replace("_", " ")
    else:
        before = _listed(changed.section, changed.old, scored)
        after = _listed(changed.section, changed.new, scored)
        label = place
    stayed = set(before) & set(after)
    return Difference(
        place, label,
        [line for line in before if line not in stayed],
        [line for line in after if line not in stayed],
    )  # fmt: skip


def _lines(source: Any, value: Any) -> list[str]:
    if not cw.has_answer(value):
        return []
    if source is None:
        return [str(value)]
    return cw.lines(source, value)


def _absent(section: str, reasons: Mapping[str, str] | None) -> list[str]:
    fields = SECTIONS[section]().fields
    return [
        f"{fields[key].label if key in fields else key}: {ABSENT_REASONS.get(why, why).lower()}"
        for key, why in (reasons or {}).items()
    ]


def _listed(section: str, entries: list[Mapping[str, Any]], scored: Scored) -> list[str]:
    if section == "instruments":
        return [_result(sections.score(one)) for one in scored({"instruments": entries})]
    return [cw.entry_line(SECTIONS[section](), entry) for entry in entries]


def _result(score: sections.Score) -> str:
    answers = ", ".join(fact.value for fact in score.inputs)
    when = f" on {score.on}" if score.on else ""
    return f"{score.title}{when}: {score.result}" + (f" (answers {answers})" if answers else "")
