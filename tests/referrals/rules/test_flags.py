"""Clinical reference 6.1: each K-flag's trigger, level and other side."""

import dataclasses

import pytest

from referrals.rules import DEFAULTS, flags
from referrals.rules.flag_levels import PUBLISHED, published
from referrals.rules.flags import LEVELS, RULES

from . import TODAY


def levels(content, rules=DEFAULTS):
    return {flag.rule: flag.level for flag in flags(content, TODAY, rules)}


def medical(**answers):
    return {"medical": answers}


def takes(*classes):
    return medical(medications=[{"name": "x", "classes": list(classes)}])


def bp(systolic, diastolic):
    return medical(blood_pressure={"systolic": systolic, "diastolic": diastolic})


@pytest.mark.parametrize("number", ["01", "03", "05", "06", "07", "08", "09"])
@pytest.mark.parametrize(
    ("answer", "level"),
    [("yes", "R"), ("no", None), (None, None), ("unknown", "I"), ("clinic_to_obtain", "I")],
)
def test_the_nine_answers(number, answer, level):
    assert levels(medical(**{f"k{number}": answer})).get(f"K-{number}") == level


@pytest.mark.parametrize(
    ("content", "rule", "level"),
    [
        (medical(k02="yes"), "K-02", "R"),
        (medical(k02="unknown"), "K-02", "R"),
        (medical(k02="no"), "K-02", None),
        (medical(pregnancy="possible"), "K-02", "R"),
        (medical(k02="unknown", pregnancy="not_applicable"), "K-02", None),
        ({**medical(k02="unknown"), "patient": {"sex_for_clinical_use": "male"}}, "K-02", None),
        ({"mental_health": {"psychosis": "yes"}}, "K-03", "R"),
        (medical(k04="yes"), "K-04", "R"),
        (medical(k04="yes", liver_severity="severe"), "K-04", "R"),
        (medical(k04="yes", liver_severity="moderate"), "K-04", "C"),
        ({"substance": {"remission": "yes"}}, "K-06", "C"),
        ({**medical(k06="yes"), "substance": {"remission": "yes"}}, "K-06", "R"),
        (bp(179, 119), "K-07", "C"),
        (bp(180, 80), "K-07", "R"),
        (bp(150, 120), "K-07", "R"),
        (bp(140, 60), "K-07", "C"),
        (bp(120, 90), "K-07", "C"),
        (bp(139, 89), "K-07", None),
        (takes("benzodiazepine"), "K-10", "C"),
        (takes("lamotrigine"), "K-11", "C"),
        (takes("maoi"), "K-12", "C"),
        (takes("stimulant"), "K-13", "C"),
        (takes("opioid"), "K-14", "C"),
        ({"substance": {"opioid_use": "yes"}}, "K-14", "C"),
        (takes("antidepressant"), "K-14", None),
        (medical(hyperthyroidism_untreated="yes"), "K-15", "C"),
        ({"mental_health": {"mania": "yes"}}, "K-16", "C"),
        (medical(bladder_symptoms="yes"), "K-17", "C"),
        (medical(ketamine_heavy_use="yes"), "K-17", "C"),
        (medical(bladder_symptoms="unknown"), "K-17", "I"),
        (medical(respiratory="yes"), "K-18", "C"),
        (medical(seizures="yes"), "K-19", "C"),
        ({"patient": {"birth_date": "1961-11-23"}}, "K-20", "C"),
        ({"patient": {"birth_date": "1961-11-24"}}, "K-20", None),
        (medical(breastfeeding="yes"), "K-21", "C"),
        (takes("cyp_inhibitor"), "K-22", "I"),
        (takes("cyp_inducer"), "K-22", "I"),
        (medical(escort="no"), "K-23", "I"),
        (medical(escort="yes"), "K-23", None),
        (medical(ketamine_history="compounded_or_home"), "K-24", "I"),
        (medical(ketamine_history="clinic"), "K-24", None),
    ],
)
def test_a_flag_and_its_other_side(content, rule, level):
    assert levels(content).get(rule) == level


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("I25.10", "K-01"),
        ("I50.9", "K-01"),
        ("O09.90", "K-02"),
        ("Z33.1", "K-02"),
        ("F20.9", "K-03"),
        ("F32.3", "K-03"),
        ("K74.60", "K-04"),
        ("G93.2", "K-05"),
        ("F11.20", "K-06"),
        ("I10", "K-07"),
        ("I71.40", "K-08"),
        ("Q28.2", "K-08"),
        ("Z79.891", "K-14"),
        ("E05.90", "K-15"),
        ("F31.9", "K-16"),
        ("N30.10", "K-17"),
        ("G47.33", "K-18"),
        ("G40.909", "K-19"),
    ],
)
def test_a_code_makes_the_software_ask(code, rule):
    assert levels(medical(diagnoses=[code])).get(rule) == "I"


@pytest.mark.parametrize("code", ["F11.21", "F10.11", "F19.91", "F17.210", "F32.1"])
def test_remission_and_nicotine_do_not_prompt(code):
    assert "K-06" not in levels(medical(diagnoses=[code]))


def test_an_answer_stands_before_a_prompt():
    assert levels(medical(k01="yes", diagnoses=["I25.10"])) == {"K-01": "R"}


@pytest.mark.parametrize(
    ("dose", "words"), [(49, "takes an opioid"), (50, "50 MME"), (90, "90 MME a day or more (hist")]
)
def test_k14_says_the_dose_mark(dose, words):
    opioid = {"drug": "morphine", "daily_dose": dose, "unit": "mg_day"}
    messages = [f.message for f in flags({"substance": {"opioids": [opioid]}}, TODAY)]
    assert len(messages) == 1
    assert words in messages[0]


def test_the_worst_stand_first_and_each_has_its_basis():
    content = medical(k09="yes", escort="no", seizures="yes", k01="yes")
    found = flags(content, TODAY)
    assert [flag.rule for flag in found] == ["K-01", "K-09", "K-19", "K-23"]
    assert all(flag.source and flag.inputs and flag.version for flag in found)


def test_a_clinic_sets_its_own_levels_but_not_of_a_question():
    rules = dataclasses.replace(DEFAULTS, flag_levels={"K-19": "R", "K-01": "C"})
    assert levels(medical(seizures="yes", k01="unknown"), rules) == {"K-19": "R", "K-01": "I"}


def test_every_flag_has_a_name_and_its_published_levels() -> None:
    assert tuple(PUBLISHED) == RULES
    assert all(levels and set(levels) <= set(LEVELS) for _, levels in PUBLISHED.values())
    assert published("K-04") == "Review or caution"


@pytest.mark.parametrize("number", range(1, 10))
def test_an_answered_flag_has_a_level_that_is_published(number: int) -> None:
    rule = f"K-0{number}"
    assert levels(medical(**{f"k0{number}": "yes"}))[rule] in PUBLISHED[rule][1]
