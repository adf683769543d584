"""The hint comes with the commit, once, can be switched off, and may be lost without harm."""

import sqlite3
import threading
import time
from contextlib import closing

import pytest
from django.db import connection, transaction

from integrations import outbox, streams
from integrations.models import Delivery
from integrations.relay import Relay, hints, service
from integrations.relay.relay import Limits
from tests.integrations.fake_broker import FakeBroker
from tests.integrations.samples import (
    AUDIENCE,
    MOMENT,
    OTHER_AUDIENCE,
    SUBMITTED,
    a_partner,
    an_event,
    payload,
)

LONG = 30.0


def heard(hint, seconds=0.05):
    return hint.wait(threading.Event(), seconds)


@pytest.fixture
def listener():
    with closing(hints.of_database()) as hint:
        heard(hint)
        yield hint


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
class TestOnPostgreSQL:
    def test_the_hint_comes_with_the_commit_and_once_for_each_transaction(self, listener):
        a_partner("ehr")
        a_partner("desk")
        with transaction.atomic():
            for _ in range(3):
                outbox.emit(
                    event=SUBMITTED, subject=MOMENT_ID, data=payload(), audience=AUDIENCE,
                    occurred_at=MOMENT,
                )  # fmt: skip
            assert not heard(listener)
        assert heard(listener, LONG)
        assert not heard(listener)

    def test_what_is_owed_to_nobody_wakes_nobody(self, listener):
        a_partner("ehr")
        an_event(audience=OTHER_AUDIENCE)
        assert not heard(listener)

    def test_without_the_setting_nothing_is_sent_and_nobody_listens(self, settings, listener):
        settings.OUTBOX_NOTIFY = False
        a_partner("ehr")
        an_event()
        assert not heard(listener)
        assert isinstance(hints.of_database(), hints.Clock)

    def test_a_connection_that_was_cut_is_replaced_later(self, listener, monkeypatch):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = %s",
                [f"LISTEN {streams.CHANNEL}"],
            )
        assert not heard(listener, LONG)
        monkeypatch.setattr(listener, "_again", 0.0)
        assert not heard(listener)
        a_partner("ehr")
        an_event()
        assert heard(listener, LONG)

    def test_an_idle_relay_publishes_at_once(self, settings):
        assert self.seconds_until_sent() < LONG

    def seconds_until_sent(self):
        """With looks so far apart that the hint alone can be the reason."""
        a_partner("ehr")
        relay = Relay(FakeBroker("ehr"), limits=Limits(load_pause=LONG))
        stop = threading.Event()
        worker = threading.Thread(target=in_thread, args=[relay, stop])
        worker.start()
        try:
            wait_until(lambda: not relay.backlog.has_ready and relay._load_after > 0)
            began = time.monotonic()
            an_event()
            wait_until(lambda: Delivery.objects.filter(status="sent").exists())
            return time.monotonic() - began
        finally:
            stop.set()
            an_event()
            worker.join()


MOMENT_ID = "33333333-3333-4333-8333-333333333333"


def in_thread(relay, stop):
    try:
        service.run(relay, stop=stop, interval=LONG)
    finally:
        connection.close()


def wait_until(done):
    deadline = time.monotonic() + LONG
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def commit(writer):
    writer.execute("CREATE TABLE IF NOT EXISTS t (a)")
    writer.execute("INSERT INTO t VALUES (1)")
    writer.commit()


def version_after(reader, work):
    """The version before the work, then after it."""
    question = "PRAGMA data_version"
    yield reader.execute(question).fetchone()[0]
    work()
    while True:
        yield reader.execute(question).fetchone()[0]


@pytest.mark.django_db
class TestOnSQLite:
    def test_a_commit_of_another_connection_is_the_hint(self, tmp_path, monkeypatch):
        file = tmp_path / "a.db"
        with closing(sqlite3.connect(file)) as ours, closing(sqlite3.connect(file)) as other:
            versions = version_after(ours, lambda: commit(other))
            hint = hints.FileVersion()
            monkeypatch.setattr(hint, "_version", lambda: next(versions))
            assert heard(hint, LONG)

    def test_the_engine_answers_the_question(self):
        assert isinstance(hints.of_database(), hints.FileVersion)
        assert hints.FileVersion()._version() > 0
        assert not heard(hints.of_database())

    def test_the_end_is_not_waited_for(self):
        stop = threading.Event()
        stop.set()
        began = time.monotonic()
        assert not hints.of_database().wait(stop, LONG)
        assert time.monotonic() - began < LONG
