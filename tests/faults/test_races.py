"""Two people decide at the same moment: one wins, the other is told, nothing is half done.

On PostgreSQL, since SQLite lets one writer in at a time and would prove nothing. Each race is
run again with the guard taken out, and that run has to go wrong.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from integrations import command_keys
from integrations.models import CommandKey, Event
from referrals import capacity
from referrals.actors import Actor
from referrals.errors import Conflict, DomainError, Stale
from referrals.lifecycle import Action, State
from referrals.models import Appointment, Referral, Service, TimelineEntry
from referrals.operations import moves, partner_systems, transition
from tests.cast import Cast, assemble
from tests.integrations.signed import KEY, NEXT, signing
from tests.walks import inputs, referral_at

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]
ROUNDS = 200


def race(*attempts: Callable[[], Any]) -> list[str]:
    """Run all at once, each on a connection of its own; what became of each."""
    barrier = threading.Barrier(len(attempts))
    outcomes: list[str] = []

    def one(attempt: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            attempt()
            outcomes.append("won")
        except DomainError as problem:
            outcomes.append(type(problem).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


def mover(referral: Referral, action: Action, by: Actor, data: dict) -> Callable[[], Any]:
    return lambda: moves.perform(
        action, referral_id=referral.pk, by=by, data=data, version=referral.version, door="api"
    )


def back_to(referral: Referral) -> None:
    """Put the row back for the next round; the history of earlier rounds stays."""
    Referral.objects.filter(pk=referral.pk).update(
        state=referral.state, version=referral.version, accepted_at=None, accepted_by=None,
        expected_by=None, reviewer_id=referral.reviewer_id,
    )  # fmt: skip


def two_coordinators_accept(
    cast: Cast, referral: Referral, rounds: int
) -> Counter[tuple[str, ...]]:
    data = inputs(Action.ACCEPT, cast)
    first, second = cast.actor("coordinator"), cast.actor("second_coordinator")
    seen: Counter[tuple[str, ...]] = Counter()
    for _ in range(rounds):
        outcomes = race(
            mover(referral, Action.ACCEPT, first, data),
            mover(referral, Action.ACCEPT, second, data),
        )
        seen[tuple(sorted(outcomes))] += 1
        back_to(referral)
    return seen


def test_exactly_one_of_two_coordinators_accepts() -> None:
    cast = assemble()
    seen = two_coordinators_accept(cast, referral_at(State.IN_REVIEW, cast), ROUNDS)
    losers = {("Stale", "won"), ("Conflict", "won")}
    assert set(seen) <= losers, seen
    assert sum(seen.values()) == ROUNDS
    accepted = TimelineEntry.objects.filter(action="accept").count()
    assert accepted == Event.objects.filter(type="tandem.referral.accepted.v1").count() == ROUNDS


def last_slot(cast: Cast) -> list[Callable[[], Any]]:
    """Two coordinators book the same hour for two patients; the service has one chair."""
    Service.objects.filter(clinic=cast.clinic).update(at_once=1)
    data = inputs(Action.SCHEDULE, cast)
    names = ("Quintrell", "Okonkwo-Reyes")
    both = [referral_at(State.ACCEPTED, cast, patient={"family_name": n}) for n in names]
    people = (cast.actor("coordinator"), cast.actor("second_coordinator"))
    return [mover(r, Action.SCHEDULE, p, data) for r, p in zip(both, people, strict=True)]


def free_the_slot() -> None:
    """Each attempt names the version that it was drawn from: both rows go back to it."""
    Appointment.objects.all().delete()
    for row in Referral.objects.all():
        first = row.timeline.get(action="accept").version
        Referral.objects.filter(pk=row.pk).update(state=State.ACCEPTED, version=first)


def test_the_last_slot_is_booked_once() -> None:
    cast = assemble()
    attempts = last_slot(cast)
    for _ in range(40):
        assert sorted(race(*attempts)) == ["Invalid", "won"]
        assert Appointment.objects.count() == 1
        free_the_slot()


def test_without_the_lock_the_last_slot_is_booked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: both look, both find it free, both book."""
    cast = assemble()
    attempts = last_slot(cast)
    wait = threading.Barrier(2)
    looked = capacity.booked

    def look(*args: Any) -> Any:
        found = list(looked(*args))
        wait.wait(10)
        return looked(*args).none() if not found else looked(*args)

    monkeypatch.setattr(capacity, "booked", look)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **k: self.all())
    assert race(*attempts) == ["won", "won"]
    assert Appointment.objects.count() == 2


