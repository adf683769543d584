"""Triage priority: the most urgent rule that fires, P3 where none does.

Missing data never means no risk, and nothing here ever lowers what was stored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from . import facts
from .findings import Fired
from .mme import SOURCE as CDC
from .mme import mme
from .scored import Scored, newest, scored
from .settings import DEFAULTS, ClinicRules
from .suicide_risk import SuicideRisk, suicide_risk

P0, P1, P2, P3 = "p0", "p1", "p2", "p3"
COLUMBIA = "Columbia Lighthouse Project, C-SSRS triage"
PHQ = "PHQ-9 item 9"
SUICIDE_CODES = ("R45.851", "T14.91")
DIAGNOSES = "diagnoses"


@dataclass(frozen=True, slots=True)
class Priority:
    """`fired` holds every rule that fired, the most urgent first."""

    value: str
    fired: tuple[Fired, ...]

    @property
    def danger(self) -> bool:
        """An S-rule gave P0 or P1: danger first, the form may stay incomplete."""
        return any(f.rule.startswith("S-") and f.gives in (P0, P1) for f in self.fired)


@dataclass(frozen=True, slots=True)
class _Case:
    content: Any
    as_of: date
    rules: ClinicRules
    results: list[Scored]
    risk: SuicideRisk

    def answer(self, section: str, name: str) -> Any:
        return facts.answer(self.content, section, name)

    def recently(self, section: str, name: str) -> bool:
        days = facts.days_ago(self.answer(section, name), self.as_of)
        return days is not None and days <= self.rules.recent_event_days

    def score(self, instrument: str) -> Any:
        found = newest(self.results, instrument)
        return found.result.score if found and found.result else None


def priority(content: Any, as_of: date, rules: ClinicRules = DEFAULTS) -> Priority:
    results = scored(content, rules)
    case = _Case(content, as_of, rules, results, suicide_risk(results, as_of, rules))
    fired = [_placed(_worded(rule, rules), content) for rule, holds in _RULES if holds(case)]
    fired.sort(key=lambda rule: rule.gives)
    return Priority(value=fired[0].gives if fired else P3, fired=tuple(fired))


def _worded(rule: Fired, rules: ClinicRules) -> Fired:
    """The rule's message with the clinic's own marks in it."""
    message = rule.message.format(days=rules.recent_event_days, phq=rules.c01_phq_9)
    return dataclasses.replace(rule, message=message)


def _placed(rule: Fired, content: Any) -> Fired:
    """The sections that hold the code, in the place of the diagnoses at large."""
    if DIAGNOSES not in rule.inputs:
        return rule
    where = facts.coded_in(content, SUICIDE_CODES)
    rest = tuple(name for name in rule.inputs if name != DIAGNOSES)
    return dataclasses.replace(rule, inputs=(*where, *rest))


def _answers_disagree(case: _Case) -> bool:
    item9 = case.risk.item9 or 0
    return (case.risk.recorded == "none" and item9 >= 2) or (
        case.risk.shown == "low" and item9 == 3
    )


def _c02(case: _Case) -> bool:
    pcl, peg = case.score("pcl-5"), case.score("peg")
    if pcl is None or peg is None:
        return False
    return pcl >= case.rules.c02_pcl_5 and peg >= case.rules.c02_peg


def _c03(case: _Case) -> bool:
    benzodiazepine = "benzodiazepine" in facts.medication_classes(case.content)
    return benzodiazepine and facts.takes_opioid(case.content)


def _c04(case: _Case) -> bool:
    found = mme(case.content, case.rules)
    return found is not None and found.at_historical


_CSSRS = ("instruments.c-ssrs",)
_ITEM9 = ("instruments.phq-9.item9",)
_BOTH = (*_CSSRS, *_ITEM9)

_RULES: tuple[tuple[Fired, Callable[[_Case], bool]], ...] = (
    (
        Fired("S-01", P0, "The patient is in immediate danger", ("safety.danger_now",)),
        lambda c: c.answer("safety", "danger_now") is True,
    ),
    (
        Fired("S-02", P0, "C-SSRS level high", _CSSRS, COLUMBIA),
        lambda c: c.risk.shown == "high",
    ),
    (
        Fired("S-03", P1, "C-SSRS level moderate", _CSSRS, COLUMBIA),
        lambda c: c.risk.shown == "moderate",
    ),
    (
        Fired("S-05", P1, "PHQ-9 item 9 is positive and no current C-SSRS is there", _BOTH, PHQ),
        lambda c: (c.risk.item9 or 0) >= 1 and not c.risk.current,
    ),
    (
        Fired("S-06", P1, "C-SSRS and PHQ-9 item 9 disagree", _BOTH, PHQ),
        _answers_disagree,
    ),
    (
        Fired(
            "S-09",
            P1,
            "A suicide diagnosis is coded and no current C-SSRS is there",
            (DIAGNOSES, *_CSSRS),
        ),
        lambda c: bool(facts.coded(c.content, SUICIDE_CODES)) and not c.risk.current,
    ),
    (
        Fired(
            "S-10",
            P1,
            "Psychiatric discharge within the last {days} days",
            ("mental_health.last_discharge_on",),
        ),
        lambda c: c.recently("mental_health", "last_discharge_on"),
    ),
    (
        Fired(
            "S-11",
            P1,
            "Overdose or withdrawal within the last {days} days",
            ("substance.overdose_or_withdrawal_on",),
        ),
        lambda c: c.recently("substance", "overdose_or_withdrawal_on"),
    ),
    (
        Fired("S-04", P2, "C-SSRS level low", _CSSRS, COLUMBIA),
        lambda c: c.risk.shown == "low",
    ),
    (
        Fired("S-07", P2, "C-SSRS none, PHQ-9 item 9 answered 1", _BOTH, PHQ),
        lambda c: c.risk.recorded == "none" and c.risk.item9 == 1,
    ),
    (
        Fired("S-08", P2, "Suicide risk unknown: no C-SSRS and no PHQ-9 item 9", _BOTH),
        lambda c: c.risk.item9 is None and not c.risk.current,
    ),
    (
        Fired("C-01", P2, "PHQ-9 total {phq} or more", ("instruments.phq-9",)),
        lambda c: (c.score("phq-9") or 0) >= c.rules.c01_phq_9,
    ),
    (
        Fired("C-02", P2, "PCL-5 and PEG both high", ("instruments.pcl-5", "instruments.peg")),
        _c02,
    ),
    (
        Fired(
            "C-03",
            P2,
            "Opioid and benzodiazepine together",
            ("substance.opioids", "medical.medications"),
            CDC,
        ),
        _c03,
    ),
    (
        Fired("C-04", P2, "90 MME a day or more (historical mark)", ("substance.opioids",), CDC),
        _c04,
    ),
    (
        Fired("U-1", P2, "The referrer says urgent", ("request.urgency",)),
        lambda c: c.answer("request", "urgency") == "urgent",
    ),
)
