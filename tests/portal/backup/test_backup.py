"""A backup is whole or says so; restored into an empty installation it is the record again."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection

from portal import backup
from portal.backup import archive, engines
from portal.backup.restoring import Refused
from portal.local.paths import ROOT
from referrals.access import sealer
from referrals.access.models import AccessEntry
from referrals.files import checking, sandbox, store, uploads
from referrals.lifecycle import State
from referrals.lifecycle.reasons import load_shipped
from referrals.models import Document, Reason, Referral
from referrals.operations import documents
from tests.cast import Cast, assemble
from tests.referrals.files import making
from tests.walks import referral_at

# SQLite copies a database that nobody is in the middle of writing to.
pytestmark = pytest.mark.django_db(transaction=True)
CANARY = "Quintrell"
OTHER_KEY = "k2:" + "QUJD" * 10 + "QUI="


@pytest.fixture(autouse=True)
def shipped(transactional_db: None) -> None:
    """What migrations write, and an earlier test's flush may have taken along."""
    load_shipped(Reason)


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.AUDIT_ANCHOR = str(tmp_path / "anchor.jsonl")
    monkeypatch.setattr(sandbox, "check", checking.check)


def lived_in(cast: Cast) -> Referral:
    """A referral with its history and a document, and the access log sealed."""
    referral = referral_at(State.COMPLETED, cast)
    with uploads.stored([SimpleUploadedFile("letter.pdf", making.pdf())]) as files:
        documents.add(referral.pk, by=cast.actor("clinician"), files=files,
                      data={"no_psychotherapy_notes": True}, door="portal")  # fmt: skip
    sealer.seal_pending()
    return referral


def made(folder: Path) -> Path:
    call_command("backup", str(folder), stdout=io.StringIO())
    (path,) = folder.glob("tandem-*.backup")
    return path


ANEW = """
import django, sys
django.setup()
from django.core.management import call_command
call_command("restore", sys.argv[1])
call_command("verify_audit")
"""


def restored(url: str, path: Path, media: Path) -> subprocess.CompletedProcess[str]:
    """By a process of its own, which then looks at the chain of the access log."""
    env = {**os.environ, "DATABASE_URL": url, "MEDIA_ROOT": str(media),
           "AUDIT_ANCHOR": str(site.AUDIT_ANCHOR), "DJANGO_SETTINGS_MODULE": "portal.settings",
           "PYTHONWARNINGS": "ignore"}  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", ANEW, str(path)], cwd=ROOT, env=env, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def assert_restored(url: str, path: Path, folder: Path, rows: Callable[[str], list[Any]]) -> None:
    """The same rows in every table, the same files, and a whole access log."""
    here = {table: contents(table) for table in engines.tables()}
    document = Document.objects.get()
    done = restored(url, path, folder)
    assert done.returncode == 0, done.stderr
    for table, kept in here.items():
        found = rows(table)
        if table == "referrals_accessentry":  # one here tells of making, one there of restoring
            assert len(set(found) ^ set(kept)) == 2
        else:
            assert found == kept, table
    stored = folder / "documents" / document.stored_as[:2] / document.stored_as
    assert stored.read_bytes() == store.path_of(document.stored_as).read_bytes()


def everything(table: str) -> str:
    """On PostgreSQL as text, since Django reads some types otherwise than the bare driver."""
    columns = f'"{table}"::text' if connection.vendor == "postgresql" else "*"
    return f'SELECT {columns} FROM "{table}" ORDER BY 1'  # noqa: S608 - names of ours


