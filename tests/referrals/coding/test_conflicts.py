"""X-1 to X-8, each with its other side: warnings, and never a block."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.assessment import assess
from referrals.coding import Code, Release, coding_warnings, shipped
from referrals.coding.conflicts import CONFLICTS
from tests.referrals.coding.tabular import whole
from tests.referrals.rules import TODAY
from tests.referrals.rules.complete import submittable

FULL = Release(
    "all", {f"X{n}": Code(f"X{n}", True, "x") for n in range(50_000)} | dict(shipped().codes)
)


def rules(*codes, release=None, **sections):
    content = {"pain": {"diagnoses": list(codes)}, **sections}
    return [warning.rule for warning in coding_warnings(content, release or shipped())]


@pytest.mark.parametrize(
    ("left", "right", "rule"),
    [
        ("R52", "G89.4", "X-1"), ("R52", "M54.16", None),
        ("F45.41", "G89.29", "X-2"), ("F45.41", "R52", "X-2"), ("F45.41", "M54.50", "X-2"),
        ("F45.42", "G89.29", None),
        ("G89.21", "G89.0", "X-3"), ("G89.29", "G89.3", "X-3"), ("G89.29", "G89.4", "X-3"),
        ("G89.29", "G90.511", "X-3"), ("G89.28", "G56.41", "X-3"), ("G89.22", "G57.72", "X-3"),
        ("G89.4", "G90.511", None), ("G89.21", "G89.29", None),
        ("M79.18", "M79.7", "X-4"), ("M79.2", "M79.7", None),
        ("M54.50", "M54.42", "X-5"), ("M54.6", "M54.42", None),
        ("G90.521", "G57.71", "X-6"), ("G90.511", "G56.41", "X-6"), ("G90.511", "G54.6", None),
        ("F32.9", "F33.1", "X-7"), ("F32.1", "F31.9", "X-7"), ("F33.1", "F30.9", "X-7"),
        ("F32.9", "F41.1", None),
    ],
)  # fmt: skip
def test_a_pair_and_its_other_side(left, right, rule):
    expected = [] if rule is None else [rule]
    assert rules(left, right) == expected
    assert rules(right, left) == expected


@pytest.mark.parametrize("conflict", CONFLICTS, ids=lambda c: f"{c.rule} {c.left[0]}")
def test_the_tabular_list_says_so(conflict):
    """Read from the release: an Excludes1 note of one side, or above it, names the other."""
    for right in conflict.right:
        ends = {end.split("-")[0].strip(". ") for end in _excluded(conflict.left, (right,))}
        assert ends, (conflict.rule, right)


def _excluded(*sides):
    for one, other in (sides, sides[::-1]):
        for code in one:
            chain = [code, *whole.get_ancestors(code), *whole.get_descendants(code)]
            notes = [note for item in chain for note in whole.get_excludes1(item)]
            for prefix in other:
                yield from (n for n in notes if f"({prefix[:3]}" in n and _names(n, prefix))


def _names(note, prefix):
    named = note.rsplit("(", 1)[-1].rstrip(").-").split("-")[0].rstrip(".")
    return named.startswith(prefix) or prefix.startswith(named)


def test_a_heading_and_an_unknown_code_are_x_8():
    assert rules("M54.5") == rules("M54.99") == ["X-8"]
    assert rules("M54.50") == []


def test_a_part_of_a_release_does_not_say_that_a_code_is_wrong():
    [part] = coding_warnings({"pain": {"diagnoses": ["S39.012A"]}}, shipped())
    [full] = coding_warnings({"pain": {"diagnoses": ["S39.012A"]}}, FULL)
    assert "check that it is billable" in part.message
    assert "not billable in release all" in full.message


def test_codes_of_different_sections_meet():
    found = rules("G89.4", medical={"diagnoses": ["R52"]})
    assert found == ["X-1"]
    [warning] = coding_warnings(
        {"pain": {"diagnoses": ["G89.4"]}, "medical": {"diagnoses": ["R52"]}}, shipped()
    )
    assert set(warning.pointers) == {"/pain/diagnoses", "/medical/diagnoses"}


def test_a_warning_shows_its_basis_and_blocks_nothing():
    found = assess(submittable(pain__diagnoses=["R52", "G89.4"]), as_of=TODAY)
    [warning] = found["coding"]["warnings"]
    assert warning["rule"] == "X-1" and warning["version"] and warning["source"]
    assert warning["inputs"] == ["pain.diagnoses"]
    assert found["completeness"]["submit"]["blocked"] is False


junk = st.recursive(st.none() | st.integers() | st.text(max_size=6),
                    lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["pain", "diagnoses"]), inner))  # fmt: skip


@given(st.dictionaries(st.sampled_from(["pain", "trauma", "medical"]),
                       st.dictionaries(st.just("diagnoses"), junk) | junk))  # fmt: skip
def test_anything_is_read_without_an_error(content):
    coding_warnings(content, shipped())
