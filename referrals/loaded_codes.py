"""The release of ICD-10-CM that this installation uses: ICD10CM_FILE, or the shipped part."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from referrals.coding import Release, read, shipped


def current() -> Release:
    """Read once for each process: a full release has nearly a hundred thousand lines."""
    return _from_file(settings.ICD10CM_FILE) if settings.ICD10CM_FILE else shipped()


@cache
def _from_file(path: str) -> Release:
    return read(Path(path))
