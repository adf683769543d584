"""K-01 to K-24: what the clinic's physician should look at. Never a verdict on a patient."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from . import facts, prompts
from .findings import Flag
from .flag_sources import (
    ASA_2025,
    ASRA,
    CDC,
    CLINIC_FORMS,
    CONSENSUS,
    CYP,
    FDA_2023,
    HYPERTENSION,
    INTERACTIONS,
    LABEL,
)
from .mme import mme
from .settings import DEFAULTS, ClinicRules

REVIEW = "Needs physician review"
ASK = "Information needed"
LEVELS = ("R", "C", "I")
_RANK = {level: rank for rank, level in enumerate(LEVELS)}
# Every flag by its name.
RULES = tuple(f"K-{number:02}" for number in range(1, 25))

Rule = Callable[[Any, date, ClinicRules], Flag | None]


def flags(content: Any, as_of: date, rules: ClinicRules = DEFAULTS) -> list[Flag]:
    """At most one flag for each rule: R before C before I, then by number."""
    found = [flag for rule in _RULES if (flag := rule(content, as_of, rules))]
    known = {flag.rule for flag in found}
    found += [flag for flag in prompts.prompted(content) if flag.rule not in known]
    levelled = [_with_level(flag, rules) for flag in found]
    return sorted(levelled, key=lambda flag: (_RANK[flag.level], flag.rule))


def _with_level(flag: Flag, rules: ClinicRules) -> Flag:
    """A clinic's own level for a finding; what only asks for information stays information."""
    level = rules.flag_levels.get(flag.rule)
    if level not in _RANK or flag.message.startswith(ASK):
        return flag
    return dataclasses.replace(flag, level=level)


def _medical(content: Any, name: str) -> Any:
    return facts.answer(content, "medical", name)


