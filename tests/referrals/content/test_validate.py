"""What content takes, what it refuses, and that no refusal repeats what was typed."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals import clock, content
from referrals.errors import Invalid

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today():
    with clock.at(NOW):
        yield


def nested(path, value):
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


def taken(path, value):
    found = content.validate(nested(path, value))
    for name in path.split("."):
        found = found[name]
    return found


def faults(data):
    with pytest.raises(Invalid) as refused:
        content.validate(data)
    return [(e.pointer, e.code) for e in refused.value.errors]


@pytest.mark.parametrize(
    ("path", "typed", "kept"),
    [
        ("patient.given_name", "  Ana-María ", "Ana-María"),
        ("patient.family_name", "O\u2019Neil-d'Arc", "O\u2019Neil-d'Arc"),
        ("patient.family_name", "X", "X"),
        ("patient.given_name", "李", "李"),
        ("patient.given_name", "e\u0301va", "éva"),
        ("patient.given_name", "می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001
        ("patient.birth_date", "1900-01-01", "1900-01-01"),
        ("patient.phone", "(407) 555-0123", "+14075550123"),
        ("patient.phone", "1-407-555-0123", "+14075550123"),
        ("patient.phone", "407.555.0123", "+14075550123"),
        ("patient.phone", "+44 20 7946 0123", "+442079460123"),
        ("patient.state", "fl", "FL"),
        ("patient.language", "ES-us", "es-US"),
        ("patient.language", "zh-hant-tw", "zh-Hant-TW"),
        ("patient.ok_to_leave_message", False, False),
        ("patient.ok_to_leave_message", None, None),
        ("pain.diagnoses", ["g8929", "M54.16", "R52"], ["G89.29", "M54.16", "R52"]),
        ("pain.onset", "2024-06", "2024-06"),
        ("pain.onset", "2024-06-30", "2024-06-30"),
        ("request.reason", "one\r\ntwo", "one\ntwo"),
        ("medical.weight_kg", 82.5, 82.5),
        ("medical.weight_kg", 82.0, 82),
        (
            "pain.absent_reasons",
            {"peg": "not_done", "onset": "unknown"},
            {"peg": "not_done", "onset": "unknown"},
        ),
        ("safety.suicide_screen", "not_assessed", "not_assessed"),
        ("safety.action_at", "2026-11-23T06:00:00-05:00", "2026-11-23T06:00:00-05:00"),
    ],
)
def test_taken_and_normalised(path, typed, kept):
    assert taken(path, typed) == kept


@pytest.mark.parametrize(
    ("path", "typed", "code"),
    [
        ("patient.given_name", "a\x00b", "characters"),
        ("patient.given_name", "a\ud800", "characters"),
        ("patient.given_name", "a\nb", "characters"),
        ("patient.given_name", "a\u202eb", "characters"),
        ("patient.given_name", "a\x7fb", "characters"),
        ("patient.given_name", "123", "no_letter"),
        ("patient.given_name", "", "blank"),
        ("patient.given_name", "  ", "blank"),
        ("patient.given_name", 5, "invalid"),
        ("patient.given_name", "a" * 121, "max_length"),
        ("patient.birth_date", "2052-01-01", "future"),
        ("patient.birth_date", "1899-12-31", "too_early"),
        ("patient.birth_date", "02/03/1980", "invalid"),
        ("patient.birth_date", "1980-02-30", "invalid"),
        ("patient.birth_date", "19800203", "invalid"),
        ("patient.birth_date", 1980, "invalid"),
        ("patient.birth_date", "2026-11-24", "future"),
        ("patient.phone", "555-0123", "phone"),
        ("patient.phone", "107-555-0123", "phone"),
        ("patient.phone", "٤٠٧٥٥٥٠١٢٣", "phone"),
        ("patient.phone", "+0123456789", "phone"),
        ("patient.state", "ZZ", "invalid_choice"),
        ("patient.state", ["FL"], "invalid_choice"),
        ("patient.language", "english!", "language"),
        ("patient.language", "e", "language"),
        *[
            ("patient.ok_to_leave_message", wrong, "invalid")
            for wrong in ("yes", 1, "true", "1", 0, "")
        ],
        ("consent.patient_agrees", "null", "invalid"),
        ("request.urgency", "URGENT", "invalid_choice"),
        ("request.urgency", True, "invalid_choice"),
        ("request.reason", "x" * 1501, "max_length"),
        ("request.reason", "a\x0bb", "characters"),
        ("pain.onset", "2024", "onset"),
        ("pain.onset", "2024-13", "onset"),
        ("pain.onset", "2027-01", "future"),
        ("pain.onset", "1899-12", "too_early"),
        ("pain.diagnoses", "M54.16", "not_a_list"),
        ("pain.sites", ["x"] * 21, "max_length"),
        ("pain.absent_reasons", {"nope": "unknown"}, "unknown_field"),
        ("medical.heart_rate", 70.5, "invalid"),
        ("medical.heart_rate", "70", "invalid"),
        ("medical.heart_rate", True, "invalid"),
        ("medical.heart_rate", 19, "min_value"),
        ("medical.weight_kg", float("nan"), "invalid"),
        ("medical.weight_kg", float("inf"), "invalid"),
        ("medical.weight_kg", 70.1234, "places"),
        ("medical.weight_kg", "70", "invalid"),
        ("medical.weight_kg", 10**400, "max_value"),
        ("medical.blood_pressure", 5, "invalid"),
        ("medical", [], "invalid"),
        ("safety.action_at", "2026-11-23T06:00:00", "invalid"),
        ("safety.action_at", "2026-11-24T06:00:00Z", "future"),
        ("mental_health.last_discharge_on", "2026-11-25", "future"),
        ("patient.nickname", "x", "unknown_field"),
        ("billing", {}, "unknown_field"),
    ],
)
def test_refused_with_a_pointer_and_a_code(path, typed, code):
    assert faults(nested(path, typed)) == [("/" + path.replace(".", "/"), code)]


@pytest.mark.parametrize("wrong", ["F4", "43.12", "F43.12345", "FF3.1", "F43,12"])
def test_a_diagnosis_has_the_form_of_icd_10_cm(wrong):
    assert faults({"pain": {"diagnoses": ["M54.16", wrong]}}) == [("/pain/diagnoses/1", "icd10")]


def test_today_is_not_the_future_anywhere():
    with clock.at(datetime(2026, 11, 23, 10, 0, tzinfo=UTC)):
        assert taken("mental_health.last_discharge_on", "2026-11-24")
    with clock.at(datetime(2026, 11, 23, 9, 59, tzinfo=UTC)):
        assert faults(nested("mental_health.last_discharge_on", "2026-11-24"))


@pytest.mark.parametrize(
    ("systolic", "diastolic", "fault"),
    [
        (120, 80, None),
        (80, 80, "order"),
        (80, 120, "order"),
        (301, 80, "max_value"),
        (120, 19, "min_value"),
    ],
)
def test_blood_pressure(systolic, diastolic, fault):
    data = nested("medical.blood_pressure", {"systolic": systolic, "diastolic": diastolic})
    assert [code for _, code in faults(data)] == [fault] if fault else content.validate(data)


@pytest.mark.parametrize(
    ("drug", "unit", "fits"),
    [
        ("fentanyl_td", "mcg_hour", True),
        ("fentanyl_td", "mg_day", False),
        ("morphine", "mg_day", True),
        ("morphine", "mcg_hour", False),
        ("buprenorphine", "mcg_hour", True),
    ],
)
def test_an_opioids_unit_fits_the_drug(drug, unit, fits):
    data = {"substance": {"opioids": [{"drug": drug, "daily_dose": 10, "unit": unit}]}}
    if fits:
        assert content.validate(data) == data
    else:
        assert faults(data) == [("/substance/opioids/0/unit", "unit")]


@pytest.mark.parametrize(
    ("entry", "pointer", "code"),
    [
        ({"instrument": "phq-9", "items": [0] * 8}, "/items", "item_count"),
        ({"instrument": "phq-9", "items": [4, *[0] * 8]}, "/items/0", "out_of_range"),
        ({"instrument": "isi", "items": [0] * 7}, "/items", "not_accepted"),
        ({"instrument": "c-ssrs", "items": [0, 1, None, 0, 0, 0, None]}, "/items/2", "needed"),
        ({"instrument": "phq9"}, "/instrument", "invalid_choice"),
        ({"total": 4}, "/instrument", "required"),
        ({"instrument": "gad-7", "administered_on": "2027-01-01"}, "/administered_on", "future"),
        ({"instrument": "gad-7", "items": [True, *[0] * 6]}, "/items/0", "invalid"),
    ],
)
def test_an_instruments_entry_is_scored_when_it_is_written(entry, pointer, code):
    assert faults({"instruments": [{"instrument": "peg"}, entry]}) == [
        (f"/instruments/1{pointer}", code)
    ]


def test_the_read_shape_may_be_sent_back_and_what_is_computed_is_not_kept():
    sent = {
        "instrument": "phq-9",
        "administered_on": "2026-11-20",
        "items": [1] * 9,
        "total": 9,
        "item9": 1,
        "score": 9,
        "band": "mild",
        "complete": True,
        "stale": False,
        "notes": [],
    }
    kept = {"instrument": "phq-9", "administered_on": "2026-11-20", "items": [1] * 9}
    assert content.validate({"instruments": [sent]}) == {"instruments": [kept]}


def test_a_revocation_cannot_be_written_or_cleared():
    held = content.merge(content.empty(), {"consent": {"revoked_on": "2026-11-01"}})
    changed = content.apply(held, {"consent": {"revoked_on": None, "basis": "written"}})
    assert changed["consent"] == {"revoked_on": "2026-11-01", "basis": "written"}


CANARY = "Zzyzx Canary"


@pytest.mark.parametrize(
    "data",
    [
        {"patient": {"given_name": f"{CANARY}\x00", "birth_date": CANARY, "phone": CANARY}},
        {"patient": {"state": CANARY, "ok_to_leave_message": CANARY, CANARY: CANARY}},
        {"request": {"urgency": CANARY, "reason": CANARY * 500}, CANARY: 1},
        {"pain": {"diagnoses": [CANARY], "onset": CANARY, "absent_reasons": {CANARY: "x"}}},
        {"pain": {"absent_reasons": {"onset": CANARY}}, "medical": CANARY},
        {"instruments": [{"instrument": CANARY, "items": CANARY, "total": CANARY}]},
        {"medical": {"blood_pressure": {"systolic": CANARY}, "weight_kg": CANARY}},
    ],
)
def test_no_error_repeats_what_was_typed(data):
    with pytest.raises(Invalid) as refused:
        content.validate(data)
    assert refused.value.errors
    assert CANARY not in repr(refused.value.errors)


def test_the_birth_date_hint_says_how_to_mend_it():
    with pytest.raises(Invalid) as refused:
        content.validate(nested("patient.birth_date", "2052-01-01"))
    assert refused.value.errors[0].detail.startswith("Birth date must be in the past.")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.data())
def test_garbage_is_refused_or_taken_but_never_crashes(data):
    name = data.draw(st.sampled_from(list(content.SECTIONS)))
    section = content.SECTIONS[name]()
    keys = st.sampled_from([*section.fields, "no_such_field"])
    answers = data.draw(json_values | st.dictionaries(keys, json_values, max_size=5))
    value = [answers] if name in content.LISTS and data.draw(st.booleans()) else answers
    good, errors = content.split({name: value})
    json.dumps(good, allow_nan=False)
    assert all(error.pointer.startswith(f"/{name}") for error in errors)
    assert content.validate(good) == good
