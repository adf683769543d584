"""What the rules found, each with the answers that it read, its rule, its source and its date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.presenters import content_words as cw
from portal.presenters import words
from portal.presenters.content_words import Fact
from referrals.assessment import answers_read
from referrals.content import LISTS, SECTIONS
from referrals.instruments import INSTRUMENTS

LEVELS = {"R": "Needs clinician review", "C": "Caution", "I": "Information"}
# How a rule's message begins; its level stands beside it as a tag already.
OPENINGS = ("Needs physician review: ", "Caution: ", "Review: ", "Information: ")
# D-5: what the founding article asks for, side by side. Display only, no score.
PROFILE = (
    ("limited_result", "Treatment tried, with limited result"),
    ("both_conditions", "Pain and trauma together"),
    ("impaired_function", "Impaired function or quality of life"),
    ("seeks_faster_option", "A faster option sought"),
)
TONES = {"R": "late", "C": "soon", "I": "quiet"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One computed item, ready for components/why.html."""

    rule: str
    message: str
    source: str
    inputs: list[Fact]
    version: str = ""
    level: str = ""
    tone: str = "quiet"


@dataclass(frozen=True, slots=True)
class Both:
    """How far both conditions are documented (D-1 to D-4), and the article's facts (D-5)."""

    text: str
    words: str
    missing: list[str]
    profile: list[tuple[str, bool]]
    rule: str
    version: str
    source: str


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that one run of the rules found, in words."""

    as_of: str
    priority: str
    basis: list[Finding]
    both: Both
    flags: list[Finding]
    coding: list[Finding]
    review: bool
    settings: int


def of(found: Mapping[str, Any], answers: Mapping[str, Any]) -> Findings:
    """`found` is an assessment; `answers` what its inputs said (referrals.assessment)."""
    return Findings(
        as_of=words.day(date.fromisoformat(found["as_of"])),
        priority=found["priority"]["value"],
        basis=[finding(one, answers) for one in found["priority"]["basis"]],
        both=both(found["dual_diagnosis"]),
        flags=[finding(one, answers) for one in found["flags"]],
        coding=[finding(one, answers) for one in found.get("coding", {}).get("warnings", [])],
        review=bool(found.get("needs_clinician_review")),
        settings=int(found.get("settings") or 0),
    )


def both(dual: Mapping[str, Any]) -> Both:
    """The label with its sides; the profile is empty for whoever may not read it."""
    profile = dual["profile"] or {}
    sides = f"Pain: {_side(dual['pain_side'])}. Trauma: {_side(dual['trauma_side'])}."
    return Both(
        text=dual["text"],
        words=sides,
        missing=[gap["label"] for gap in dual["missing"]],
        profile=[(label, bool(profile.get(name))) for name, label in PROFILE if profile],
        rule=", ".join(dual["rules"]),
        version=dual["version"],
        source=dual["source"],
    )


def _side(code: str) -> str:
    return code.replace("_", " ")


def now(found: Mapping[str, Any], content: Mapping[str, Any]) -> Findings:
    """The findings on the content as it stands."""
    return of(found, answers_read(content, found))


def finding(one: Mapping[str, Any], answers: Mapping[str, Any]) -> Finding:
    level = one.get("level", "")
    return Finding(
        rule=one["rule"],
        message=said(one),
        source=one["source"],
        inputs=[fact(name, answers.get(name)) for name in one["inputs"]],
        version=one.get("version", ""),
        level=LEVELS.get(level, ""),
        tone=TONES.get(level, "quiet"),
    )


def said(one: Mapping[str, Any]) -> str:
    """The message without the level, where a tag says that."""
    message: str = one["message"]
    opening = next((o for o in OPENINGS if message.startswith(o)), "") if one.get("level") else ""
    rest = message.removeprefix(opening)
    return rest[:1].upper() + rest[1:]


def fact(name: str, value: Any) -> Fact:
    """One input with the answer that the rule read."""
    section, _, key = name.partition(".")
    if section == "instruments":
        return _instrument(key, value)
    if section == "diagnoses":
        text = "; ".join(cw.code_words(code) for code in value or [])
        return Fact("Diagnoses", text, missing=not text)
    source = SECTIONS[section]().fields.get(key) if section not in LISTS else None
    if source is None:
        return Fact(name.replace("_", " "), "see the section")
    if not cw.has_answer(value):
        return Fact(str(source.label), "", missing=True)
    return Fact(str(source.label), "; ".join(cw.lines(source, value)))


def _instrument(key: str, entries: Any) -> Fact:
    name, _, part = key.partition(".")
    title = INSTRUMENTS[name].title + (" item 9" if part else "")
    said = [_entry(one, part) for one in entries or []]
    return Fact(title, "; ".join(said), missing=not said)


def _entry(one: Mapping[str, Any], part: str) -> str:
    on = f" ({cw.day_words(one['administered_on'])})" if one.get("administered_on") else ""
    items = one.get("items")
    if part == "item9":
        value = items[-1] if items else one.get("item9")
        return f"{'blank' if value is None else value}{on}"
    if items:
        return " ".join("–" if item is None else str(item) for item in items) + on
    value = one.get("total") if one.get("total") is not None else one.get("level")
    return f"{'no total' if value is None else value}{on}"
