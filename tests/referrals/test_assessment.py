"""The contract's assessment: its shape, on anything, without a verdict."""

import json
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.assessment import assess, computed_instruments, priority, submit_gaps
from referrals.content import SECTIONS

from .rules import TODAY, ago, cssrs, entry, peg, phq9
from .rules.complete import submittable

VERDICTS = re.compile(r"eligib|approved|contraindicat|recommended dose|suitable", re.I)


def test_the_shape_of_the_contract():
    found = assess(submittable(), as_of=TODAY, referrer_kind="physician", state="FL")
    assert {"dual_diagnosis", "priority", "flags", "mme", "completeness"} <= set(found)
    assert {"pain_side", "trauma_side", "label", "missing"} <= set(found["dual_diagnosis"])
    assert (found["priority"]["value"], found["priority"]["rules"]) == ("p3", [])
    assert found["completeness"]["submit"] == {"complete": True, "blocked": False, "missing": []}
    assert found["completeness"]["accept"]["complete"] is False
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_danger_leaves_the_submit_set_incomplete_but_not_blocked():
    content = submittable(safety__danger_now=True, request__reason=None)
    found = assess(content, as_of=TODAY)["completeness"]["submit"]
    assert (found["complete"], found["blocked"]) == (False, False)
    assert {gap["code"] for gap in found["missing"]} == {"request.reason", "safety.action_taken"}
    assert submit_gaps(content, TODAY) == []


def test_every_finding_shows_its_basis():
    content = submittable(
        instruments=[cssrs("low"), phq9(21, 1)],
        medical={"k01": "yes"},
        substance={"opioids": [{"drug": "morphine", "daily_dose": 60, "unit": "mg_day"}]},
    )
    found = assess(content, as_of=TODAY)
    for one in [*found["priority"]["basis"], *found["flags"]]:
        assert one["rule"]
        assert one["version"]
        assert one["source"]
        assert one["inputs"]
    assert found["mme"]["total"] == 60
    assert found["mme"]["at_or_above_50"] is True
    assert found["mme"]["source"]


@pytest.mark.parametrize(("days", "stale"), [(30, False), (31, True), (None, None)])
def test_a_result_is_stale_after_thirty_days(days, stale):
    [found] = computed_instruments({"instruments": [peg(7, 7, 6, days=days)]}, TODAY)
    assert (found["score"], found["stale"], found["rule"]) == (6.67, stale, "A-3")


def spread(total: int, items: int, most: int) -> list[int]:
    """A total as that many items."""
    return [min(most, max(0, total - most * n)) for n in range(items)]


def moved(name: str, before: list[int], after: list[int]) -> dict:
    entries = [entry(name, items=before, days=40), entry(name, items=after)]
    return computed_instruments({"instruments": entries}, TODAY)[1]["change"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (20, 14, (6.67, -2, 30, True)),  # exactly 30 %, which the rounded means miss
        (10, 7, (3.33, -1, 30, True)),
        (20, 15, (6.67, -1.67, 25, False)),
        (27, 19, (9, -2.67, 29.6, False)),
        (14, 20, (4.67, 2, -42.9, False)),
        (0, 9, (0, 3, None, None)),
    ],
)
def test_a_change_of_peg_is_judged_by_the_sums(before, after, expected):
    found = moved("peg", spread(before, 3, 10), spread(after, 3, 10))
    shown = tuple(found[name] for name in ("base", "points", "percent", "meaningful"))
    assert shown == expected


def test_each_fall_of_peg_by_thirty_percent_is_meaningful_and_none_below():
    for before in range(1, 31):
        for after in range(31):
            found = moved("peg", spread(before, 3, 10), spread(after, 3, 10))
            assert found["meaningful"] is (10 * (before - after) >= 3 * before), (before, after)


@pytest.mark.parametrize(
    ("name", "items", "most", "before", "after", "meaningful"),
    [
        ("phq-9", 9, 3, 15, 10, True),
        ("phq-9", 9, 3, 15, 11, False),
        ("pcl-5", 20, 4, 40, 30, True),
        ("pcl-5", 20, 4, 40, 31, False),
        ("gad-7", 7, 3, 14, 10, True),
        ("gad-7", 7, 3, 14, 11, False),
    ],
)
def test_a_change_of_a_sum_is_judged_by_its_points(name, items, most, before, after, meaningful):
    found = moved(name, spread(before, items, most), spread(after, items, most))
    assert (found["points"], found["meaningful"]) == (after - before, meaningful)


def test_computed_instruments_keep_what_was_given():
    entries = [
        entry("pcl-5", items=[2] * 20),
        entry("phq-9", item9=1),
        entry("c-ssrs", level="low"),
    ]
    pcl, phq, screen = computed_instruments({"instruments": entries}, TODAY)
    assert (pcl["items"], pcl["total"], pcl["score"]) == ([2] * 20, None, 40)
    assert pcl["subscales"] == {"B": 10, "C": 4, "D": 14, "E": 12}
    assert (phq["score"], phq["complete"], phq["item9"]) == (None, False, 1)
    assert (screen["band"], screen["positive"], screen["score"]) == ("low", True, None)


def test_audit_c_uses_the_patients_sex():
    entries = [entry("audit-c", total=3, days=1)]
    for sex, positive in (("male", False), ("female", True)):
        content = {"patient": {"sex_for_clinical_use": sex}, "instruments": entries}
        assert computed_instruments(content, TODAY)[0]["positive"] is positive


def test_priority_names_its_rules():
    assert priority({"mental_health": {"last_discharge_on": ago(3)}}, TODAY) == (
        "p1",
        ["S-10", "S-08"],
    )


words = st.sampled_from(["yes", "no", "unknown", "2026-11-01", "F43.12", "M54.16", "high", ""])
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 300) | st.floats() | words,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["instrument", "items", "drug", "classes", "systolic"]), inner
        )
    ),
    max_leaves=10,
)
FIELDS = {name: [*cls().fields] for name, cls in SECTIONS.items()}


@given(st.data(), st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_anything_can_be_assessed(data, as_of):
    content = {
        name: data.draw(junk | st.dictionaries(st.sampled_from(fields), junk, max_size=4))
        for name, fields in FIELDS.items()
    }
    found = assess(content, as_of=as_of, referrer_kind="lcsw", reviewed_flags=())
    text = json.dumps(found, allow_nan=False)
    assert not VERDICTS.search(text)
    computed_instruments(content, as_of)
