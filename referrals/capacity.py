"""How much of a service a clinic can give at once and in a week, and how long one waits for it.

The two bounds are the clinic's own and count only where it set them. A booking asks under a
lock on the service's row, so that two bookings of the last slot cannot both be the last.
"""

from __future__ import annotations

import statistics
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Min, QuerySet

from referrals import clock
from referrals.models import Appointment, AppointmentStatus, Organisation, Service

LOOK_BACK = timedelta(days=90)
FEWEST = 5  # fewer first appointments than this say nothing about the usual wait
FULL_WEEK = "All {slots} slots of that week are taken ({service}). Choose another week."
FULL_HOUR = "That time is taken ({service}). Choose another one."


def problem(
    service: Service, start: datetime, end: datetime, *, besides: UUID | None = None
) -> str | None:
    """Why this time cannot be booked, or None. `besides` is the referral that is booking.

    Call it in the transaction that books: the service's row stays locked until its end.
    """
    locked = Service.objects.select_for_update().select_related("clinic").get(pk=service.pk)
    if locked.at_once is not None:
        taken = booked(locked, start, end).exclude(referral=besides)
        spans = [(a.start, a.end) for a in taken]
        if most_at_once([*spans, (start, end)]) > locked.at_once:
            return FULL_HOUR.format(service=locked.name)
    if locked.slots_per_week is not None:
        first, last = week_of(locked.clinic, start)
        if starting(locked, first, last, besides) >= locked.slots_per_week:
            return FULL_WEEK.format(slots=locked.slots_per_week, service=locked.name)
    return None


def booked(service: Service, start: datetime, end: datetime) -> QuerySet[Appointment]:
    """The booked appointments of this service that touch the span."""
    return Appointment.objects.filter(
        referral__service=service, status=AppointmentStatus.BOOKED, start__lt=end, end__gt=start
    )


def starting(service: Service, first: datetime, last: datetime, besides: UUID | None = None) -> int:
    """How many slots of the span are used: booked, kept or missed, but not given back."""
    used = (AppointmentStatus.BOOKED, AppointmentStatus.KEPT, AppointmentStatus.MISSED)
    rows = Appointment.objects.filter(
        referral__service=service, status__in=used, start__gte=first, start__lt=last
    )
    return rows.exclude(referral=besides, status=AppointmentStatus.BOOKED).count()


def most_at_once(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """The largest number of spans that run at one moment; one may start as another ends."""
    steps = sorted(
        (moment, step) for start, end in spans for moment, step in ((start, 1), (end, -1))
    )
    most = running = 0
    for _, step in steps:
        running += step
        most = max(most, running)
    return most


def week_of(clinic: Organisation, moment: datetime) -> tuple[datetime, datetime]:
    """The clinic's week around a moment, Monday to Monday on its own calendar."""
    zone = zoneinfo.ZoneInfo(clinic.time_zone)
    day = moment.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    return _midnight(monday, zone), _midnight(monday + timedelta(days=7), zone)


def _midnight(day: date, zone: zoneinfo.ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone)


@dataclass(frozen=True, slots=True)
class Week:
    """How full one week is."""

    monday: date
    used: int
    slots: int


def weeks_ahead(service: Service, *, count: int = 4) -> list[Week]:
    """How full the coming weeks are; empty where the clinic set no number of slots."""
    if service.slots_per_week is None:
        return []
    found = []
    first, last = week_of(service.clinic, clock.now())
    for _ in range(count):
        used = starting(service, first, last)
        found.append(Week(first.date(), used, service.slots_per_week))
        first, last = week_of(service.clinic, last + timedelta(hours=1))
    return found


# --- The wait -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wait:
    """From sending to the first appointment, in days. `of` is 0 where the clinic says so."""

    days: int
    of: int

    @property
    def is_measured(self) -> bool:
        return self.of > 0


def usual_wait(service: Service) -> Wait | None:
    """The median of the last 90 days, or what the clinic states; None where neither is there."""
    now = clock.now()
    firsts = (
        Appointment.objects.filter(referral__service=service, start__lte=now)
        .exclude(status__in=(AppointmentStatus.MOVED, AppointmentStatus.CANCELLED))
        .order_by()
        .values("referral_id", "referral__submitted_at")
        .annotate(first=Min("start"))
        .filter(first__gte=now - LOOK_BACK, referral__submitted_at__isnull=False)
    )
    days = [(row["first"] - row["referral__submitted_at"]).days for row in firsts]
    if len(days) >= FEWEST:
        return Wait(round(statistics.median(days)), len(days))
    if service.stated_wait_days is not None:
        return Wait(service.stated_wait_days, 0)
    return None