def _answered(
    rule: str, what: str, source: str, *, level: str = "R", name: str = "", section: str = "medical"
) -> Rule:
    """yes raises the flag; unknown and clinic to obtain say that information is needed."""
    field = name or rule.lower().replace("-", "")

    def found(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
        answer = facts.answer(content, section, field)
        inputs = (f"{section}.{field}",)
        if answer == "yes":
            opening = REVIEW if level == "R" else "Caution"
            return Flag(rule, level, f"{opening}: {what}", source, inputs)
        if answer in ("unknown", "clinic_to_obtain"):
            return Flag(rule, "I", f"{ASK}: {what}", source, inputs)
        return None

    return found


def _k02(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    answers = (_medical(content, "k02"), _medical(content, "pregnancy"))
    inputs = ("medical.k02", "medical.pregnancy", "patient.sex_for_clinical_use")
    if "yes" in answers or "pregnant" in answers or "possible" in answers:
        return Flag("K-02", "R", f"{REVIEW}: pregnant or possibly pregnant", ASRA, inputs)
    ruled_out = (
        answers[1] in ("not_pregnant", "not_applicable")
        or facts.answer(content, "patient", "sex_for_clinical_use") == "male"
    )
    if not ruled_out and {"unknown", "clinic_to_obtain"} & set(_hashable(answers)):
        return Flag("K-02", "R", f"{REVIEW}: pregnancy is not known", ASRA, inputs)
    return None


def _hashable(answers: Sequence[Any]) -> list[str]:
    return [answer for answer in answers if isinstance(answer, str)]


def _k03(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    told = (_medical(content, "k03"), facts.answer(content, "mental_health", "psychosis"))
    inputs = ("medical.k03", "mental_health.psychosis")
    what = "psychosis or a schizophrenia-spectrum disorder"
    if "yes" in told:
        return Flag("K-03", "R", f"{REVIEW}: {what}", CONSENSUS, inputs)
    if {"unknown", "clinic_to_obtain"} & set(_hashable(told)):
        return Flag("K-03", "I", f"{ASK}: {what}", CONSENSUS, inputs)
    return None


_k04_answered = _answered("K-04", "moderate or severe liver disease", ASRA)


def _k04(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    flag = _k04_answered(content, as_of, rules)
    if flag and flag.level == "R" and _medical(content, "liver_severity") == "moderate":
        message = "Caution: moderate liver disease, to be monitored"
        inputs = ("medical.k04", "medical.liver_severity")
        return dataclasses.replace(flag, level="C", message=message, inputs=inputs)
    return flag


_k06_answered = _answered("K-06", "an active substance use problem", ASRA)


def _k06(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    flag = _k06_answered(content, as_of, rules)
    if flag and flag.level == "R":
        return flag
    if facts.answer(content, "substance", "remission") == "yes":
        inputs = ("medical.k06", "substance.remission")
        return Flag("K-06", "C", "Caution: a substance use problem in remission", ASRA, inputs)
    return flag


_k07_answered = _answered("K-07", "blood pressure of 180/120 or above", HYPERTENSION)


def _k07(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    measured = facts.section(facts.section(content, "medical"), "blood_pressure")
    reading = [facts.whole(measured.get(name)) or 0 for name in ("systolic", "diastolic")]
    inputs = ("medical.blood_pressure", "medical.k07")
    flag = _k07_answered(content, as_of, rules)
    if _at_or_above(reading, rules.bp_review) or (flag and flag.level == "R"):
        advice = "advise same-day medical assessment by the referrer"
        message = f"{REVIEW}: blood pressure of {_limit(rules.bp_review)} or above; {advice}"
        return Flag("K-07", "R", message, HYPERTENSION, inputs)
    if _at_or_above(reading, rules.bp_caution):
        message = f"Caution: blood pressure of {_limit(rules.bp_caution)} or above"
        return Flag("K-07", "C", message, LABEL, inputs)
    return flag


def _limit(pair: tuple[int, int]) -> str:
    return f"{pair[0]}/{pair[1]}"


def _at_or_above(reading: Sequence[int], limit: tuple[int, int]) -> bool:
    return reading[0] >= limit[0] or reading[1] >= limit[1]


def _takes(rule: str, name: str, what: str, source: str, *, level: str = "C") -> Rule:
    def found(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
        if name not in facts.medication_classes(content):
            return None
        return Flag(rule, level, what, source, ("medical.medications",))

    return found


def _k14(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    if not facts.takes_opioid(content):
        return None
    notes = ["Caution: takes an opioid"]
    if "benzodiazepine" in facts.medication_classes(content):
        notes.append("and a benzodiazepine")
    dose = mme(content, rules)
    if dose and dose.at_historical:
        notes.append("90 MME a day or more (historical mark of 2016)")
    elif dose and dose.at_caution:
        notes.append("50 MME a day or more")
    inputs = ("substance.opioids", "substance.opioid_use", "medical.medications")
    return Flag("K-14", "C", "; ".join(notes), CDC, inputs)


def _k17(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    names = ("bladder_symptoms", "ketamine_heavy_use")
    inputs = tuple(f"medical.{name}" for name in names)
    what = "bladder or urinary symptoms, or heavy ketamine use in the past"
    answers = [_medical(content, name) for name in names]
    if "yes" in answers:
        return Flag("K-17", "C", f"Caution: {what}", FDA_2023, inputs)
    if {"unknown", "clinic_to_obtain"} & set(_hashable(answers)):
        return Flag("K-17", "I", f"{ASK}: {what}", FDA_2023, inputs)
    return None


def _k20(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    years = facts.age(content, as_of)
    if years is None or years < rules.older_age:
        return None
    return Flag("K-20", "C", "Caution: aged 65 or over", LABEL, ("patient.birth_date",))


def _k22(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    if not {"cyp_inhibitor", "cyp_inducer"} & facts.medication_classes(content):
        return None
    message = "Takes a strong CYP3A4 or CYP2B6 inhibitor or inducer"
    return Flag("K-22", "I", message, CYP, ("medical.medications",))


def _k23(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    if _medical(content, "escort") != "no":
        return None
    message = "No adult to escort the patient home"
    return Flag("K-23", "I", message, LABEL, ("medical.escort",))


def _k24(content: Any, as_of: date, rules: ClinicRules) -> Flag | None:
    if _medical(content, "ketamine_history") != "compounded_or_home":
        return None
    message = "Compounded, oral or at-home ketamine before"
    return Flag("K-24", "I", message, FDA_2023, ("medical.ketamine_history",))


_RULES: tuple[Rule, ...] = (
    _answered("K-01", "poorly controlled cardiovascular disease", ASRA),
    _k02,
    _k03,
    _k04,
    _answered("K-05", "raised intracranial or intra-ocular pressure", ASRA),
    _k06,
    _k07,
    _answered("K-08", "aneurysm, arteriovenous malformation or past brain hemorrhage", LABEL),
    _answered("K-09", "hypersensitivity to ketamine or esketamine", LABEL),
    _takes("K-10", "benzodiazepine", "Caution: takes a benzodiazepine", INTERACTIONS),
    _takes("K-11", "lamotrigine", "Caution: takes lamotrigine", INTERACTIONS),
    _takes("K-12", "maoi", "Caution: takes an MAO inhibitor", INTERACTIONS),
    _takes("K-13", "stimulant", "Caution: takes a stimulant", LABEL),
    _k14,
    _answered(
        "K-15",
        "untreated hyperthyroidism",
        CLINIC_FORMS,
        level="C",
        name="hyperthyroidism_untreated",
    ),
    _answered(
        "K-16",
        "mania or hypomania, now or before",
        "Clinical practice, to be confirmed by the medical director",
        level="C",
        name="mania",
        section="mental_health",
    ),
    _k17,
    _answered(
        "K-18",
        "sleep apnea, home oxygen or severe lung disease",
        ASA_2025,
        level="C",
        name="respiratory",
    ),
    _answered("K-19", "a seizure disorder", ASA_2025, level="C", name="seizures"),
    _k20,
    _answered("K-21", "breast-feeding", LABEL, level="C", name="breastfeeding"),
    _k22,
    _k23,
    _k24,
)
