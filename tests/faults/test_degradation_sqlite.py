"""Another process holds SQLite's write lock: a clear answer in time, and nothing half done."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from django.db import connections
from django.test import Client

from integrations.models import Event
from referrals.models import Referral, TimelineEntry
from tests.cast import PASSWORD
from tests.referrals.api.test_walk import post
from tests.walks import draft

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 0.2


@pytest.fixture
def database_file(cast, tmp_path):
    """The test's database as a file, with its people, under the site's own options for SQLite;
    only the wait for the lock is short."""
    path = tmp_path / "held.sqlite3"
    memory = connections["default"]
    with closing(sqlite3.connect(path)) as copy:
        memory.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=WAL")
    on_file = connections.create_connection("default")
    on_file.settings_dict = {
        **memory.settings_dict,
        "NAME": str(path),
        "OPTIONS": {**memory.settings_dict["OPTIONS"], "timeout": PATIENCE},
    }
    connections["default"] = on_file
    yield path
    on_file.close()
    connections["default"] = memory


@pytest.fixture
def other_process(database_file):
    """`BEGIN IMMEDIATE` on a connection of its own: the lock is held until `rollback()`."""
    with closing(sqlite3.connect(database_file, isolation_level=None)) as other:
        yield other


def signed_in(person) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    assert client.get("/referrals/").status_code == 200
    return client


def everything():
    """How many rows of each kind there are, and the versions."""
    return (
        list(Referral.objects.order_by("pk").values_list("state", "version")),
        TimelineEntry.objects.count(),
        Event.objects.count(),
    )


def test_a_move_by_the_api_is_503_and_later_done_once(cast, database_file, other_process):
    referral = draft(cast)
    physician = signed_in(cast.physician)
    address, etag = f"/api/v1/referrals/{referral.pk}/submit/", f'"{referral.version}"'
    before = everything()

    other_process.execute("BEGIN IMMEDIATE")
    answer = post(physician, address, {}, etag)
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert int(answer["Retry-After"]) >= 1
    assert answer.json()["type"].endswith("/problems/unavailable")
    other_process.rollback()

    assert everything() == before
    assert post(physician, address, {}, etag).status_code == 200
    states, entries, events = everything()
    assert (states, entries, events) == ([("submitted", 2)], before[1] + 1, before[2] + 1)


def test_a_page_is_a_friendly_503_and_nobody_is_signed_out(cast, database_file, other_process):
    referral = draft(cast)
    physician = signed_in(cast.physician)
    before = everything()

    other_process.execute("BEGIN IMMEDIATE")
    answer = physician.post(f"/referrals/{referral.pk}/submit/", {"version": referral.version})
    assert answer.status_code == 503 and answer["Retry-After"]
    assert "Tandem is busy right now" in answer.content.decode()
    assert answer["Content-Security-Policy"] and "locked" not in answer.content.decode()
    other_process.rollback()

    assert everything() == before
    assert physician.get(f"/referrals/{referral.pk}/").status_code == 200


def test_who_signs_in_meanwhile_is_asked_to_wait_and_can_then(cast, database_file, other_process):
    client = Client(raise_request_exception=False)
    other_process.execute("BEGIN IMMEDIATE")
    answer = client.post("/accounts/login/", {"login": cast.physician.email, "password": PASSWORD})
    # The limits on guesses are counted in the database: what cannot be counted is refused.
    assert answer.status_code in (429, 503)
    other_process.rollback()
    assert (
        client.post(
            "/accounts/login/", {"login": cast.physician.email, "password": PASSWORD}
        ).status_code
        == 302
    )
