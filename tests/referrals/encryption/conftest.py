"""The probe's tables, and a ring of two keys."""

import base64
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.referrals.encryption.probe import MODELS


def key(key_id: str, byte: int) -> str:
    return f"{key_id}:{base64.b64encode(bytes([byte]) * 32).decode()}"


OLD, NEW = key("old", 1), key("new", 2)


@pytest.fixture(scope="session")
def probe_tables(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        for model in MODELS:
            editor.delete_model(model)


@pytest.fixture
def probe(probe_tables: None, db: None, settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    settings.BLIND_INDEX_KEY = "blind-index-key-of-the-tests-only"


def stored(row, column: str) -> str | None:
    """What the database holds in a column of a probe's row."""
    table = row._meta.db_table
    quoted = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {quoted(column)} FROM {quoted(table)} WHERE id = %s",  # noqa: S608
            [row._meta.pk.get_db_prep_value(row.pk, connection)],
        )
        return cursor.fetchone()[0]


def overwrite(row, column: str, text: str | None) -> None:
    table = row._meta.db_table
    quoted = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quoted(table)} SET {quoted(column)} = %s WHERE id = %s",  # noqa: S608
            [text, row._meta.pk.get_db_prep_value(row.pk, connection)],
        )
        assert cursor.rowcount == 1
