"""A migrated SQLite database, kept between runs: migrations cost more than most single tests.

Only for work on one's own machine. The pipeline (`CI`) migrates every time, and so does
PostgreSQL. The copy is thrown away when a migration, or what migrations run, changes.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core import management
from django.db import connection

from portal.local import stamps
from portal.local.paths import ROOT, VAR

KEPT = VAR / "test-databases"
PACKAGES = ("portal", "referrals", "integrations")
# Beside the migrations themselves: what they call, and the locks, for other people's.
SOURCES = ("**/migrations/*.py", "**/triggers.py", "**/lifecycle/*.py", "**/encryption/*.py")


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Answer the test database's first `migrate` with the kept copy where there is one."""
    original = management.call_command

    def migrate_or_copy(name: Any, *arguments: Any, **options: Any) -> Any:
        if name != "migrate":
            return original(name, *arguments, **options)
        management.call_command = original
        kept = KEPT / f"{mark()}.sqlite3"
        if kept.exists():
            copy_in(kept)
            return None
        answer = original(name, *arguments, **options)
        copy_out(kept)
        return answer

    if not os.environ.get("CI") and connection.vendor == "sqlite":
        management.call_command = migrate_or_copy
    yield
    management.call_command = original


def mark() -> str:
    files = {ROOT / "requirements.txt"}
    files.update(f for p in PACKAGES for pattern in SOURCES for f in (ROOT / p).glob(pattern))
    return stamps.fingerprint(files, extra=sqlite3.sqlite_version)[:32]


def copy_in(kept: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(kept)) as source:
        source.backup(connection.connection)


def copy_out(kept: Path) -> None:
    """Under a name of its own first: several workers may write at once."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in KEPT.glob("*.sqlite3"):
        old.unlink(missing_ok=True)
    part = kept.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(part)) as target:
        connection.connection.backup(target)
    part.replace(kept)
