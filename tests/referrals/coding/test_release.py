"""The shipped codes are facts of the release, and an operator's own file takes their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.checks import readable_codes
from referrals import loaded_codes
from referrals.coding import GROUPS, coding_warnings, find, read, shipped
from referrals.rules.dual import PAIN_SET, PTSD_CODES
from referrals.rules.prompts import PREFIXES, prompted
from tests.referrals.coding.tabular import whole

ORDER = (
    "00001 F4310   1 Post-traumatic stress disorder, unspecified                  "
    "Post-traumatic stress disorder, unspecified\n"
    "00002 M545    0 Low back pain                                                Low back pain\n"
)
REFERENCE = [
    "F43.10",
    "F43.11",
    "F43.12",
    "F43.0",
    "F43.20",
    "F43.21",
    "F43.81",
    "F43.89",
    "F43.9",
    "G89.0",
    "G89.21",
    "G89.22",
    "G89.28",
    "G89.29",
    "G89.4",
    "G89.3",
    "G90.50",
    "G90.59",
    "M79.7",
    "M79.10",
    "M79.18",
    "M79.2",
    "M54.2",
    "M54.12",
    "M54.16",
    "M54.50",
    "M54.51",
    "M54.59",
    "M54.6",
    "M54.9",
    "M96.1",
    "G43.009",
    "G43.019",
    "G43.109",
    "G43.709",
    "G43.719",
    "G43.909",
    "G43.919",
    "R51.9",
    "G62.9",
    "G63",
    "G62.0",
    "G50.0",
    "G50.1",
    "G54.6",
    "B02.22",
    "B02.23",
    "B02.29",
    "F45.42",
    "F45.41",
    "R52",
    "F32.0",
    "F32.5",
    "F32.9",
    "F32.A",
    "F33.0",
    "F33.3",
    "F33.9",
    "F41.0",
    "F41.1",
    "F41.3",
    "F41.8",
    "F41.9",
    "G47.00",
    "G47.01",
    "F51.01",
    "F51.05",
    "F11.10",
    "F11.20",
    "F11.21",
    "F11.90",
    "F11.91",
    "Z79.891",
    "R45.851",
    "T14.91XA",
    "Z91.51",
    "Z91.52",
    "Z87.820",
    "Z13.31",
]


def test_every_shipped_code_is_what_the_release_says() -> None:
    for one in shipped().codes.values():
        assert whole.is_valid_item(one.code), one.code
        assert whole.get_description(one.code) == one.name
        assert whole.is_leaf(one.code) == one.billable, one.code


def test_the_shipped_list_is_whole_groups() -> None:
    """Whatever stands below a prefix is there, so that a code that is absent is a wrong one."""
    expected = {code for group in GROUPS for code in (group, *whole.get_descendants(group))}
    assert set(shipped().codes) == expected


def test_the_codes_of_the_reference_can_be_billed() -> None:
    assert [c for c in REFERENCE if not (shipped().get(c) and shipped().get(c).billable)] == []


@pytest.mark.parametrize("prefix", [*PAIN_SET, *PTSD_CODES])
def test_what_the_rules_look_for_is_in_the_list(prefix: str) -> None:
    assert [code for code in shipped().codes if code.startswith(prefix)] or prefix in (
        "E12.40", "E12.41", "E12.42",
    )  # fmt: skip


def test_what_prompts_a_question_is_in_the_list_but_for_pregnancy_codes() -> None:
    missing = {
        prefix
        for prefixes in PREFIXES.values()
        for prefix in prefixes
        if not any(code.startswith(prefix) for code in shipped().codes)
    }
    # The chapter on pregnancy is left to a full release; F26, F27 and I14 do not exist.
    assert missing == {"O", "F26", "F27", "I14"}


def test_a_pregnancy_code_asks_and_is_marked_as_one_to_check() -> None:
    content = {"medical": {"diagnoses": ["O26.891"]}}
    assert [flag.rule for flag in prompted(content)] == ["K-02"]
    (warning,) = coding_warnings(content, shipped())
    assert warning.rule == "X-8" and "not in the list of codes kept here" in warning.message


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("F4312", "F43.12"), ("f43.12", "F43.12"), ("M54.1", "M54.1"), ("M54.16", "M54.16"),
        ("fibromyalgia", "M79.7"), ("ptsd chronic", "F43.12"), ("CRPS I right upper", "G90.511"),
        ("post-traumatic unspecified", "F43.10"), ("  g89.4 ", "G89.4"),
    ],
)  # fmt: skip
def test_a_code_is_found_by_code_or_words(typed: str, first: str) -> None:
    assert next(iter(find(shipped(), typed))).code == first


@pytest.mark.parametrize("typed", ["", "m", "?", "--", "xyzzy", "pain of the moon", "Z99.ZZZ"])
def test_what_fits_nothing_finds_nothing(typed: str) -> None:
    assert find(shipped(), typed) == []


def test_a_search_answers_with_few() -> None:
    assert len(find(shipped(), "pain")) == 12


def test_an_order_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "icd10cm_order_2027.txt"
    file.write_text(ORDER)
    release = read(file)
    assert release.name == "icd10cm_order_2027"
    assert (release.get("M54.5").billable, release.get("F43.10").billable) == (False, True)
    assert release.get("F43.10").name == "Post-traumatic stress disorder, unspecified"


@pytest.mark.parametrize(
    ("text", "says"), [("", "holds no"), ("# release: x\n", "holds no"), 
     ("F43.10,1,PTSD", "Line 1"),
                       ("F43.10\t2\tPTSD", "Line 1"), ("pain\t1\tPain", "Line 1")],
)  # fmt: skip
def test_a_file_that_is_no_release_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "codes.tsv").write_text(text)
    with pytest.raises(ValueError, match=says):
        read(tmp_path / "codes.tsv")


def test_an_operators_file_takes_the_place_of_the_shipped_list(settings, tmp_path: Path) -> None:
    file = tmp_path / "codes.tsv"
    file.write_text("# release: October 1, 2026\nF43.10\t1\tPost-traumatic stress disorder\n")
    settings.ICD10CM_FILE = str(file)
    assert loaded_codes.current().name == "October 1, 2026"
    assert readable_codes(None) == []


def test_a_file_that_is_not_there_is_told_at_the_start(settings, tmp_path: Path) -> None:
    settings.ICD10CM_FILE = str(tmp_path / "none.txt")
    [error] = readable_codes(None)
    assert error.id == "portal.E002"
