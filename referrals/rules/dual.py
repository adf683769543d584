"""D-1 to D-5: how far both conditions are documented. A documentation status, no diagnosis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from referrals.instruments.trauma import PCL5_WINDOW

from . import facts
from .findings import VERSION, Gap
from .scored import Scored, newest, scored
from .settings import DEFAULTS, ClinicRules

CHRONIC_MONTHS = 3
PTSD_CODES = ("F43.10", "F43.11", "F43.12")
PAIN_SET = (
    "G89",
    "G90.5",
    "G56.4",
    "G57.7",
    "G50",
    "G54.6",
    "B02.2",
    "G43",
    "G44",
    "G60",
    "G61",
    "G62",
    "G63",
    *(f"E{category:02}.4{digit}" for category in range(8, 14) for digit in range(3)),
    "M25.5",
    "M54",
    "M79.1",
    "M79.2",
    "M79.6",
    "M79.7",
    "M96.1",
    "F45.42",
    "N94.81",
    "R10.2",
    "R51.9",
    "R52",
)
# Acute pain is not part of the set.
NOT_PAIN_SET = ("G89.1",)

# Treatments as they are told: section, list, and where an entry says its result.
TRIED = (
    ("pain", "treatments", "result"),
    ("trauma", "therapies", "result"),
    ("mental_health", "antidepressants", "response"),
)
LIMITED = ("limited", "none", "worse", "not_tolerated")

LABELS = {
    "documented": "Dual diagnosis documented",
    "pain_with_positive_screen": "Chronic pain; PTSD screen positive, not diagnosed",
    "incomplete": "Incomplete documentation",
}
SOURCE = "Tandem clinical reference, section 10.2"


@dataclass(frozen=True, slots=True)
class DualDiagnosis:
    pain_side: str
    trauma_side: str
    label: str
    missing: tuple[Gap, ...]
    rules: tuple[str, ...] = ("D-1", "D-2", "D-3", "D-4")
    version: str = VERSION
    source: str = SOURCE


def is_chronic(onset: Any, as_of: date) -> bool:
    """D-1: more than three calendar months since the onset (`YYYY-MM` or `YYYY-MM-DD`)."""
    began = facts.latest_day(onset)
    return began is not None and facts.add_months(began, CHRONIC_MONTHS) < as_of


def dual_diagnosis(content: Any, as_of: date, rules: ClinicRules = DEFAULTS) -> DualDiagnosis:
    pain, pain_gaps = _pain_side(content, as_of)
    trauma, trauma_gaps = _trauma_side(content, scored(content, rules))
    label = "incomplete"
    if (pain, trauma) == ("documented", "diagnosed"):
        label = "documented"
    elif (pain, trauma) == ("documented", "screen_positive"):
        label = "pain_with_positive_screen"
    return DualDiagnosis(pain, trauma, label, (*pain_gaps, *trauma_gaps))


def _pain_side(content: Any, as_of: date) -> tuple[str, list[Gap]]:
    coded = bool(facts.coded(content, PAIN_SET, but=NOT_PAIN_SET))
    chronic = is_chronic(facts.answer(content, "pain", "onset"), as_of)
    gaps = []
    if not coded:
        gaps.append(Gap("pain.diagnoses", "/pain/diagnoses", "A chronic pain diagnosis code"))
    if not chronic:
        gaps.append(Gap("pain.onset", "/pain/onset", "An onset more than three months ago"))
    return ("documented", "partial", "missing")[len(gaps)], gaps


def _trauma_side(content: Any, results: list[Scored]) -> tuple[str, list[Gap]]:
    coded = any(code in PTSD_CODES for code in facts.diagnoses(content))
    dated = facts.day(facts.answer(content, "trauma", "diagnosed_on")) is not None
    gaps = []
    if not coded:
        gaps.append(Gap("trauma.diagnoses", "/trauma/diagnoses", "A PTSD diagnosis code"))
    if not dated:
        gaps.append(
            Gap("trauma.diagnosed_on", "/trauma/diagnosed_on", "The date of the PTSD diagnosis")
        )
    if not gaps:
        return "diagnosed", []
    if screen_positive(results):
        return "screen_positive", gaps
    # A diagnosis or a positive screen that is told but not documented is a suspicion here.
    told = ("suspected", "positive_screen", "diagnosed")
    status = facts.answer(content, "trauma", "ptsd_status")
    return ("suspected" if status in told or coded else "missing"), gaps


def screen_positive(results: list[Scored]) -> bool:
    """The newest PC-PTSD-5 positive, or the newest PCL-5 in or over the window or by cluster."""
    short, long = newest(results, "pc-ptsd-5"), newest(results, "pcl-5")
    if short and short.result and short.result.positive:
        return True
    if not long or not long.result or long.result.score is None:
        return False
    return long.result.score >= PCL5_WINDOW[0] or bool(long.result.extra["cluster_rule"])


def article_profile(content: Any, as_of: date, rules: ClinicRules = DEFAULTS) -> dict[str, bool]:
    """D-5: the founding article's four facts, side by side. Display only, no score."""
    dual = dual_diagnosis(content, as_of, rules)
    return {
        "limited_result": any(result in LIMITED for result in _results(content)),
        "both_conditions": dual.pain_side != "missing" and dual.trauma_side != "missing",
        "impaired_function": _impaired(content, rules),
        "seeks_faster_option": facts.present(
            facts.answer(content, "request", "faster_option_reason")
        ),
    }


def _results(content: Any) -> list[Any]:
    """What came of everything that was tried, for either condition."""
    return [
        entry.get(name)
        for section, field, name in TRIED
        for entry in facts.entries(content, section, field)
    ]


def _impaired(content: Any, rules: ClinicRules) -> bool:
    peg = newest(scored(content, rules), "peg")
    interference = list(peg.entry["items"][1:]) if peg else []
    told = facts.answer(content, "pain", "function")
    return any((facts.whole(item) or 0) >= 1 for item in interference) or facts.present(told)
