"""Checking the access log against merely reading the same rows."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from bench.ground import Row, compare, seconds
from referrals import access
from referrals.access import sealer
from referrals.access.models import AccessEntry, AccessSeal
from referrals.access.verify import verify
from tests.cast import Cast

ENTRIES, ROUNDS = 10_000, 5


def measure(cast: Cast) -> list[Row]:
    with transaction.atomic():
        for _ in range(ENTRIES):
            access.record(by=cast.actor("physician"), verb="read", referral_id=None, door="portal")
    sealer.seal_all()
    checked, read = [], []
    for _ in range(ROUNDS):
        read.append(seconds(_read))
        checked.append(seconds(_check))
    count = AccessEntry.objects.count()
    note = f"{count / min(checked):.0f} entries/s"
    return [
        compare("verify_audit / plain read of the rows", checked, read,
                n=f"{ROUNDS} x {count} entries", note=note)
    ]  # fmt: skip


def _read() -> None:
    for model in (AccessEntry, AccessSeal):
        for _ in model.objects.order_by("pk").values_list().iterator(chunk_size=5000):
            pass


def _check() -> None:
    report = verify(grace=timedelta(0))
    if report.first is not None:
        raise SystemExit(f"void: the log does not verify: {report.first}")
