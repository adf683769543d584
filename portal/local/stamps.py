"""Remember that a slow step was done for exactly these inputs, so that a second start is fast."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from portal.local.paths import STAMPS


def fingerprint(files: Iterable[Path], *, extra: str = "") -> str:
    """SHA-256 over names and contents, so that touching a file costs nothing."""
    digest = hashlib.sha256(extra.encode())
    for file in sorted(files):
        digest.update(str(file).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def is_fresh(name: str, mark: str) -> bool:
    stamp = STAMPS / name
    return stamp.exists() and stamp.read_text() == mark


def write(name: str, mark: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(mark)


def forget(name: str) -> None:
    (STAMPS / name).unlink(missing_ok=True)