def test_check_then_act_accepts_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the lock and the conditional update both win."""

    def unlocked(referral_id: Any) -> Referral:
        return Referral.objects.select_related("practice", "clinic", "service", "content").get(
            pk=referral_id
        )

    def unconditional(referral: Referral, columns: dict) -> None:
        wait.wait(10)
        Referral.objects.filter(pk=referral.pk).update(**columns)
        referral.refresh_from_db(fields=list(columns))

    cast = assemble()
    referral = referral_at(State.IN_REVIEW, cast)
    wait = threading.Barrier(2)
    wins: list[Any] = []
    monkeypatch.setattr(transition, "lock", unlocked)
    monkeypatch.setattr(transition, "_update", unconditional)
    monkeypatch.setattr(transition, "_remember", lambda *a, **k: wins.append(1))
    seen = two_coordinators_accept(cast, referral, 5)
    assert seen == {("won", "won"): 5}


@pytest.mark.parametrize(
    ("state", "one", "other"),
    [
        (State.SUBMITTED, (Action.CLAIM, "coordinator"), (Action.CANCEL, "physician")),
        (State.IN_REVIEW, (Action.ACCEPT, "coordinator"), (Action.CANCEL, "physician")),
        (State.IN_REVIEW, (Action.ACCEPT, "coordinator"), (Action.DECLINE, "clinician")),
        (State.ACCEPTED, (Action.SCHEDULE, "coordinator"), (Action.REQUEST_CANCEL, "physician")),
        (State.COMPLETED, (Action.CLOSE, "physician"), (Action.REOPEN, "clinician")),
    ],
)
def test_of_two_different_moves_one_wins(state: State, one: tuple, other: tuple) -> None:
    cast = assemble()
    for n in range(10):
        referral = referral_at(state, cast, patient={"birth_date": f"1970-01-{n + 1:02d}"})
        before = TimelineEntry.objects.filter(referral=referral).count()
        outcomes = race(
            *(mover(referral, a, cast.actor(p), inputs(a, cast)) for a, p in (one, other))
        )
        assert sorted(outcomes) in (["Conflict", "won"], ["Stale", "won"])
        assert TimelineEntry.objects.filter(referral=referral).count() == before + 1


def test_the_errors_are_the_promised_ones() -> None:
    assert (Stale.status, Conflict.status) == (412, 409)


# --- The last key of a partner -------------------------------------------------------------------


def two_retire(cast: Cast, slug: str) -> tuple[list[str], int]:
    """Both keys of a partner that has to sign, at once; the outcomes, and how many are left."""
    partner = signing(KEY, NEXT, slug=slug, audience=cast.clinic.pk)
    by = cast.actor("clinic_admin")
    keys = CommandKey.objects.filter(partner=partner)
    outcomes = race(
        *(
            partial(partner_systems.retire_command_key, partner, pk, by=by, door="portal")
            for pk in keys.values_list("pk", flat=True)
        )
    )
    return sorted(outcomes), keys.active().count()


def test_the_last_key_is_not_retired_while_signatures_are_required() -> None:
    cast = assemble()
    for n in range(10):
        assert two_retire(cast, f"ehr-{n}") == (["Conflict", "won"], 1)


def test_without_the_lock_both_keys_are_retired(monkeypatch: pytest.MonkeyPatch) -> None:
    both_have_looked = threading.Barrier(2, timeout=10)

    def now() -> Any:
        both_have_looked.wait()
        return timezone.now()

    monkeypatch.setattr(command_keys, "_locked", lambda partner: partner)
    cast = assemble()
    monkeypatch.setattr(command_keys, "timezone", SimpleNamespace(now=now))
    assert two_retire(cast, "ehr") == (["won", "won"], 0)
