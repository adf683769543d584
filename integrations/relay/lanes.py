"""Which keys are ours: lanes with a lease, by the database's clock."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from integrations.models import Lane
from integrations.models.deliveries import LANES

LEASE = timedelta(seconds=15)


class Lanes:
    """The lanes of one owner. `held` maps the number to the epoch under which it is held.

    A lease only keeps two relays from doing the same work: order does not depend on it,
    because nobody publishes a message before its predecessor is confirmed.
    """

    def __init__(self, owner: str, *, lease: timedelta = LEASE) -> None:
        self.owner = owner
        self.held: dict[int, int] = {}
        self._lease = lease
        self._renew_at = 0.0
        self._valid_until = 0.0

    def keep(self) -> None:
        """Renew what is ours and take what is free, when a third of the lease is over."""
        if time.monotonic() >= self._renew_at:
            self._renew()

    def current(self) -> dict[int, int]:
        """What may be published now; empty when this process slept beyond its lease."""
        return self.held if time.monotonic() < self._valid_until else {}

    def release(self) -> None:
        """Leave the lanes to others at once."""
        Lane.objects.filter(owner=self.owner).update(owner="", lease_until=None)
        self.held = {}

    def _renew(self) -> None:
        began = time.monotonic()
        _ensure_rows()
        with transaction.atomic():
            until = _database_now() + self._lease
            self._take_free(until - self._lease, until)
            Lane.objects.filter(owner=self.owner).update(lease_until=until)
            held = Lane.objects.filter(owner=self.owner).values_list("number", "epoch")
            self.held = dict(held)
        seconds = self._lease.total_seconds()
        self._renew_at = began + seconds / 3
        self._valid_until = began + seconds * 0.8

    def _take_free(self, now: datetime, until: datetime) -> None:
        free = Q(owner="") | Q(lease_until__lt=now)
        candidates = Lane.objects.select_for_update(skip_locked=True).filter(free)
        numbers = list(candidates.exclude(owner=self.owner).values_list("number", flat=True))
        if numbers:
            Lane.objects.filter(number__in=numbers).update(
                owner=self.owner, lease_until=until, epoch=F("epoch") + 1
            )


def _ensure_rows() -> None:
    if Lane.objects.count() < LANES:
        Lane.objects.bulk_create((Lane(number=n) for n in range(LANES)), ignore_conflicts=True)


def _database_now() -> datetime:
    """One clock for all relays; on SQLite all run on one machine."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
