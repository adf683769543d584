"""Append-only tables by trigger, on both engines, as migration operations.

PostgreSQL: UPDATE, DELETE and TRUNCATE raise unless the statement runs under the role
`tandem_keeper`, taken with SET ROLE. Only its members can take it; the application's role is
none. Purge and key rotation run under a login that is. The role is made by the migration
where the migrating role may, else by the administrator (docs/security.md).

SQLite has no roles: whoever holds the file can drop a trigger. There the triggers stop the
application's own mistakes, and the sealed chain with its anchor shows the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import migrations, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

KEEPER = "tandem_keeper"
FUNCTION = "tandem_append_only"

POSTGRES_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = '{KEEPER}' AND TG_OP = 'UPDATE' THEN
        RETURN NEW;
    ELSIF current_user = '{KEEPER}' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""

POSTGRES_ROLE = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{KEEPER}') THEN
        CREATE ROLE {KEEPER} NOLOGIN;
    END IF;
EXCEPTION
    -- Another database of the cluster may make it at the same moment.
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'role {KEEPER} is missing; an administrator has to create it';
END $$
"""

POSTGRES_GRANT = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{keeper}') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO {keeper}', current_schema());
        GRANT SELECT, UPDATE, DELETE, TRUNCATE ON "{table}" TO {keeper};
    END IF;
END $$
"""

POSTGRES_TRIGGERS = (
    'CREATE TRIGGER "{table}_append_only" BEFORE UPDATE OR DELETE ON "{table}" '
    "FOR EACH ROW EXECUTE FUNCTION {function}()",
    'CREATE TRIGGER "{table}_no_truncate" BEFORE TRUNCATE ON "{table}" '
    "FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
)

SQLITE_TRIGGERS = (
    'CREATE TRIGGER "{table}_no_update" BEFORE UPDATE ON "{table}" '
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    'CREATE TRIGGER "{table}_no_delete" BEFORE DELETE ON "{table}" '
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    # INSERT OR REPLACE deletes the old row without asking the delete trigger.
    'CREATE TRIGGER "{table}_no_replace" BEFORE INSERT ON "{table}" '
    'WHEN EXISTS (SELECT 1 FROM "{table}" WHERE "{key}" = NEW."{key}") '
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
)
SUFFIXES = {
    "postgresql": ("append_only", "no_truncate"),
    "sqlite": ("no_update", "no_delete", "no_replace"),
}


def append_only(table: str) -> migrations.RunPython:
    """The migration operation that makes `table` append-only.

    On SQLite a later AlterField remakes the table without its triggers: repeat the operation
    after it. A repository test finds a table that lost them.
    """

    def forward(apps: Any, schema_editor: Any) -> None:
        install(schema_editor.connection, table)

    def back(apps: Any, schema_editor: Any) -> None:
        remove(schema_editor.connection, table)

    return migrations.RunPython(forward, back)


def install(connection: BaseDatabaseWrapper, table: str) -> None:
    """Put the triggers on a table; those that stand there already are replaced."""
    remove(connection, table)
    with connection.cursor() as cursor:
        key = connection.introspection.get_primary_key_column(cursor, table)
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRES_FUNCTION)
            cursor.execute(POSTGRES_ROLE)
            cursor.execute(POSTGRES_GRANT.format(table=table, keeper=KEEPER))
        for statement in _statements(connection):
            cursor.execute(statement.format(table=table, key=key, function=FUNCTION))


def remove(connection: BaseDatabaseWrapper, table: str) -> None:
    """Take the triggers off a table; on PostgreSQL only its owner can."""
    on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for suffix in SUFFIXES[connection.vendor]:
            cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_{suffix}"{on}')


def guarded_tables(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """The append-only tables of this database, with the names of the triggers on each."""
    if connection.vendor == "postgresql":
        query = (
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "  # noqa: S608
            "JOIN pg_proc p ON p.oid = t.tgfoid "
            f"WHERE p.proname = '{FUNCTION}' AND t.tgenabled <> 'D'"
        )
    else:
        query = (
            "SELECT tbl_name, name FROM sqlite_master "
            "WHERE type = 'trigger' AND sql LIKE '% is append-only%'"
        )
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query)
        for table, trigger in cursor.fetchall():
            found.setdefault(table, []).append(trigger)
    return found


@contextmanager
def lifted(*tables: str) -> Iterator[None]:
    """For purge and key rotation: let this one transaction change append-only tables.

    PostgreSQL: under the keeper's role; a login that is no member of it gets the database's
    "permission denied". The keeper may touch nothing but append-only tables, so keep the
    block to those. SQLite: the triggers of `tables` are off until the transaction's end.
    """
    connection = transaction.get_connection(router.db_for_write(_entry_model()))
    with transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL ROLE {KEEPER}")
            yield
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")
        else:
            with suspended(connection, *tables):
                yield


@contextmanager
def suspended(connection: BaseDatabaseWrapper, *tables: str) -> Iterator[None]:
    """As the tables' owner: switch their triggers off for a while (all tables if none named).

    For the flush of transactional tests. The role of the application does not own the tables.
    """
    every = guarded_tables(connection)
    chosen = [table for table in (tables or every) if table in every]
    definitions = _switch_off(connection, chosen)
    try:
        yield
    except BaseException:
        # The transaction is lost, and on both engines the triggers come back with it.
        if connection.in_atomic_block:
            raise
        _switch_on(connection, chosen, definitions)
        raise
    _switch_on(connection, chosen, definitions)


def _switch_off(connection: BaseDatabaseWrapper, tables: list[str]) -> list[str]:
    definitions: list[str] = []
    with connection.cursor() as cursor:
        for table in tables:
            if connection.vendor == "postgresql":
                cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
                continue
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s "
                "AND sql LIKE '%% is append-only%%'",
                [table],
            )
            definitions += [row[0] for row in cursor.fetchall()]
            remove(connection, table)
    return definitions


def _switch_on(connection: BaseDatabaseWrapper, tables: list[str], definitions: list[str]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in tables:
                cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        for definition in definitions:
            cursor.execute(definition)


def _statements(connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    return POSTGRES_TRIGGERS if connection.vendor == "postgresql" else SQLITE_TRIGGERS


def _entry_model() -> Any:
    from referrals.access.models import AccessEntry

    return AccessEntry
