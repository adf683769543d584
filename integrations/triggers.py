"""The triggers that keep events as they were written, on both engines.

What is owed to `position`: it may go from empty to a value, once. Only the owner of the
table may lift the triggers (`lifted`), which is what a purge and the flush of a test database
need; in production the application's account owns nothing. The columns are read from the
table itself, so that a migration that adds one re-installs and cannot forget it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "integrations_event"
NAMES = ("integrations_event_no_update", "integrations_event_no_delete")

_SAYS = "events are append-only"

_SQLITE = (
    f"""CREATE TRIGGER {NAMES[0]} BEFORE UPDATE ON {TABLE} WHEN {{changed}}
        BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END""",
    f"""CREATE TRIGGER {NAMES[1]} BEFORE DELETE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END""",
)

_POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION integrations_event_refuse() RETURNS trigger
        LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION '{_SAYS}' USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
    f"""CREATE TRIGGER {NAMES[0]} BEFORE UPDATE ON {TABLE} FOR EACH ROW
        WHEN ({{changed}}) EXECUTE FUNCTION integrations_event_refuse()""",
    f"""CREATE TRIGGER {NAMES[1]} BEFORE DELETE ON {TABLE} FOR EACH ROW
        EXECUTE FUNCTION integrations_event_refuse()""",
)

_STATEMENTS = {"sqlite": ("IS NOT", _SQLITE), "postgresql": ("IS DISTINCT FROM", _POSTGRESQL)}


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers; an engine that is neither SQLite nor PostgreSQL is a KeyError."""
    distinct, statements = _STATEMENTS[connection.vendor]
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, TABLE)
        changed = _changed([column.name for column in described], distinct)
        for statement in statements:
            cursor.execute(statement.format(changed=changed))


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers; needs the table's owner."""
    tail = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in NAMES:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{tail}")


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Do without the triggers for a purge or a flush; needs the table's owner."""
    remove(connection)
    try:
        yield
    finally:
        install(connection)


def _changed(columns: list[str], distinct: str) -> str:
    fixed = [f'NEW."{name}" {distinct} OLD."{name}"' for name in columns if name != "position"]
    moved = f'(OLD."position" IS NOT NULL AND NEW."position" {distinct} OLD."position")'
    return " OR ".join([*fixed, moved])
