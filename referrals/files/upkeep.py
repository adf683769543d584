"""What time does to files: those that wait for the scanner, and those that belong to nothing."""

from __future__ import annotations

import time
from datetime import timedelta

import structlog

from referrals import clock
from referrals.actors import SYSTEM
from referrals.encryption import keyring
from referrals.files import store
from referrals.models import Document, ScanState
from referrals.operations import documents

log = structlog.get_logger("referrals.files.upkeep")

SECONDS = 60  # for one file; the timer has more patience than a person
AT_ONCE = 20
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(minutes=15)
ALARM_AFTER = timedelta(hours=1)
# An upload that is still under way has its file, and no row yet.
ORPHAN_AGE = 6 * 3600


def scan_waiting() -> int:
    """Ask again about the files that wait, each after a growing pause; how many were settled."""
    waiting = Document.objects.filter(
        scan_state=ScanState.PENDING, removed_at__isnull=True
    ).order_by("scan_attempts", "added_at")
    due = [document for document in waiting[:200] if _due(document)][:AT_ONCE]
    states = [documents.settle(one.pk, by=SYSTEM, seconds=SECONDS) for one in due]
    overdue = waiting.filter(added_at__lt=clock.now() - ALARM_AFTER).count()
    if overdue:
        log.error("documents_not_scanned", count=overdue)
    return sum(1 for state in states if state is not None and state != ScanState.PENDING)


def _due(document: Document) -> bool:
    if document.scanned_at is None:
        return True
    pause = min(FIRST_WAIT * 2 ** min(document.scan_attempts, 10), LONGEST_WAIT)
    return clock.now() >= document.scanned_at + pause


def forget_orphans() -> int:
    """Remove stored files that no document names: a crash between file and row, a copy undone."""
    removed = 0
    for name in store.names(older_than=time.time() - ORPHAN_AGE):
        if not Document.objects.filter(stored_as=name).exists():
            store.remove(name)
            removed += 1
    return removed


def reseal_all() -> tuple[int, int]:
    """Seal every file under the first key of the ring; how many were, and how many cannot be."""
    active, done, damaged = keyring.current().active, 0, 0
    for document in Document.objects.exclude(stored_as="").order_by("pk").iterator():
        old = document.stored_as
        if store.sealed_under(old) == active:
            continue
        try:
            fresh = store.reseal(document.pk, old)
        except store.Damaged:
            damaged += 1
            continue
        if Document.objects.filter(pk=document.pk, stored_as=old).update(stored_as=fresh.name):
            store.remove(old)
            done += 1
        else:
            store.remove(fresh.name)
    return done, damaged