def contents(table: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(everything(table))
        return list(cursor.fetchall())


# --- SQLite -------------------------------------------------------------------------------------


def test_it_is_restored_on_sqlite(cast: Cast, tmp_path: Path) -> None:
    lived_in(cast)
    path, name = made(tmp_path), tmp_path / "new.sqlite3"
    # The entry of the backup itself is written after its snapshot.
    entry = AccessEntry.objects.get(verb="backup")
    assert (entry.door, entry.detail) == ("command", '{"count":1}')

    def rows(table: str) -> list[Any]:
        # With the types that Django reads by.
        with closing(sqlite3.connect(name, detect_types=sqlite3.PARSE_DECLTYPES)) as other:
            return list(other.execute(everything(table)))

    url, folder = f"sqlite:///{name}", tmp_path / "restored"
    assert_restored(url, path, folder, rows)
    with closing(sqlite3.connect(name)) as other, pytest.raises(sqlite3.Error, match="append-only"):
        other.execute("DELETE FROM referrals_timelineentry")


# --- PostgreSQL ---------------------------------------------------------------------------------


@pytest.fixture
def empty_copy(django_db_serialized_rollback: None, transactional_db: None) -> Iterator[str]:
    """A second database with the same migrations, made before anything happens in the first."""
    server = connection.settings_dict
    name, copy = str(server["NAME"]), "restored"
    plain = {"host": server["HOST"], "port": server["PORT"], "user": server["USER"],
             "password": server["PASSWORD"], "dbname": "postgres"}  # fmt: skip
    connection.close()
    with psycopg.connect(**plain, autocommit=True) as other:
        other.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
    yield "postgres://{user}:{password}@{host}:{port}/".format(**plain) + copy
    with psycopg.connect(**plain, autocommit=True) as other:
        other.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')


@pytest.mark.pg
def test_it_is_restored_on_postgresql(empty_copy: str, tmp_path: Path) -> None:
    lived_in(assemble())
    path = made(tmp_path)

    def rows(table: str) -> list[Any]:
        with psycopg.connect(empty_copy) as other:
            return list(other.execute(everything(table)).fetchall())

    assert_restored(empty_copy, path, tmp_path / "restored", rows)
    with psycopg.connect(empty_copy) as other:
        stand = "SELECT last_value FROM pg_sequences WHERE sequencename = %s"
        found = other.execute(stand, ["referrals_accessentry_id_seq"]).fetchone()
        assert found and found[0] >= AccessEntry.objects.count()
        with pytest.raises(psycopg.Error, match="append-only"):
            other.execute("DELETE FROM referrals_timelineentry")


# --- What is in the file, and what is not whole ---------------------------------------------------


def test_nothing_can_be_read_in_it_and_no_key_is(cast: Cast, tmp_path: Path) -> None:
    lived_in(cast)
    path = made(tmp_path)
    data = path.read_bytes()
    key = site.FIELD_ENCRYPTION_KEYS[0].partition(":")[2]
    for words in (CANARY, cast.clinic.name, "referrals_referral", key, site.BLIND_INDEX_KEY):
        assert words.encode() not in data
    assert path.stat().st_mode & 0o077 == 0
    assert not [p for p in tmp_path.rglob("*") if "copy" in p.name or p.suffix == ".part"]


def test_another_key_opens_nothing(cast: Cast, tmp_path: Path, settings: Any) -> None:
    path = made(tmp_path)
    settings.FIELD_ENCRYPTION_KEYS = [OTHER_KEY]
    with pytest.raises(CommandError, match="demo1"):
        call_command("backup", str(path), "--check")


@pytest.mark.parametrize("how", ["a byte", "the end", "a piece", "another", "nothing"])
def test_what_is_not_whole_is_told(cast: Cast, tmp_path: Path, how: str) -> None:
    path = made(tmp_path)
    data = path.read_bytes()
    head, (first, *others) = data[:32], pieces(data[32:])
    bent = {
        "a byte": data[:5000] + bytes([data[5000] ^ 1]) + data[5001:],
        "the end": head + first + b"".join(others[:-1]),
        "a piece": head + first + b"".join(others[1:]),
        "another": head[:-1] + bytes([head[-1] ^ 1]) + first + b"".join(others),
        "nothing": b"",
    }[how]
    path.write_bytes(bent)
    with pytest.raises(CommandError, match=r"altered|no backup"):
        call_command("backup", str(path), "--check")


def pieces(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        length = 4 + int.from_bytes(data[at : at + 4])
        found.append(data[at : at + length])
        at += length
    assert len(found) > 2
    return found


def test_one_that_fails_leaves_nothing_and_none_is_written_over(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path)
    with pytest.raises(CommandError, match="already"):
        call_command("backup", str(path))
    path.unlink()

    def broken(self: Any) -> Iterator[Any]:
        yield from ()
        raise OSError("No space left on device")

    monkeypatch.setattr(engines.SQLite, "entries", broken)
    with pytest.raises(CommandError, match="No space left"):
        call_command("backup", str(tmp_path), stdout=io.StringIO())
    assert not [p for p in tmp_path.iterdir() if "backup" in p.name]


def test_a_document_without_its_file_is_told(cast: Cast, tmp_path: Path) -> None:
    lived_in(cast)
    store.remove(Document.objects.get().stored_as)
    with pytest.raises(CommandError, match="1 documents have no file"):
        call_command("backup", str(tmp_path), stdout=io.StringIO())


def test_nothing_is_restored_where_somebody_works(cast: Cast, tmp_path: Path) -> None:
    path, people = made(tmp_path), type(cast.physician).objects.count()
    with pytest.raises(Refused, match="empty"):
        backup.restore(path, progress=print)
    assert type(cast.physician).objects.count() == people


def test_entries_come_back_as_they_went_in() -> None:
    sizes = (0, 1, archive.PIECE - 1, archive.PIECE, archive.PIECE + 1, 3 * archive.PIECE)
    file = io.BytesIO()
    writer = archive.Writer(file)
    for size in sizes:
        assert writer.add(f"of {size}", [os.urandom(size)] if size else []) == size
    writer.close()
    file.seek(0)
    found = {name: len(b"".join(parts)) for name, parts in archive.entries(file)}
    assert found == {f"of {size}": size for size in sizes}
