"""The daily mail: one for each person who has unread news to be told of once a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from referrals import clock
from referrals.models import How, Mail, Membership, Notice

AT = time(7)  # on the wall clock where the person works


def gather() -> int:
    """Write the daily mails that are due; returns how many. Safe to run at any time, twice."""
    waiting = Notice.objects.filter(how=How.DIGEST, gathered_at__isnull=True)
    people = list(waiting.order_by().values_list("user_id", flat=True).distinct())
    zones = _zones(people)
    return sum(_gather_for(pk, zones.get(pk, settings.TIME_ZONE)) for pk in people)


def _zones(people: Iterable[UUID]) -> dict[UUID, str]:
    """Each person's time zone: that of an organization where they work."""
    seats = Membership.objects.in_force().filter(user_id__in=people, organisation__isnull=False)
    return dict(
        seats.order_by("-created_at", "-pk").values_list("user_id", "organisation__time_zone")
    )


def _gather_for(user_id: UUID, zone: str) -> bool:
    """The notices from before this morning; what was read meanwhile needs no mail."""
    day, morning = _morning(zone)
    with transaction.atomic():
        waiting = Notice.objects.filter(
            user_id=user_id, how=How.DIGEST, gathered_at__isnull=True, created_at__lt=morning
        )
        unread = waiting.filter(read_at__isnull=True).exists()
        if not _take(waiting) or not unread:
            return False
        return _write(user_id, day)


def _take(waiting: QuerySet[Notice]) -> int:
    return waiting.update(gathered_at=clock.now())


def _morning(zone: str) -> tuple[date, datetime]:
    """The newest morning that has come, as its day and its instant."""
    local = clock.now().astimezone(ZoneInfo(zone))
    morning = datetime.combine(local.date(), AT, tzinfo=ZoneInfo(zone))
    if local < morning:
        morning = datetime.combine(_day_before(local.date()), AT, tzinfo=ZoneInfo(zone))
    return morning.date(), morning.astimezone(UTC)


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _write(user_id: UUID, day: date) -> bool:
    now = clock.now()
    Mail.objects.bulk_create(
        [Mail(user_id=user_id, what="digest", link="/notifications/",
              key=f"digest:{day.isoformat()}:{user_id}", created_at=now, next_try_at=now)],
        ignore_conflicts=True,
    )  # fmt: skip
    return True
