"""Putting a backup into an installation in which nobody has worked yet."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection

from portal.backup import archive, engines, making
from portal.backup.making import END, FILE, MANIFEST, Counted
from referrals import access
from referrals.actors import SYSTEM
from referrals.files import store


class Refused(Exception):
    """This backup does not go in here; says why, and how to mend it."""


def restore(path: Path, *, progress: making.Progress) -> Counted:
    """Read it to its end first, then put it in: the database all or nothing, each file anew."""
    counted = making.check(path)
    if engines.in_use():
        raise Refused("There are people in this database. Restore into an empty one.")
    with path.open("rb") as file, engines.engine().taking_in() as take:
        for name, parts in archive.entries(file):
            if name == MANIFEST:
                _fits(json.loads(b"".join(parts)))
            elif name.startswith(FILE):
                _put(name.removeprefix(FILE), parts)
            elif name != END:
                progress(name)
                take(name, parts)
    access.record(
        by=SYSTEM, verb="restore", referral_id=None, door="command",
        detail={"count": counted.files},
    )  # fmt: skip
    return counted


def _fits(manifest: dict[str, Any]) -> None:
    if manifest["vendor"] != connection.vendor:
        raise Refused(f"It was made of {manifest['vendor']}; DATABASE_URL names another.")
    here = engines.migrations()
    if connection.vendor == "postgresql" and manifest["migrations"] != here:
        raise Refused(
            "The tables here are of another release than the backup's. Install the release that "
            "made it, run its migrate on the empty database, restore, then upgrade."
        )


def _put(name: str, parts: Iterator[bytes]) -> None:
    target = store.path_of(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(name + store.UNFINISHED)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(target)
