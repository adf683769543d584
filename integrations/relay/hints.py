"""A hint that something was written, so that the next look need not wait for its time.

Looking every so often is what everything rests on: a hint that is lost costs that pause, no
more. PostgreSQL tells by NOTIFY (settings.OUTBOX_NOTIFY switches it off, as a pooler that
hands out connections by the transaction demands); of SQLite's file its version is asked.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any, Protocol

import psycopg
import structlog
from django.conf import settings
from django.db import connection

from integrations.streams import CHANNEL

log = structlog.get_logger(__name__)

# Seconds: between two looks at SQLite's version, and until we listen again after a failure.
VERSION_EVERY = 0.02
LISTEN_AGAIN = 30.0


class Hint(Protocol):
    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait so long, or until something was written (True), or about until `stop`."""

    def close(self) -> None: ...


def of_database() -> Hint:
    """The hint that this database gives."""
    if not settings.OUTBOX_NOTIFY:
        return Clock()
    return Listener() if connection.vendor == "postgresql" else FileVersion()


class Clock:
    """No hint: the time alone."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        stop.wait(seconds)
        return False

    def close(self) -> None:
        return


class Listener:
    """NOTIFY, on a connection of its own."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection[Any] | None = None
        self._again = 0.0
        # From now on: what is written between this and the first look is seen by the look.
        self._listening()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        listening = self._listening()
        if listening is None:
            return Clock().wait(stop, seconds)
        try:
            return any(listening.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error as error:
            self._failed(error)
            return False

    def close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _listening(self) -> psycopg.Connection[Any] | None:
        if self._connection is None and time.monotonic() >= self._again:
            try:
                found = psycopg.connect(**connection.get_connection_params(), autocommit=True)
                self._connection = found
                found.execute(f"LISTEN {CHANNEL}")
            except psycopg.Error as error:
                self._failed(error)
        return self._connection

    def _failed(self, error: Exception) -> None:
        log.warning("outbox_hint_lost", exception=type(error).__name__)
        self.close()
        self._again = time.monotonic() + LISTEN_AGAIN


class FileVersion:
    """SQLite counts the commits of other connections to its file."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        before, deadline = self._version(), time.monotonic() + seconds
        while time.monotonic() < deadline and not stop.wait(min(VERSION_EVERY, seconds)):
            if self._version() != before:
                return True
        return False

    def close(self) -> None:
        return

    def _version(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            return int(cursor.fetchone()[0])
