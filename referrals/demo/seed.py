"""Seeding: the demo's people, then its stories, act by act in the order of time.

All of it is one transaction: a seed that is interrupted leaves nothing behind.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from integrations import partners
from integrations.models import Partner
from referrals import clock, ladder
from referrals.access import sealer
from referrals.actors import Actor, actor_for_partner
from referrals.clocks import watch
from referrals.demo import days, people, plan
from referrals.demo.people import Cast
from referrals.demo.story import Setting, Steps
from referrals.models import Mail, Notice, Organisation, Referral

SEED = 20260105
PARTNER, PARTNER_CLINIC = "ehr-demo", "apopka"
SECRET = "tandem-demo-secret"  # noqa: S105 - the demo's public secret, as documented
SCOPES = ("referrals:read", "referrals:write", "events:read")

Register = Callable[[Partner, str, tuple[str, ...]], object]
Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Seeded:
    referrals: int
    acts: int


def is_there() -> bool:
    return Organisation.objects.filter(slug__in=[row[1] for row in people.ORGANISATIONS]).exists()


def seed(*, register_client: Register, report: Report = lambda share: None) -> Seeded:
    """Create the demo as of now. `register_client` makes the partner's OAuth client.

    `report` is told the share that is done, from 0 to 1.
    """
    now = clock.now()
    rng = random.Random(SEED)  # noqa: S311 - demo data, the same each time
    with transaction.atomic():
        with clock.at(now - timedelta(days=150)):
            cast = people.assemble(now.astimezone(days.ZONE).date())
            partner = _partner(cast, register_client)
        setting = Setting(cast, days.Calendar(now), partner)
        acts = _live(list(plan.tell_all(setting, rng)), setting, report)
        _tell_the_past(now)
    sealer.seal_all()
    return Seeded(referrals=Referral.objects.count(), acts=acts)


def _partner(cast: Cast, register_client: Register) -> Actor:
    """The clinic's EHR. It is there before the first referral, so it is owed every event."""
    clinic = cast.organisations[PARTNER_CLINIC]
    partner = partners.register(
        slug=PARTNER, name="Demo EHR", scope_key=clinic.pk, client_id=PARTNER
    )
    register_client(partner, SECRET, SCOPES)
    return actor_for_partner(slug=PARTNER, clinic_id=clinic.pk, scopes=frozenset(SCOPES))


def _live(stories: list[Steps], setting: Setting, report: Report) -> int:
    """Run all stories side by side, up to now; returns the number of acts."""
    queue: list[tuple[datetime, int, Steps]] = []
    for number, story in enumerate([*stories, _timers(setting)]):
        _go_on(story, number, queue, setting)
    first, acts = queue[0][0], 0
    while queue:
        moment, number, story = heapq.heappop(queue)
        report((moment - first) / (setting.calendar.now - first))
        with clock.at(moment):
            _go_on(story, number, queue, setting)
        acts += 1
    return acts


def _go_on(
    story: Steps, number: int, queue: list[tuple[datetime, int, Steps]], setting: Setting
) -> None:
    """Let the story do what is due and wait for its next moment, if that is not after now."""
    moment = next(story, None)
    if moment is not None and moment <= setting.calendar.now:
        heapq.heappush(queue, (moment, number, story))


def _timers(setting: Setting) -> Steps:
    """What the portal does by itself, each morning: clocks, reminders, expiry, closing."""
    for moment in days.mornings(setting.calendar.ago(66), setting.calendar.now):
        yield moment
        watch.ring()
        for step in ladder.STEPS:
            step()


def _tell_the_past(now: datetime) -> None:
    """The past's mails were sent in the past, and its news read; two days' news are new."""
    Mail.objects.all().delete()
    Notice.objects.update(gathered_at=now)
    Notice.objects.filter(created_at__lt=now - timedelta(days=2)).update(read_at=now)
