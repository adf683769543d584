"""What may be sent: JSON as RFC 8259 has it, of known fields, and nothing of it comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from referrals.models import Referral
from tests.cast import Cast, complete_answers
from tests.referrals.api.calls import Caller, kind_of, match, one
from tests.walks import draft

CANARY = "Zyzzogeton"
BROKEN = {
    "empty object cut": b"{",
    "not json": b"given_name=A",
    "nan": b'{"pain": {"worst": NaN}}',
    "infinity": b'{"pain": {"worst": -Infinity}}',
    "too large a number": b'{"pain": {"worst": 1e400}}',
    "a number of 5000 digits": b'{"pain": {"worst": ' + b"9" * 5000 + b"}}",
    "a name twice": b'{"patient": {}, "patient": {"given_name": "A"}}',
    "a name twice, deep": b'{"patient": {"state": "FL", "state": "GA"}}',
    "deep lists": b'{"patient": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 60_000 + b"1" + b"}" * 60_000,
    "byte order mark": b'\xef\xbb\xbf{"patient": {}}',
    "latin-1 bytes": b'{"patient": {"given_name": "Ren\xe9"}}',
    "utf-16": '{"patient": {}}'.encode("utf-16"),
    "lone surrogate": b'{"patient": {"given_name": "\\ud800"}}',
    "lone surrogate as a name": b'{"\\udfff": 1}',
    "trailing comma": b'{"patient": {},}',
    "two documents": b"{} {}",
}  # fmt: skip
WRONG: dict[str, Any] = {
    "a list": [], "a string": "x", "a number": 3, "null": None, "true": True,
    "unknown section": {"nonsense": {}},
    "unknown field": {"patient": {"nickname": "A"}},
    "section of the wrong type": {"patient": []},
    "list of the wrong type": {"instruments": {}},
    "text for a number": {"instruments": [{"instrument": "peg", "items": ["6", 5, 6]}]},
    "number for text": {"patient": {"given_name": 7}},
    "text for a boolean": {"patient": {"interpreter": "true"}},
    "one for a boolean": {"patient": {"interpreter": 1}},
    "nul": {"patient": {"given_name": "A\x00B"}},
    "reversed reading order": {"patient": {"given_name": "A\u202eB"}},
    "a day that is none": {"patient": {"birth_date": "2025-02-29"}},
    "born in the future": {"patient": {"birth_date": "2999-01-01"}},
    "an unknown clinic": {"clinic": "nowhere"},
    "a practice of others": {"practice": "00000000-0000-4000-8000-000000000000"},
    "a huge integer": {"instruments": [{"instrument": "peg", "items": [10**30, 5, 6]}]},
    "read-only state": {"state": "accepted"},
    "read-only version": {"version": 9},
    "read-only id": {"id": "00000000-0000-4000-8000-000000000000"},
    "a text of a million": {"request": {"reason": "a" * 900_000}},
}  # fmt: skip


@pytest.fixture
def physician(cast: Cast) -> Caller:
    return Caller(cast.physician)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_json_is_400_and_nothing_is_made(physician: Caller, name: str) -> None:
    response = physician.call("POST", "referrals/", BROKEN[name])
    assert response.status_code == 400
    assert kind_of(response) == "malformed"
    assert not Referral.objects.exists()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_fields_are_400_and_nothing_is_made(physician: Caller, name: str) -> None:
    response = physician.post("referrals/", WRONG[name])
    assert response.status_code == 400
    assert kind_of(response) == "validation"
    assert response.json()["errors"]
    assert not Referral.objects.exists()


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_nothing_sent_reads_as_an_empty_object(physician: Caller, body: bytes) -> None:
    assert physician.call("POST", "referrals/", body).status_code == 201


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/json; charset=latin-1", "application/xml", "application/json5", "",
     "application/merge-patch+json"],
)  # fmt: skip
def test_other_media_types_are_415(physician: Caller, kind: str) -> None:
    response = physician.call("POST", "referrals/", b"{}", kind=kind)
    assert kind_of(response) == "unsupported-media-type"


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=UTF-8",
                                  'Application/JSON; charset="utf-8"'])  # fmt: skip
def test_json_in_utf_8_is_taken(physician: Caller, kind: str) -> None:
    assert physician.call("POST", "referrals/", b"{}", kind=kind).status_code == 201


def test_a_form_that_the_csrf_check_has_read_is_415_too(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(cast.physician)
    client.get("/accounts/login/")
    token = {"X-CSRFToken": client.cookies["csrftoken"].value} if client.cookies.get(
        "csrftoken") else {}  # fmt: skip
    response = client.post("/api/v1/referrals/", {"patient": "x"}, headers=token)
    assert response.status_code in (403, 415)
    broken = client.generic("POST", "/api/v1/referrals/", b"--x", headers=token,
                            content_type="multipart/form-data")  # fmt: skip
    assert broken.status_code in (400, 403, 415)
    assert broken["Content-Type"] == "application/problem+json"


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every answer in a whole referral."""
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in paths(inner, (*here, key))]
    if isinstance(value, list):
        return [p for n, inner in enumerate(value) for p in paths(inner, (*here, n))]
    return [here]


def planted(answers: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(answers))
    target = copy
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return copy


def test_no_value_comes_back_with_an_error(physician: Caller) -> None:
    """A canary as a wrong answer in each field, and as the name of a field in each object."""
    answers = complete_answers()
    refused = 0
    for path in paths(answers):
        for value in (f"{CANARY}\x00", [CANARY], {CANARY: CANARY}):
            response = physician.post("referrals/", planted(answers, path, value))
            assert CANARY.lower() not in response.content.decode().lower(), path
            refused += response.status_code == 400
    assert refused > 100
    assert not Referral.objects.exists()


def test_many_errors_are_told_in_part(physician: Caller) -> None:
    response = physician.post("referrals/", {f"field{n}": 1 for n in range(20_000)})
    assert len(response.json()["errors"]) == 100


def test_pointers_lead_to_the_field(physician: Caller, cast: Cast) -> None:
    response = physician.post(
        "referrals/", {"patient": {"interpreter": "x"}, "instruments": [{"instrument": "peg"},
                                                                         {"instrument": "no"}]}
    )  # fmt: skip
    pointers = {error["pointer"] for error in response.json()["errors"]}
    assert {"/patient/interpreter", "/instruments/1/instrument"} <= pointers
    referral = draft(cast)
    response = physician.patch(
        one(referral), {"amendment_reason": 7}, If_Match=match(referral)
    )  # fmt: skip
    assert response.json()["errors"][0]["pointer"] == "/amendment_reason"
