"""Merging, naming changes, reading: the contract's PATCH and read shape."""

import pytest

from referrals import content
from referrals.errors import Invalid

HELD = {
    "patient": {"given_name": "A", "phone": "+14075550123", "emergency_contact": {"name": "B"}},
    "pain": {"diagnoses": ["M54.16", "R52"]},
    "medical": {"blood_pressure": {"systolic": 120, "diastolic": 80}},
    "care_team": [{"role": "pcp"}],
}


def held():
    return content.merge(content.empty(), HELD)


@pytest.mark.parametrize(
    ("patch", "section", "expected"),
    [
        ({"patient": {"state": "FL"}}, "patient", {**HELD["patient"], "state": "FL"}),
        ({"patient": {"phone": None}}, "patient",
         {"given_name": "A", "emergency_contact": {"name": "B"}}),
        ({"patient": {"emergency_contact": {"name": None, "phone": "x"}}}, "patient",
         {**HELD["patient"], "emergency_contact": {"phone": "x"}}),
        ({"patient": {"emergency_contact": None}}, "patient",
         {"given_name": "A", "phone": "+14075550123"}),
        ({"pain": {"diagnoses": ["G89.29"]}}, "pain", {"diagnoses": ["G89.29"]}),
        ({"patient": None}, "patient", {}),
        ({"care_team": None}, "care_team", []),
        ({"care_team": [{"role": "family", "phone": None}]}, "care_team", [{"role": "family"}]),
        ({"instruments": [{"items": [None, 1]}]}, "instruments", [{"items": [None, 1]}]),
    ],
)  # fmt: skip
def test_merge_merges_objects_replaces_lists_and_clears_with_null(patch, section, expected):
    before = held()
    assert content.merge(before, patch)[section] == expected
    assert before == held()


def test_apply_checks_the_whole_of_which_half_was_sent():
    with pytest.raises(Invalid) as refused:
        content.apply(held(), {"medical": {"blood_pressure": {"systolic": 70}}})
    assert refused.value.errors[0].pointer == "/medical/blood_pressure/diastolic"


def test_changed_names_are_names_only():
    after = content.merge(held(), {
        "patient": {"given_name": "C", "emergency_contact": {"name": "D"}},
        "pain": {"diagnoses": []}, "consent": {"patient_agrees": False},
    })  # fmt: skip
    assert content.changed_names(held(), after) == [
        "consent.patient_agrees", "pain.diagnoses", "patient.emergency_contact.name",
        "patient.given_name",
    ]  # fmt: skip
    assert content.changed_names(after, after) == []


def test_the_read_shape_has_every_field():
    shape = content.as_read(held())
    assert list(shape) == list(content.SECTIONS)
    assert shape["patient"]["state"] is None
    assert shape["pain"]["sites"] == []
    assert shape["medical"]["blood_pressure"]["taken_on"] is None
    assert shape["care_team"][0]["name"] is None


@pytest.mark.parametrize("missing", ["given_name", "family_name", "birth_date"])
def test_patient_keys_need_all_three(missing):
    patient = {"given_name": "A", "family_name": "B", "birth_date": "1980-02-03"}
    assert content.patient_keys({"patient": patient}) == ("B", "A", "1980-02-03")
    del patient[missing]
    assert content.patient_keys({"patient": patient}) is None
    assert content.patient_keys({}) is None


def test_split_keeps_the_good_neighbours_of_a_bad_answer():
    good, errors = content.split({
        "patient": {"given_name": "A", "phone": "12"}, "pain": {"onset": "2024-06"}, "x": 1,
    })  # fmt: skip
    assert good == {"patient": {"given_name": "A"}, "pain": {"onset": "2024-06"}}
    assert [e.pointer for e in errors] == ["/patient/phone", "/x"]
