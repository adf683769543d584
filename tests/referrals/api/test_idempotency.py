"""Idempotency-Key: done once, answered the same, kept sealed for a day, never shared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from referrals import clock
from referrals.api import idempotency
from referrals.lifecycle import Action, State
from referrals.models import IdempotencyRecord, Referral, TimelineEntry
from referrals.operations import drafts
from tests.cast import Cast, complete_answers
from tests.referrals.api.calls import Caller, kind_of, match, one
from tests.walks import inputs, referral_at

KEY = "a-key-of-mine"
SAME = ("ETag", "Location", "Content-Type", "Cache-Control")


@pytest.fixture
def physician(cast: Cast) -> Caller:
    return Caller(cast.physician)


def create(caller: Caller, key: str = KEY, **body: Any) -> Any:
    return caller.post("referrals/", body, Idempotency_Key=key)


def test_the_same_request_gets_the_same_answer_byte_for_byte(physician: Caller) -> None:
    first, second = (create(physician, **complete_answers()) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert {n: first[n] for n in SAME} == {n: second[n] for n in SAME}
    assert Referral.objects.count() == 1


def test_a_move_is_made_once(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    caller, tag = Caller(cast.coordinator), match(referral)
    answers = [
        caller.post(one(referral, "claim/"), {}, Idempotency_Key=KEY, If_Match=tag)
        for _ in range(3)
    ]
    assert [a.status_code for a in answers] == [200, 200, 200]
    assert len({a.content for a in answers}) == 1
    assert TimelineEntry.objects.filter(action="claim").count() == 1


def test_a_refusal_is_kept_too(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    caller = Caller(cast.coordinator)
    first = caller.post(one(referral, "unwaitlist/"), {}, Idempotency_Key=KEY,
                        If_Match=match(referral))  # fmt: skip
    again = caller.post(one(referral, "unwaitlist/"), {}, Idempotency_Key=KEY,
                        If_Match='"999"')  # fmt: skip
    assert first.status_code == again.status_code == 409
    assert first.content == again.content
    broken = [caller.call("POST", "referrals/", b"{", Idempotency_Key="b") for _ in range(2)]
    assert [kind_of(b) for b in broken] == ["malformed", "malformed"]
    assert kind_of(create(caller, "b")) == "idempotency-mismatch"


def test_another_body_or_address_is_422(physician: Caller, cast: Cast) -> None:
    made = create(physician)
    assert kind_of(create(physician, pain={"onset": "2020-01"})) == "idempotency-mismatch"
    elsewhere = physician.post(f"{made['Location']}submit/", {}, Idempotency_Key=KEY,
                               If_Match=made["ETag"])  # fmt: skip
    assert kind_of(elsewhere) == "idempotency-mismatch"


def test_a_key_belongs_to_its_caller(physician: Caller, cast: Cast) -> None:
    assert create(physician).status_code == create(Caller(cast.stranger)).status_code == 201
    assert Referral.objects.count() == 2


@pytest.mark.parametrize("key", ["", " ", "with space", "é", "a" * 256, "tab\there"])
def test_a_malformed_key_is_400(physician: Caller, key: str) -> None:
    assert kind_of(create(physician, key)) == "validation"
    assert not Referral.objects.exists()


def test_while_the_first_runs_the_second_waits(physician: Caller, cast: Cast, monkeypatch) -> None:
    create_one = drafts.create
    seen: list[Any] = []

    def slow(**kwargs: Any) -> Any:
        if not seen:
            seen.append(None)
            seen[0] = create(Caller(cast.physician))
        return create_one(**kwargs)

    monkeypatch.setattr(drafts, "create", slow)
    assert create(physician).status_code == 201
    assert kind_of(seen[0]) == "request-in-flight"
    assert int(seen[0]["Retry-After"]) > 0
    assert Referral.objects.count() == 1


@pytest.fixture
def killed(physician: Caller, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first process died between its claim and its commit: the claim alone is left."""

    class Killed(BaseException):
        pass

    def die(**_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(drafts, "create", die)
        with pytest.raises(Killed):
            Caller(cast.physician).client.post(
                "/api/v1/referrals/", b"{}", content_type="application/json",
                headers={"Idempotency-Key": KEY},
            )  # fmt: skip


def test_after_a_crash_the_lease_runs_out_and_the_work_is_done(
    physician: Caller, killed: None
) -> None:
    assert IdempotencyRecord.objects.get().status == 0
    assert kind_of(create(physician)) == "request-in-flight"
    with clock.at(clock.now() + idempotency.LEASE + timedelta(seconds=1)):
        assert create(physician).status_code == 201
        assert create(physician).status_code == 201
    assert Referral.objects.count() == 1


def test_whoever_outlives_the_lease_loses_the_work(
    physician: Caller, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_one, made = drafts.create, []

    def overtaken(**kwargs: Any) -> Any:
        if not made:
            made.append("slow")
            IdempotencyRecord.objects.update(lease_until=clock.now() + timedelta(hours=1))
        return create_one(**kwargs)

    monkeypatch.setattr(drafts, "create", overtaken)
    assert kind_of(create(physician)) == "request-in-flight"
    assert not Referral.objects.exists()


def test_a_failure_of_ours_is_not_kept(physician: Caller, monkeypatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(drafts, "create", _away)
        failed = create(physician)
    assert (failed.status_code, kind_of(failed)) == (503, "unavailable")
    assert not IdempotencyRecord.objects.exists()
    assert create(physician).status_code == 201


def _away(**_: Any) -> None:
    raise OperationalError("database is locked")


def test_keys_live_a_day(physician: Caller) -> None:
    create(physician)
    with clock.at(clock.now() + timedelta(hours=23, minutes=59)):
        create(physician)
    assert Referral.objects.count() == 1
    with clock.at(clock.now() + timedelta(hours=24, minutes=1)):
        create(physician)
    assert Referral.objects.count() == 2


def test_a_kept_answer_is_sealed(physician: Caller) -> None:
    create(physician, **complete_answers())
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM referrals_idempotencyrecord")
        (row,) = cursor.fetchall()
    assert "Quintrell" not in repr(row) and KEY not in repr(row)
    kept = IdempotencyRecord.objects.get()
    assert kept.body and "Quintrell" in kept.body


def test_the_privacy_officer_is_answered_though_the_referral_leaves_sight(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    asked = Caller(cast.clinic_admin).post(
        one(referral, "mark-error/"), inputs(Action.MARK_ERROR, cast), If_Match=match(referral)
    )
    assert asked.status_code == 200
    caller = Caller(cast.privacy)
    done = caller.post(one(referral, "mark-error/"), {}, If_Match=asked["ETag"],
                       Idempotency_Key=KEY)  # fmt: skip
    assert done.status_code == 200
    assert done.json()["state"] == "entered_in_error"
    assert caller.get(one(referral)).status_code == 404
