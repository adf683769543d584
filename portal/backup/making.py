"""Making a backup, and reading one to its end to see that it is whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from portal.backup import archive, engines
from referrals import access, clock
from referrals.actors import SYSTEM
from referrals.files import store
from referrals.models import Document

MANIFEST, END, FILE = "manifest", "end", "file/"
UNFINISHED = ".part"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a backup holds. `missing` are documents whose file was not there any more."""

    made_at: str
    size: int
    entries: int
    files: int
    missing: int


def make(target: Path, *, progress: Progress) -> Counted:
    """Write the backup beside its place, read it to its end, then rename it.

    The database first, in one snapshot, then the files that it names: so each document of
    the backup has its file.
    """
    unfinished = target.with_name(target.name + UNFINISHED)
    try:
        with open(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            writer = archive.Writer(file)
            _fill(writer, progress)
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        counted = check(unfinished)
        unfinished.rename(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    access.record(
        by=SYSTEM, verb="backup", referral_id=None, door="command",
        detail={"count": counted.files},
    )  # fmt: skip
    return counted


def _fill(writer: archive.Writer, progress: Progress) -> None:
    manifest = {
        "vendor": connection.vendor,
        "made_at": clock.now().isoformat(),
        "migrations": engines.migrations(),
    }
    writer.add(MANIFEST, [json.dumps(manifest).encode()])
    count = 0
    for name, parts in engines.engine().entries():
        progress(name)
        writer.add(name, parts)
        count += 1
    names = list(Document.objects.exclude(stored_as="").values_list("stored_as", flat=True))
    progress(f"{len(names)} files")
    missing = [name for name in names if not _add_file(writer, name)]
    end = {"entries": count, "files": len(names) - len(missing), "missing": len(missing)}
    writer.add(END, [json.dumps(end).encode()])


def _add_file(writer: archive.Writer, name: str) -> bool:
    """As it lies there, sealed; False where it is gone."""
    try:
        file = store.path_of(name).open("rb")
    except FileNotFoundError:
        return False
    with file:
        writer.add(f"{FILE}{name}", iter(lambda: file.read(archive.PIECE), b""))
    return True


def check(path: Path) -> Counted:
    """Read a backup to its end; `archive.Damaged` where it is not whole."""
    with path.open("rb") as file:
        return counted_of(archive.entries(file), size=path.stat().st_size)


def counted_of(found: Iterator[tuple[str, Iterator[bytes]]], *, size: int) -> Counted:
    manifest, end, names = None, None, []
    for name, parts in found:
        if name in (MANIFEST, END):
            value = json.loads(b"".join(parts))
            manifest, end = (value, end) if name == MANIFEST else (manifest, value)
        names.append(name)
    return _agreed(manifest, end, names, size)


def _agreed(manifest: Any, end: Any, names: list[str], size: int) -> Counted:
    files = sum(name.startswith(FILE) for name in names)
    if not manifest or not end or names[0] != MANIFEST or names[-1] != END:
        raise archive.Damaged("The backup has no beginning or no end.")
    if (files, len(names) - files - 2) != (end["files"], end["entries"]):
        raise archive.Damaged("The backup does not hold what its end says.")
    return Counted(manifest["made_at"], size, end["entries"], files, end["missing"])
