"""A database that is away or locked: 503 with Retry-After, never 500, and nothing half done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client

from integrations.models import Delivery, Event
from referrals.access.models import AccessEntry
from referrals.lifecycle import State
from referrals.models import IdempotencyRecord, Referral, TimelineEntry
from referrals.operations import moves
from tests.cast import Cast
from tests.referrals.api.calls import Caller, kind_of, match, one
from tests.walks import referral_at

ROWS = (Referral, TimelineEntry, Event, Delivery, IdempotencyRecord)


def locked_at(table: str, verb: str = "INSERT") -> Callable[..., Any]:
    """The database refuses this statement, as SQLite does behind another writer."""

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(verb) and f'"{table}"' in sql:
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    return refuse


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in ROWS}


@pytest.mark.parametrize("key", [{}, {"Idempotency_Key": "k"}], ids=["without key", "with key"])
@pytest.mark.parametrize(
    ("table", "verb"),
    [("referrals_referral", "UPDATE"), ("referrals_timelineentry", "INSERT"),
     ("integrations_event", "INSERT"), ("integrations_delivery", "INSERT"),
     ("referrals_accessentry", "INSERT"), ("referrals_idempotencyrecord", "INSERT")],
)  # fmt: skip
def test_a_lock_anywhere_in_a_move_undoes_all_of_it(
    cast: Cast, partner: Any, table: str, verb: str, key: dict[str, str]
) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    caller, tag, before = Caller(cast.coordinator), match(referral), counts()
    with connection.execute_wrapper(locked_at(table, verb)):
        response = caller.post(one(referral, "claim/"), {}, If_Match=tag, **key)
    if table == "referrals_idempotencyrecord" and not key:
        assert response.status_code == 200  # nothing was to be kept
        return
    assert (response.status_code, kind_of(response)) == (503, "unavailable")
    assert int(response["Retry-After"]) > 0
    assert counts() == before
    assert match(referral) == tag
    again = caller.post(one(referral, "claim/"), {}, If_Match=tag, **key)
    assert again.status_code == 200


@pytest.mark.parametrize("table", ["django_session", "usersessions_usersession", "accounts_user"])
@pytest.mark.parametrize("path", ["/api/v1/me/", "/referrals/"])
def test_a_lock_before_any_view_is_503_too(cast: Cast, table: str, path: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(cast.physician)

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if f'"{table}"' in sql:
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(refuse):
            response = client.get(path)
        transaction.set_rollback(True)
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    if path.startswith("/api/"):
        assert kind_of(response) == "unavailable"
    assert client.get(path).status_code == 200


def test_a_reading_that_cannot_be_logged_is_not_given(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    with connection.execute_wrapper(locked_at("referrals_accessentry")):
        response = Caller(cast.coordinator).get(one(referral))
    assert response.status_code == 503
    assert b"Quintrell" not in response.content


def test_an_unforeseen_fault_tells_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    referral = referral_at(State.SUBMITTED, cast)

    def break_down(*_: Any, **__: Any) -> None:
        raise RuntimeError("Marisol Quintrell")

    monkeypatch.setattr(moves, "perform", break_down)
    response = Caller(cast.coordinator).post(
        one(referral, "claim/"), {}, If_Match=match(referral), Idempotency_Key="k"
    )
    assert (response.status_code, kind_of(response)) == (500, "error")
    assert "Quintrell" not in json.dumps(response.json())
    assert not IdempotencyRecord.objects.exists()


def test_a_refused_look_is_in_the_access_log(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    Caller(cast.stranger).get(one(referral))
    Caller(cast.physician).post(one(referral, "claim/"), {}, If_Match=match(referral))
    denied = AccessEntry.objects.filter(verb="denied", referral_id=referral.pk)
    assert sorted(json.loads(e.detail)["status"] for e in denied) == [403, 404]
