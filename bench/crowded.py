"""Lists, searches and numbers with few and with very many referrals: time, queries, plans."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import crowd
from bench.ground import Row, compare, seconds
from referrals.lifecycle import State
from referrals.models import Referral
from tests.cast import Cast
from tests.walks import referral_at

FEW, MANY, VISITS = 1000, int(os.environ.get("BENCH_CROWD", "100000")), 5


@dataclass(frozen=True)
class Look:
    """One page as somebody opens it; `most` is what it may take with very many, in seconds."""

    name: str
    open: Callable[[], Any]
    most: float = 1.0


def looks(cast: Cast, model: Referral) -> list[Look]:
    coordinator, doctor = Client(), Client()
    coordinator.force_login(cast.coordinator)
    doctor.force_login(cast.physician)
    patient = {"given_name": "Oriel", "family_name": "Quintrell", "birth_date": "1979-04-12"}
    clinician = Client()
    clinician.force_login(cast.clinician)
    folders = ("unclaimed", "mine", "waiting-on-me", "waiting", "to-schedule", "upcoming",
               "in-care", "overdue", "all")  # fmt: skip
    listed = [Look(f"worklist, {f}", _get(coordinator, "/worklist/", folder=f)) for f in folders]
    return [
        *listed,
        Look("worklist, what waits on a clinician",
             _get(clinician, "/worklist/", folder="waiting-on-me")),
        Look("worklist, latest first",
             _get(coordinator, "/worklist/", folder="all", sort="latest")),
        Look("worklist, longest in its state",
             _get(coordinator, "/worklist/", folder="all", sort="oldest")),
        Look("worklist, page after page", _deep(coordinator)),
        Look("worklist, one reference", _get(coordinator, "/worklist/", reference=model.reference)),
        Look("worklist, one practice",
             _get(coordinator, "/worklist/", folder="all", practice=str(cast.practice.pk))),
        Look("exact patient", lambda: coordinator.post("/worklist/search/", patient)),
        Look("practice's home", _get(doctor, "/")),
        Look("practice's list", _get(doctor, "/referrals/")),
        Look("practice's list, what runs out", _get(doctor, "/referrals/", sort="due")),
        Look("practice's list, a folder",
             _get(doctor, "/referrals/", folder="waiting", sort="oldest")),
        Look("numbers, 90 days", _get(coordinator, "/numbers/")),
        Look("numbers, two years", _get(coordinator, "/numbers/", first="2025-01-01",
                                        last="2027-01-01")),
    ]  # fmt: skip


def _get(client: Client, address: str, **query: str) -> Callable[[], Any]:
    return lambda: client.get(address, query)


def _deep(client: Client) -> Callable[[], Any]:
    """Some pages further: a cursor is as quick as the first page."""

    def look() -> Any:
        answer = client.get("/worklist/", {"folder": "all"})
        for _ in range(3):
            (there,) = re.findall(r'rel="next" href="([^"]+)"', answer.content.decode())
            answer = client.get(unescape(there))
        return answer

    return look


def measure(cast: Cast) -> list[Row]:
    model = referral_at(State.IN_REVIEW, cast, patient={"given_name": "Oriel"})
    crowd.make(model, FEW)
    few = {look.name: _visits(look) for look in looks(cast, model)}
    crowd.make(model, MANY)
    return [_row(look, few[look.name]) for look in looks(cast, model)]


def _visits(look: Look) -> list[float]:
    assert look.open().status_code == 200, look.name
    return sorted(seconds(look.open) for _ in range(VISITS))


def _row(look: Look, few: list[float]) -> Row:
    many = _visits(look)
    queries, scans = looked_at(look)
    middle = many[VISITS // 2]
    note = f"{middle * 1000:.0f} ms, {queries} queries, rows read whole: {scans or 'none'}"
    late = "" if middle <= look.most else " TOO SLOW"
    return compare(f"{look.name}, {MANY} / {FEW}", many, few, n=f"{VISITS} visits each",
                   note=note + late, target=f"{look.most:.0f} s")  # fmt: skip


def looked_at(look: Look) -> tuple[int, str]:
    """How many queries a look makes, and which big tables one of them reads whole."""
    with CaptureQueriesContext(connection) as captured:
        look.open()
    selects = [q["sql"] for q in captured if q["sql"].startswith("SELECT")]
    read = {table for sql in selects for table in TABLES if f"Seq Scan on {table}" in plan(sql)}
    return len(captured), ", ".join(sorted(read))


TABLES = (
    "referrals_referral ", "referrals_timelineentry", "referrals_referralcontent",
    "referrals_notice", "referrals_referralclock",
)  # fmt: skip


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())
