"""Who calls: partners within their scopes, quotas for everybody, methods, and what is asked for."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from referrals.api import base
from referrals.lifecycle import MOVE_FOR, Action, State
from referrals.models import Referral
from tests.cast import Cast
from tests.referrals.api.calls import Caller, kind_of, match, one, partner_caller
from tests.walks import act, draft, inputs, referral_at

READ, WRITE, EVENTS = "referrals:read", "referrals:write", "events:read"


def test_a_partner_makes_its_moves(cast: Cast) -> None:
    ehr, referral = partner_caller(cast), referral_at(State.ACCEPTED, cast)
    for action in (Action.SCHEDULE, Action.RESCHEDULE, Action.CANCEL_APPOINTMENT, Action.SCHEDULE,
                   Action.RECORD_NO_SHOW, Action.START_CARE, Action.ADD_INTERIM_NOTE,
                   Action.COMPLETE):  # fmt: skip
        offered = ehr.get(one(referral, "actions/")).json()["actions"]
        assert action in {offer["action"] for offer in offered}
        done = ehr.post(one(referral, f"{action.slug}/"), inputs(action, cast),
                        If_Match=match(referral))  # fmt: skip
        assert done.status_code == 200, (action, done.content)
    assert Referral.objects.get(pk=referral.pk).state == State.COMPLETED


@pytest.mark.parametrize("action", [a for a, m in MOVE_FOR.items() if "ps" not in m.roles])
def test_a_partner_makes_no_other_move(cast: Cast, action: Action) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    response = partner_caller(cast).post(
        one(referral, f"{action.slug}/"), {}, If_Match=match(referral)
    )  # fmt: skip
    assert kind_of(response) == "forbidden"


@pytest.mark.parametrize(
    ("scopes", "path", "method", "status"),
    [((READ,), "referrals/", "GET", 200), ((WRITE,), "referrals/", "GET", 403),
     ((EVENTS,), "referrals/", "GET", 403), ((EVENTS,), "events/", "GET", 200),
     ((READ, WRITE), "events/", "GET", 403), ((READ,), "one/schedule/", "POST", 403),
     ((WRITE,), "one/schedule/", "POST", 428), ((READ, WRITE), "referrals/", "POST", 403),
     ((READ, WRITE), "one/messages/", "POST", 403), ((READ,), "referrals/search/", "POST", 400),
     ((WRITE,), "referrals/search/", "POST", 403)],
)  # fmt: skip
def test_scopes_bound_what_a_partner_does(
    cast: Cast, scopes: tuple[str, ...], path: str, method: str, status: int
) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    caller = partner_caller(cast, scopes=scopes)
    where = path.replace("one/", one(referral))
    assert caller.call(method, where).status_code == status


def test_another_clinics_partner_finds_nothing(cast: Cast) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    other = partner_caller(cast, "ehr-other", clinic=cast.other_clinic)
    assert other.get(one(referral)).status_code == 404
    assert other.get("referrals/").json()["results"] == []
    assert other.post(one(referral, "schedule/"), {}).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a b", "Bearer nope", "Basic eDp5",
                                    "Token x", "bearer \u00e9"])  # fmt: skip
def test_bad_credentials_are_401(cast: Cast, header: str) -> None:
    response = Caller(Authorization=header).get("me/")
    assert kind_of(response) == "unauthenticated"
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_address_is_refused(cast: Cast) -> None:
    assert Caller(cast.physician).get("me/", "access_token=x").status_code == 401


def test_the_quota_ends_in_429(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base.HourlyQuota, "READS", 1)
    monkeypatch.setattr(base.HourlyQuota, "WRITES", 0)
    caller = Caller(cast.physician)
    assert [caller.get("me/").status_code for _ in range(11)] == [200] * 10 + [429]
    refused = caller.get("me/")
    assert kind_of(refused) == "too-many-requests"
    assert 1 <= int(refused["Retry-After"]) <= 3600
    assert Caller(cast.stranger).get("me/").status_code == 200
    assert kind_of(caller.post("referrals/", {})) == "too-many-requests"
    assert not Referral.objects.exists()


def test_the_quota_is_ten_times_larger_in_the_demo(settings: Any) -> None:
    assert (base.HourlyQuota.limit("reads"), base.HourlyQuota.limit("writes")) == (30_000, 6_000)
    settings.DEMO = False
    assert (base.HourlyQuota.limit("reads"), base.HourlyQuota.limit("writes")) == (3_000, 600)


ALLOW = {
    "me/": "GET, HEAD, OPTIONS",
    "referrals/": "GET, POST, HEAD, OPTIONS",
    "referrals/search/": "POST, OPTIONS",
    "one/": "GET, PATCH, HEAD, OPTIONS",
    "one/actions/": "GET, HEAD, OPTIONS",
    "one/messages/": "GET, POST, HEAD, OPTIONS",
    "one/claim/": "POST, OPTIONS",
    "events/": "GET, HEAD, OPTIONS",
}


@pytest.mark.parametrize("path", ALLOW)
def test_other_methods_are_405_with_the_exact_allow(cast: Cast, path: str) -> None:
    caller, where = Caller(cast.physician), path.replace("one/", one(draft(cast)))
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
        if method in ALLOW[path].split(", "):
            continue
        response = caller.call(method, where)
        assert response.status_code == 405, method
        assert response["Allow"] == ALLOW[path]
    options = caller.call("OPTIONS", where)
    assert (options.status_code, options["Allow"], options.content) == (204, ALLOW[path], b"")


def test_head_is_get_without_the_body(cast: Cast) -> None:
    caller, referral = Caller(cast.physician), draft(cast)
    for path in ("referrals/", one(referral), "events/", "me/"):
        got, head = caller.get(path), caller.call("HEAD", path)
        assert head.status_code == 200 and head.content == b""
        assert head.get("ETag") == got.get("ETag")


@pytest.mark.parametrize("override", ["PATCH", "DELETE"])
def test_a_method_cannot_be_overridden(cast: Cast, override: str) -> None:
    response = Caller(cast.physician).call(
        "POST", one(draft(cast)), X_HTTP_Method_Override=override
    )  # fmt: skip
    assert response.status_code == 405


@pytest.mark.parametrize(("accept", "status"), [
    ("text/html", 406), ("application/xml", 406), ("image/*", 406), ("application/json", 200),
    ("*/*", 200), ("text/html, */*;q=0.1", 200), ("application/*", 200),
])  # fmt: skip
def test_only_json_is_answered(cast: Cast, accept: str, status: int) -> None:
    response = Caller(cast.physician).get("me/", Accept=accept)
    assert response.status_code == status
    if status == 406:
        assert kind_of(response) == "not-acceptable"


SPELLINGS: dict[str, Callable[[str], str]] = {
    "no slash": lambda p: p.rstrip("/"),
    "large letters": lambda p: "/api/v1/referrals/" + p.split("/")[-2].upper() + "A/",
    "two slashes": lambda p: p + "/",
    "two slashes within": lambda p: p.replace("/referrals/", "//referrals/"),
    "suffix": lambda p: p + ".json",
    "another version": lambda p: p.replace("v1", "v2"),
    "no hyphens": lambda p: p.replace("-", ""),
    "matrix parameter": lambda p: p + ";a=b",
    "dots": lambda p: p + "%2e%2e/",
}


@pytest.mark.parametrize("change", SPELLINGS.values(), ids=SPELLINGS)
def test_an_address_has_one_spelling(cast: Cast, change: Callable[[str], str]) -> None:
    path = f"/api/v1/{one(draft(cast))}"
    for method in ("GET", "POST"):
        response = Caller(cast.physician).call(method, change(path))
        assert (response.status_code, kind_of(response)) == (404, "not-found")


def test_foreign_and_missing_look_alike(cast: Cast) -> None:
    foreign, missing = referral_at(State.SUBMITTED, cast).pk, uuid.uuid4()
    caller = Caller(cast.stranger)
    for part in ("", "actions/", "timeline/", "messages/", "plan/"):
        answers = [caller.get(f"referrals/{pk}/{part}") for pk in (foreign, missing)]
        bodies = [a.content.replace(str(pk).encode(), b"") for a, pk in
                  zip(answers, (foreign, missing), strict=True)]  # fmt: skip
        assert bodies[0] == bodies[1]
        names = [sorted(a.headers) for a in answers]
        assert names[0] == names[1]


LISTS = ("referrals/", "events/", "one/", "one/timeline/", "one/messages/")


@pytest.mark.parametrize("path", LISTS)
def test_the_number_of_queries_does_not_grow(cast: Cast, path: str) -> None:
    one_row = referral_at(State.IN_REVIEW, cast)
    caller = Caller(cast.coordinator)
    where = path.replace("one/", one(one_row))
    caller.post(one(one_row, "messages/"), {"body": "The first"})
    caller.get(where)  # the first request of a session does more
    few = _queries(caller, where)
    for n in range(8):
        row = draft(cast, by="stranger" if n % 2 else "therapist")
        act(row, Action.SUBMIT, cast.actor("stranger" if n % 2 else "therapist"),
            {"duplicate_reason": "Another question."})  # fmt: skip
    for n in range(12):
        act(one_row, Action.ASSIGN, cast.actor("coordinator"),
            {"reviewer": str(cast.coordinator.pk)})  # fmt: skip
        caller.post(one(one_row, "messages/"), {"body": f"Message {n}"})
    caller.get(where)
    assert _queries(caller, where) == few


def _queries(caller: Caller, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert caller.get(path).status_code == 200
    return len(captured)
