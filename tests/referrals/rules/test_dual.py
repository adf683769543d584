"""Clinical reference 10.2: what is documented of each side."""

from datetime import date

import pytest

from referrals.rules import article_profile, dual_diagnosis, is_chronic
from referrals.rules.dual import PAIN_SET

from . import TODAY, entry, peg, with_instruments

CHRONIC = {"diagnoses": ["M54.16"], "onset": "2024-06"}
DIAGNOSED = {"diagnoses": ["F43.12"], "diagnosed_on": "2020-05-01"}


@pytest.mark.parametrize(
    ("onset", "as_of", "chronic"),
    [
        ("2026-08-22", date(2026, 11, 23), True),
        ("2026-08-23", date(2026, 11, 23), False),
        ("2026-11-30", date(2027, 2, 28), False),
        ("2026-11-30", date(2027, 3, 1), True),
        ("2027-11-30", date(2028, 2, 28), False),
        ("2027-11-30", date(2028, 2, 29), False),
        ("2027-11-30", date(2028, 3, 1), True),
        ("2026-08", date(2026, 11, 30), False),
        ("2026-08", date(2026, 12, 1), True),
        ("2026-02", date(2026, 5, 28), False),
        ("2026-02", date(2026, 5, 29), True),
        ("9999-12", date(2026, 1, 1), False),
        (None, TODAY, False), ("2026", TODAY, False), ("2026-13", TODAY, False), (5, TODAY, False),
    ],
)  # fmt: skip
def test_d1_more_than_three_calendar_months(onset, as_of, chronic):
    assert is_chronic(onset, as_of) is chronic


@pytest.mark.parametrize(
    ("pain", "side"),
    [
        (CHRONIC, "documented"),
        ({"diagnoses": ["M54.16"], "onset": "2026-11"}, "partial"),
        ({"diagnoses": ["M54.16"]}, "partial"),
        ({"onset": "2024-06"}, "partial"),
        ({}, "missing"),
        ({"diagnoses": ["G89.11"], "onset": "2024-06"}, "partial"),
        ({"diagnoses": ["G89.29"], "onset": "2024-06"}, "documented"),
        ({"diagnoses": ["E11.42"], "onset": "2024-06"}, "documented"),
        ({"diagnoses": ["E11.43"], "onset": "2024-06"}, "partial"),
        ({"diagnoses": ["E14.40"], "onset": "2024-06"}, "partial"),
        ({"diagnoses": ["R10.20"], "onset": "2024-06"}, "documented"),
        ({"diagnoses": ["I10"], "onset": "2024-06"}, "partial"),
    ],
)
def test_d2_pain_side(pain, side):
    assert dual_diagnosis({"pain": pain}, TODAY).pain_side == side


@pytest.mark.parametrize("prefix", PAIN_SET)
def test_each_prefix_is_of_the_pain_set(prefix):
    pain = {"diagnoses": [prefix], "onset": "2024-06"}
    assert dual_diagnosis({"pain": pain}, TODAY).pain_side == "documented"


def test_the_pain_set_is_the_references():
    expected = [
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
    ]
    diabetic = {f"E{n}.4{d}" for n in ("08", "09", "10", "11", "12", "13") for d in "012"}
    assert set(PAIN_SET) == diabetic | set(expected)


@pytest.mark.parametrize(
    ("trauma", "instruments", "side"),
    [
        (DIAGNOSED, [], "diagnosed"),
        ({**DIAGNOSED, "diagnoses": ["F43.10"]}, [], "diagnosed"),
        ({**DIAGNOSED, "diagnoses": ["F43.0"]}, [], "missing"),
        ({"diagnoses": ["F43.12"]}, [], "suspected"),
        ({"ptsd_status": "suspected"}, [], "suspected"),
        ({"ptsd_status": "not_suspected"}, [], "missing"),
        ({"ptsd_status": "unknown"}, [], "missing"),
        ({}, [entry("pc-ptsd-5", items=[1, 1, 1, 1, 1, 0])], "screen_positive"),
        ({}, [entry("pc-ptsd-5", items=[1, 1, 1, 1, 0, 0])], "missing"),
        ({}, [entry("pcl-5", total=31)], "screen_positive"),
        ({}, [entry("pcl-5", total=30)], "missing"),
        ({}, [entry("pcl-5", items=[2, *[0] * 4, 2, 0, 2, 2, *[0] * 5, 2, 2, *[0] * 4])],
         "screen_positive"),
        ({}, [entry("pcl-5", total=40, days=9), entry("pcl-5", total=20, days=1)], "missing"),
        (DIAGNOSED, [entry("pcl-5", total=5)], "diagnosed"),
    ],
)  # fmt: skip
def test_d3_trauma_side(trauma, instruments, side):
    content = {"trauma": trauma, "instruments": instruments}
    assert dual_diagnosis(content, TODAY).trauma_side == side


@pytest.mark.parametrize(
    ("pain", "trauma", "instruments", "label", "missing"),
    [
        (CHRONIC, DIAGNOSED, [], "documented", []),
        (CHRONIC, {}, [entry("pcl-5", total=50)], "pain_with_positive_screen",
         ["trauma.diagnoses", "trauma.diagnosed_on"]),
        (CHRONIC, {"ptsd_status": "suspected"}, [], "incomplete",
         ["trauma.diagnoses", "trauma.diagnosed_on"]),
        ({"diagnoses": ["M54.16"]}, DIAGNOSED, [], "incomplete", ["pain.onset"]),
        ({}, DIAGNOSED, [], "incomplete", ["pain.diagnoses", "pain.onset"]),
    ],
)  # fmt: skip
def test_d4_label_always_lists_what_is_missing(pain, trauma, instruments, label, missing):
    found = dual_diagnosis({"pain": pain, "trauma": trauma, "instruments": instruments}, TODAY)
    assert (found.label, [gap.code for gap in found.missing]) == (label, missing)


@pytest.mark.parametrize("response", ["limited", "none", "worse", "not_tolerated"])
def test_d5_counts_medicine_for_depression_or_ptsd_as_tried(response):
    told = {"mental_health": {"antidepressants": [{"name": "x", "response": response}]}}
    assert article_profile(told, TODAY)["limited_result"] is True
    told["mental_health"]["antidepressants"][0]["response"] = "good"
    assert article_profile(told, TODAY)["limited_result"] is False


def test_d5_shows_four_facts_side_by_side():
    content = with_instruments(
        peg(0, 3, 0),
        pain={**CHRONIC, "treatments": [{"name": "x", "result": "limited"}]},
        trauma={"ptsd_status": "suspected"},
        request={"faster_option_reason": "work"},
    )
    assert set(article_profile(content, TODAY).values()) == {True}
    assert set(article_profile({}, TODAY).values()) == {False}
