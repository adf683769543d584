"""History on PostgreSQL: the application's role can add, and lacks the switch to change."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import psycopg
import pytest
from django.db import DatabaseError, connection, connections

from referrals.access import sealer, triggers
from referrals.access.models import AccessEntry, AccessSeal
from referrals.access.verify import verify

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]

TABLES = [
    "referrals_accessentry",
    "referrals_accessseal",
    "referrals_timelineentry",
    "referrals_contentversion",
]
APPLICATION = "tandem_application_of_test"


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def entry(read) -> AccessEntry:
    return read(1)[0]


@pytest.fixture
def application(entry: AccessEntry) -> Iterator[psycopg.Connection]:
    """A session of a role that may do everything to rows, and owns nothing."""
    run(f"DROP ROLE IF EXISTS {APPLICATION}")
    run(f"CREATE ROLE {APPLICATION} LOGIN PASSWORD 'only-for-this-test'")
    run(f"GRANT USAGE ON SCHEMA public TO {APPLICATION}")
    run(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {APPLICATION}")
    run(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION}")
    own = {"user": APPLICATION, "password": "only-for-this-test"}
    session = psycopg.connect(**{**_session(), **own}, autocommit=True)
    yield session
    session.close()
    run(f"DROP OWNED BY {APPLICATION}")
    run(f"DROP ROLE {APPLICATION}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE referrals_accessentry SET verb = verb",
        "DELETE FROM referrals_accessentry",
        "UPDATE referrals_accessseal SET hash = hash",
        "DELETE FROM referrals_accessseal",
        "INSERT INTO referrals_accessseal SELECT * FROM referrals_accessseal "
        "ON CONFLICT (number) DO UPDATE SET hash = 'changed'",
        *(f"TRUNCATE {table} CASCADE" for table in TABLES),
    ],
)
def test_owner_and_application_alike_are_refused(application, statement: str) -> None:
    sealer.seal_pending()
    with pytest.raises(DatabaseError, match="append-only"):
        run(statement)
    with pytest.raises(psycopg.Error, match="append-only"):
        application.execute(statement)
    assert AccessEntry.objects.get().verb == "read"
    assert AccessSeal.objects.count() == 1


def test_every_table_of_history_has_both_triggers() -> None:
    guarded = triggers.guarded_tables(connection)
    for table in TABLES:
        assert set(guarded[table]) == {f"{table}_append_only", f"{table}_no_truncate"}


def test_the_application_may_add(application) -> None:
    application.execute(
        "INSERT INTO referrals_accessentry (at, actor_kind, user_id, partner_slug, roles, verb, "
        "door, request_id, address, detail) "
        "VALUES (now(), 'person', '', '', '', 'read', 'api', '', '', '{}')"
    )
    assert AccessEntry.objects.count() == 2


@pytest.mark.parametrize(
    "switch",
    [
        "SET ROLE tandem_keeper",
        "SET SESSION AUTHORIZATION tandem_keeper",
        "SET session_replication_role = replica",
        "ALTER TABLE referrals_accessentry DISABLE TRIGGER USER",
        "DROP TRIGGER referrals_accessentry_append_only ON referrals_accessentry",
        "CREATE OR REPLACE FUNCTION tandem_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN OLD; END $$",
        "GRANT tandem_keeper TO current_user",
        "DROP TABLE referrals_accessentry",
    ],
)
def test_the_application_lacks_every_switch(application, switch: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(switch)
    with pytest.raises(psycopg.Error, match="append-only"):
        application.execute("DELETE FROM referrals_accessentry")


def test_a_member_of_the_keeper_can_purge(application) -> None:
    """The control: with the switch that it lacks above, the same role may delete."""
    run(f"GRANT {triggers.KEEPER} TO {APPLICATION}")
    application.execute(f"SET ROLE {triggers.KEEPER}")
    assert application.execute("UPDATE referrals_accessentry SET verb = 'list'").rowcount == 1
    assert application.execute("DELETE FROM referrals_accessentry").rowcount == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute("SELECT * FROM accounts_user")


def test_lifted_holds_for_one_transaction(entry) -> None:
    with triggers.lifted("referrals_accessentry"):
        AccessEntry.objects.update(verb="list")
    with pytest.raises(DatabaseError, match="append-only"):
        AccessEntry.objects.update(verb="read")
    with pytest.raises(RuntimeError), triggers.lifted("referrals_accessentry"):
        AccessEntry.objects.all().delete()
        raise RuntimeError
    assert AccessEntry.objects.get().verb == "list"


def test_two_sealers_make_one_chain(read) -> None:
    read(300)
    results: list[int] = []

    def turn() -> None:
        try:
            for _ in range(5_000):  # a turn that finds another at it seals nothing
                if not sealer.unsealed():
                    return
                results.append(sealer.seal_pending(limit=25))
        finally:
            connections.close_all()

    threads = [Thread(target=turn) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(results) == AccessSeal.objects.count() == 300
    assert verify(grace=timedelta(0)).faults == []


def test_a_sealer_at_work_keeps_the_other_out(read) -> None:
    read(5)
    with psycopg.connect(**_session()) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [sealer.LOCK])
        assert sealer.seal_pending() == 0
    assert sealer.seal_pending() == 5


def _session() -> dict[str, object]:
    place = connection.get_connection_params()
    return {name: place[name] for name in ("host", "port", "dbname", "user", "password")}
