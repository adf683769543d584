"""Uploads in tests: a store of their own, and the check in this process, where it takes ms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from referrals.files import checking, sandbox
from tests.referrals.files import making

ATTESTED = {"no_psychotherapy_notes": "on"}


@pytest.fixture
def store_of_its_own(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(sandbox, "check", checking.check)
    return tmp_path


def pdf(name: str = "letter.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, making.pdf(), "application/pdf")


def bad(name: str = "letter.pdf") -> SimpleUploadedFile:
    """A page that calls itself a PDF, and so does the browser that sends it."""
    return SimpleUploadedFile(name, b"<html><script>alert(1)</script>", "application/pdf")


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]
