"""The worklist with few and with many referrals: the time of a page, and how rows are found."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.ground import Row, compare, seconds
from referrals import clock, references
from referrals.lifecycle import State
from referrals.models import Referral, ReferralContent
from tests.cast import Cast
from tests.walks import referral_at

FEW, MANY, VISITS = 200, 20_000, 15
ADDRESS = "/worklist/"


def measure(cast: Cast) -> list[Row]:
    coordinator = Client()
    coordinator.force_login(cast.coordinator)
    # A patient of their own: a second open referral of the same one is asked about.
    model = referral_at(State.SUBMITTED, cast, patient={"given_name": "Oriel"})
    few = _visits_with(model, FEW, coordinator)
    many = _visits_with(model, MANY, coordinator)
    queries, found_by = _looked_at(coordinator)
    note = f"{queries} queries; {found_by}; {sorted(many)[VISITS // 2] * 1000:.0f} ms"
    return [
        compare(f"worklist page, {MANY} / {FEW} referrals", sorted(many), sorted(few),
                n=f"{VISITS} visits each", note=note)
    ]  # fmt: skip


def _visits_with(model: Referral, count: int, visitor: Client) -> list[float]:
    _fill(model, count)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    _visit(visitor)
    return [seconds(lambda: _visit(visitor)) for _ in range(VISITS)]


def _visit(visitor: Client) -> None:
    assert visitor.get(ADDRESS).status_code == 200


def _fill(model: Referral, count: int) -> None:
    """Copies of one referral, spread over states, priorities and due times, up to `count`."""
    dice = random.Random(count)
    content = ReferralContent.objects.get(referral=model)
    patient = content.patient
    missing = count - Referral.objects.count()
    rows = [_copy(model, dice) for _ in range(missing)]
    Referral.objects.bulk_create(rows, batch_size=2000)
    ReferralContent.objects.bulk_create(
        [ReferralContent(referral=row, patient=patient) for row in rows], batch_size=2000
    )


def _copy(model: Referral, dice: random.Random) -> Referral:
    fields = {f.attname: getattr(model, f.attname) for f in Referral._meta.concrete_fields}
    return Referral(
        **{
            **fields,
            "id": uuid.UUID(int=dice.getrandbits(128), version=4),
            "reference": references.draw(),
            "state": dice.choice([State.SUBMITTED, State.IN_REVIEW, State.CLOSED]),
            "priority": dice.choice(["p1", "p2", "p3"]),
            "due_at": clock.now() + timedelta(minutes=dice.randrange(-5000, 50000)),
            "replaces_id": None,
        }
    )


def _looked_at(visitor: Client) -> tuple[int, str]:
    """How many queries a visit makes, and whether one of them reads the whole table for rows."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        _visit(visitor)
    rows = [
        q["sql"] for q in captured if "LIMIT 26" in q["sql"] and "referrals_referral" in q["sql"]
    ]
    plans = [_plan(sql) for sql in rows]
    scanned = any("Seq Scan on referrals_referral " in plan for plan in plans)
    return len(captured), "rows by sequential scan" if scanned or not plans else "rows by index"


def _plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())
