"""ETag and If-Match in all their spellings."""

from __future__ import annotations

import pytest

from referrals.lifecycle import State
from tests.cast import Cast
from tests.referrals.api.calls import Caller, kind_of, match, one
from tests.walks import draft, referral_at


@pytest.mark.parametrize(
    "spelling", ["{0}", "W/{0}", '"0", {0}', '{0}, "7"', 'W/"0",W/{0}', "  {0}  "]
)
def test_the_version_is_taken_however_it_is_written(cast: Cast, spelling: str) -> None:
    referral = draft(cast)
    response = Caller(cast.physician).patch(
        one(referral), {"request": {"goals": "Sleep"}}, If_Match=spelling.format(match(referral))
    )
    assert response.status_code == 200
    assert response["ETag"] == match(referral) != '"1"'


@pytest.mark.parametrize(
    "header", ['"999"', "1", "'1'", '"1', '"01"', '"1 "', 'w/"1"', "x\"1\"y", "garbage", ",", '""',
               '"1";', "é"],
)  # fmt: skip
def test_another_version_or_no_tag_at_all_is_412(cast: Cast, header: str) -> None:
    referral = draft(cast)
    assert match(referral) == '"1"'
    response = Caller(cast.physician).patch(one(referral), {}, If_Match=header)
    assert kind_of(response) == "stale-version"
    assert response.json()["current_version"] == 1


@pytest.mark.parametrize("header", ["", "*", "  "])
def test_no_version_is_428(cast: Cast, header: str) -> None:
    response = Caller(cast.physician).patch(one(draft(cast)), {}, If_Match=header)
    assert kind_of(response) == "precondition-required"


def test_reading_has_the_same_tag_as_writing(cast: Cast) -> None:
    caller = Caller(cast.physician)
    made = caller.post("referrals/", {})
    assert caller.get(made["Location"])["ETag"] == made["ETag"] == '"1"'


@pytest.mark.parametrize(
    ("action", "body", "rises"),
    [("assign", None, 1), ("change-priority", {"priority": "p1", "comment": "Call."}, 1),
     ("log-contact", {"means": "phone", "result": "no_answer"}, 0)],
)  # fmt: skip
def test_the_version_rises_with_what_is_decided(
    cast: Cast, action: str, body: dict | None, rises: int
) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    before = int(match(referral).strip('"'))
    response = Caller(cast.coordinator).post(
        one(referral, f"{action}/"), body or {"reviewer": str(cast.second_coordinator.pk)},
        If_Match=match(referral),
    )  # fmt: skip
    assert response.status_code == 200, response.content
    assert response["ETag"] == f'"{before + rises}"'


def test_messages_and_reads_leave_the_version(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    before, caller = match(referral), Caller(cast.coordinator)
    assert caller.post(one(referral, "messages/"), {"body": "Hello"}).status_code == 201
    assert caller.get(one(referral)).status_code == 200
    assert match(referral) == before
