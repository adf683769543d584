"""PostgreSQL's own protocol for the few statements that carry many values."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor
from psycopg.pq import Format


def binary_cursor() -> CursorWrapper:
    """A cursor whose parameters and results travel beside the statement, in binary.

    Django's own writes parameters into the text of the statement and gets results as text: of
    a batch of bodies that is twice the bytes, encoded and decoded on both sides.
    """
    connection.ensure_connection()
    cursor: Any = Cursor(connection.connection)
    cursor.format = Format.BINARY
    logged = connection.queries_logged
    return connection.make_debug_cursor(cursor) if logged else connection.make_cursor(cursor)
