"""History is added to and not changed: the triggers, on SQLite."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from referrals.access import sealer, triggers
from referrals.access.models import AccessEntry, AccessSeal

ENTRY, SEAL = "referrals_accessentry", "referrals_accessseal"
GUARDED = {ENTRY, SEAL, "referrals_timelineentry", "referrals_contentversion"}


@pytest.fixture(autouse=True)
def one_sealed_entry(read) -> None:
    read(1)
    sealer.seal_pending()


@pytest.mark.parametrize("model", [AccessEntry, AccessSeal])
@pytest.mark.parametrize("act", ["update", "delete", "save", "remove"])
def test_the_orm_can_neither_change_nor_delete(model, act: str) -> None:
    row = model.objects.get()
    before = model.objects.values().get()
    column = "verb" if model is AccessEntry else "hash"
    setattr(row, column, "changed")
    acts = {
        "update": lambda: model.objects.update(**{column: "changed"}),
        "delete": lambda: model.objects.all().delete(),
        "save": lambda: row.save(),
        "remove": lambda: row.delete(),
    }
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        acts[act]()
    assert model.objects.values().get() == before


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {ENTRY} SET verb = 'changed'",  # noqa: S608
        f"UPDATE OR IGNORE {ENTRY} SET verb = 'changed'",  # noqa: S608
        f"DELETE FROM {ENTRY}",  # noqa: S608
        f"INSERT OR REPLACE INTO {ENTRY} SELECT * FROM {ENTRY}",  # noqa: S608
        f"REPLACE INTO {SEAL} SELECT * FROM {SEAL}",  # noqa: S608
        f"INSERT INTO {SEAL} SELECT * FROM {SEAL} WHERE true "  # noqa: S608
        "ON CONFLICT (number) DO UPDATE SET hash = 'changed'",
    ],
)
def test_sql_can_neither_change_nor_delete(statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AccessEntry.objects.get().verb == "read"


def test_every_table_of_history_is_guarded() -> None:
    guarded = triggers.guarded_tables(connection)
    assert set(guarded) >= GUARDED
    for table in GUARDED:
        assert {name.removeprefix(f"{table}_") for name in guarded[table]} == set(
            triggers.SUFFIXES[connection.vendor]
        )


def test_without_its_triggers_a_table_is_found_bare() -> None:
    triggers.remove(connection, ENTRY)
    assert ENTRY not in triggers.guarded_tables(connection)
    assert AccessEntry.objects.update(verb="changed") == 1


def test_a_purge_may_delete_and_the_triggers_come_back() -> None:
    with triggers.lifted(ENTRY, SEAL):
        AccessSeal.objects.all().delete()
        AccessEntry.objects.all().delete()
    assert set(triggers.guarded_tables(connection)) >= GUARDED
    assert not AccessEntry.objects.exists()


def test_a_purge_that_fails_leaves_rows_and_triggers() -> None:
    with pytest.raises(RuntimeError), triggers.lifted(ENTRY):
        AccessEntry.objects.all().delete()
        raise RuntimeError
    assert AccessEntry.objects.count() == 1
    assert set(triggers.guarded_tables(connection)) >= GUARDED


def test_lifting_one_table_lifts_no_other() -> None:
    with (
        triggers.lifted(SEAL),
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
    ):
        AccessEntry.objects.update(verb="changed")


def test_an_entry_with_a_new_number_is_still_taken(read) -> None:
    AccessEntry.objects.create(
        pk=10_000, actor_kind="system", verb="read", door="command", referral_id=uuid.uuid4()
    )
    assert AccessEntry.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_flush_between_tests_still_works(read) -> None:
    from django.core.management import call_command

    read(3)
    call_command("flush", interactive=False, verbosity=0)
    assert not AccessEntry.objects.exists()
    assert set(triggers.guarded_tables(connection)) >= GUARDED
