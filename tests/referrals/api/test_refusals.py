"""The order of refusals: of two faults at once, the earlier one of the contract is told.

401, 404, 415 or 413, 403, Idempotency-Key, 428, 412, 409, 400.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from referrals.lifecycle import Action, State
from tests.cast import Cast
from tests.referrals.api.calls import Caller, kind_of, match, one
from tests.walks import inputs, referral_at


@dataclass
class Request:
    """A good request to accept a referral in review; each fault spoils one thing of it."""

    cast: Cast
    caller: Caller
    referral: Any
    path: str
    body: bytes
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def send(self) -> Any:
        return self.caller.call("POST", self.path, self.body, kind=self.kind, **self.headers)


def nobody(request: Request) -> None:
    request.caller = Caller()


def missing(request: Request) -> None:
    request.path = f"referrals/{uuid.uuid4()}/accept/"


def wrong_type(request: Request) -> None:
    request.kind = "text/plain"
    request.body = request.body or b"{}"


def wrong_role(request: Request) -> None:
    request.caller = Caller(request.cast.physician)


def used_key(request: Request) -> None:
    """The key was used a moment ago, by the same caller, with another body."""
    request.caller.call("POST", request.path, b'{"other": 1}', Idempotency_Key="used",
                        If_Match=match(request.referral))  # fmt: skip
    request.headers["Idempotency_Key"] = "used"


def no_version(request: Request) -> None:
    request.headers.pop("If_Match", None)


def stale(request: Request) -> None:
    if "If_Match" in request.headers:
        request.headers["If_Match"] = '"1"'


def wrong_state(request: Request) -> None:
    request.path = one(request.referral, "unwaitlist/")


def bad_fields(request: Request) -> None:
    request.body = json.dumps({"nonsense": True}).encode()


FAULTS: dict[Callable[[Request], None], tuple[int, str]] = {
    nobody: (401, "unauthenticated"),
    missing: (404, "not-found"),
    wrong_type: (415, "unsupported-media-type"),
    wrong_role: (403, "forbidden"),
    used_key: (422, "idempotency-mismatch"),
    no_version: (428, "precondition-required"),
    stale: (412, "stale-version"),
    wrong_state: (409, "state-conflict"),
    bad_fields: (400, "validation"),
}
# These two spoil the same thing in different ways.
NOT_TOGETHER = {(no_version, stale), (missing, wrong_state)}
PAIRS = [
    pair for pair in itertools.combinations(FAULTS, 2) if pair not in NOT_TOGETHER
]  # fmt: skip


@pytest.fixture
def request_(cast: Cast) -> Request:
    referral = referral_at(State.IN_REVIEW, cast)
    return Request(
        cast, Caller(cast.coordinator), referral, one(referral, "accept/"),
        json.dumps(inputs(Action.ACCEPT, cast)).encode(),
        headers={"If_Match": match(referral)},
    )  # fmt: skip


def test_without_a_fault_it_is_done(request_: Request) -> None:
    assert request_.send().status_code == 200


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_one_fault(request_: Request, fault: Callable[[Request], None]) -> None:
    fault(request_)
    response = request_.send()
    assert (response.status_code, kind_of(response)) == FAULTS[fault]


@pytest.mark.parametrize(
    ("first", "second"), PAIRS, ids=[f"{a.__name__}-{b.__name__}" for a, b in PAIRS]
)
def test_of_two_faults_the_earlier_is_told(
    request_: Request, first: Callable[[Request], None], second: Callable[[Request], None]
) -> None:
    # The key is used up by a request that has all the faults but the other body.
    ordered = sorted((second, first), key=lambda fault: fault is used_key)
    for fault in ordered:
        fault(request_)
    response = request_.send()
    assert (response.status_code, kind_of(response)) == FAULTS[first]


def test_too_large_is_told_before_the_role(request_: Request) -> None:
    wrong_role(request_)
    request_.body = b'{"expected_by": "' + b"9" * 1_048_577 + b'"}'
    assert kind_of(request_.send()) == "too-large"


def test_broken_json_is_told_after_the_state(request_: Request) -> None:
    request_.body = b"{"
    assert kind_of(request_.send()) == "malformed"
    wrong_state(request_)
    response = request_.send()
    assert kind_of(response) == "state-conflict"
    assert "accept" in response.json()["available_actions"]


def test_an_amendment_of_what_ended_is_a_conflict_before_its_fields_are_read(cast: Cast) -> None:
    closed = referral_at(State.CANCELLED, cast)
    response = Caller(cast.physician).call(
        "PATCH", one(closed), b"{", If_Match=match(closed)
    )  # fmt: skip
    assert kind_of(response) == "state-conflict"
    assert response.json()["available_actions"] == ["resubmit"]


def test_401_names_the_way_in() -> None:
    response = Caller().get("me/")
    assert response["WWW-Authenticate"].startswith("Bearer")
