"""The database as entries of a backup, and back: PostgreSQL by COPY, SQLite as its own file."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

# Who is signed in, and how often somebody asked, is nobody's record.
FORGOTTEN = ("django_session", "tandem_cache")
TABLE, SEQUENCES, DATABASE = "table/", "sequences", "database.sqlite3"
PART = 256 * 1024

Entry = tuple[str, Iterator[bytes]]


class NotEmpty(Exception):
    """There is something in the database already."""


class Engine(Protocol):
    def entries(self) -> Iterator[Entry]: ...
    def taking_in(self) -> Any: ...


def engine() -> PostgreSQL | SQLite:
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()


def migrations() -> list[str]:
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)


def in_use() -> bool:
    """Whether somebody has worked here: there are people, or entries in the access log."""
    tables = connection.introspection.table_names()
    if "accounts_user" not in tables:
        return False
    with connection.cursor() as cursor:
        for table in ("accounts_user", "referrals_accessentry"):
            cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')  # noqa: S608 - names of ours
            if cursor.fetchone():
                return True
    return False


class PostgreSQL:
    """Every table of the site in one snapshot, then where the sequences stand."""

    def entries(self) -> Iterator[Entry]:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            for table in tables():
                yield f"{TABLE}{table}", self._rows(cursor, table)
            yield SEQUENCES, iter([json.dumps(self._sequences(cursor)).encode()])

    @staticmethod
    def _rows(cursor: Any, table: str) -> Iterator[bytes]:
        with cursor.copy(f"COPY {_columns(cursor, table)} TO STDOUT (FORMAT BINARY)") as copy:
            yield from map(bytes, copy)

    @staticmethod
    def _sequences(cursor: Any) -> dict[str, int]:
        cursor.execute(
            "SELECT sequencename, last_value FROM pg_sequences "
            "WHERE schemaname = current_schema() AND last_value IS NOT NULL"
        )
        return dict(cursor.fetchall())

    @contextmanager
    def taking_in(self) -> Iterator[Callable[[str, Iterator[bytes]], None]]:
        """All or nothing: into the empty tables of the same migrations."""
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for table in tables():  # what migrations put in
                cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608 - names of ours
            yield lambda name, parts: self._take(cursor, name, parts)

    @staticmethod
    def _take(cursor: Any, name: str, parts: Iterator[bytes]) -> None:
        if name == SEQUENCES:
            for sequence, last in json.loads(b"".join(parts)).items():
                cursor.execute("SELECT setval(%s, %s)", [f'"{sequence}"', last])
            return
        table = name.removeprefix(TABLE)
        with cursor.copy(f"COPY {_columns(cursor, table)} FROM STDIN (FORMAT BINARY)") as copy:
            for part in parts:
                copy.write(part)


def tables() -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True)
    return sorted(name for name in names if name not in FORGOTTEN)


def _columns(cursor: Any, table: str) -> str:
    described = connection.introspection.get_table_description(cursor, table)
    return f'"{table}" (' + ", ".join(f'"{column.name}"' for column in described) + ")"


class SQLite:
    """The database's own file, copied by SQLite while others may write."""

    def entries(self) -> Iterator[Entry]:
        yield DATABASE, self._file()

    @staticmethod
    def _file() -> Iterator[bytes]:
        if connection.in_atomic_block:  # SQLite would wait for us without end
            raise transaction.TransactionManagementError("A backup is made outside of any.")
        with _beside() as path:
            connection.ensure_connection()
            with closing(sqlite3.connect(path)) as copy:
                connection.connection.backup(copy)
                for table in FORGOTTEN:
                    copy.execute(f'DELETE FROM "{table}"')  # noqa: S608 - names of ours
                copy.commit()
                copy.execute("VACUUM")
            with path.open("rb") as file:
                yield from iter(lambda: file.read(PART), b"")

    @contextmanager
    def taking_in(self) -> Iterator[Callable[[str, Iterator[bytes]], None]]:
        """The whole database is put in the place of the empty one at the end."""
        with _beside() as path:

            def take(name: str, parts: Iterator[bytes]) -> None:
                with path.open("wb") as file:
                    file.writelines(parts)

            yield take
            connection.ensure_connection()
            with closing(sqlite3.connect(path)) as copy:
                copy.backup(connection.connection)


@contextmanager
def _beside() -> Iterator[Path]:
    """A place of our own for the copy, beside the database, where it is as well kept."""
    name = Path(str(connection.settings_dict["NAME"]))
    where = name.parent if name.is_absolute() and name.parent.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where, prefix="tandem-copy-") as folder:
        yield Path(folder) / "copy.sqlite3"
