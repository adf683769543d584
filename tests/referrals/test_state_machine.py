"""Random people do random things with right and stale versions; nobody leaves the table."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from integrations.models import Event
from referrals.actors import SYSTEM, Actor, actor_for_partner
from referrals.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Stale
from referrals.lifecycle import MOVE_FOR, Action, State, Target
from referrals.models import Appointment, ContentVersion, Referral, TimelineEntry
from referrals.operations import drafts, moves
from tests.cast import Cast
from tests.walks import draft, inputs

PARTS = (
    "physician", "delegate", "stranger", "coordinator", "clinician", "clinic_admin",
    "other_coordinator", "privacy", "nobody", "partner", "system",
)  # fmt: skip
# Those who can do much are asked more often, so that a walk gets somewhere.
LIKELY = ("physician", "coordinator", "clinician")
ACTIONS = tuple(action for action in Action if action is not Action.CREATE)


class Lifecycle(RuleBasedStateMachine):
    cast: Cast

    @initialize()
    def one_draft(self) -> None:
        self.walk = transaction.atomic()
        self.walk.__enter__()
        self.pk = draft(self.cast).pk
        self.referral = Referral.objects.get(pk=self.pk)

    def teardown(self) -> None:
        """Each walk is one savepoint, undone at its end."""
        transaction.set_rollback(True)
        self.walk.__exit__(None, None, None)

    def actor(self, part: str) -> Actor:
        if part == "system":
            return SYSTEM
        if part == "partner":
            return actor_for_partner(
                slug="ehr", clinic_id=self.cast.clinic.pk, scopes=frozenset({"referrals:write"})
            )
        return self.cast.actor(part)

    @rule(part=st.sampled_from(PARTS), action=st.sampled_from(ACTIONS), stale=st.booleans())
    def anybody_tries_anything(self, part: str, action: Action, stale: bool) -> None:
        self.attempt(part, action, stale=stale)

    @rule(part=st.sampled_from(LIKELY), data=st.data())
    def somebody_does_what_the_state_allows(self, part: str, data: Any) -> None:
        fitting = [a for a in ACTIONS if self.referral.state in MOVE_FOR[a].sources]
        role = {"physician": "rc", "coordinator": "co", "clinician": "cl"}[part]
        fitting = [a for a in fitting if role in MOVE_FOR[a].roles]
        if fitting:
            self.attempt(part, data.draw(st.sampled_from(fitting)), stale=False)

    @rule(part=st.sampled_from(PARTS), reason=st.sampled_from([None, "A typing error."]))
    def somebody_amends(self, part: str, reason: str | None) -> None:
        before = self.snapshot()
        try:
            drafts.change(
                self.pk, by=self.actor(part), data={"request": {"reason": f"Part {part}."}},
                version=self.referral.version, amendment_reason=reason, door="portal",
            )  # fmt: skip
        except (DomainError, ValueError):
            assert self.snapshot() == before
            return
        after = self.fresh()
        assert part in ("physician", "delegate")
        assert (after.state, after.version) == (self.referral.state, self.referral.version + 1)
        assert after.phase in ("draft", *drafts.AMENDABLE)
        self.referral = after

    def attempt(self, part: str, action: Action, *, stale: bool) -> None:
        before, old = self.snapshot(), self.referral
        version = old.version - 1 if stale else old.version
        try:
            moves.perform(
                action, referral_id=self.pk, by=self.actor(part),
                data=inputs(action, self.cast), version=version,
            )  # fmt: skip
        except (NotFound, Forbidden, Stale, Conflict, Invalid):
            assert self.snapshot() == before
            return
        assert not stale
        self.check_move(old, action, before)

    def check_move(self, old: Referral, action: Action, before: dict[str, Any]) -> None:
        new, move = self.fresh(), MOVE_FOR[action]
        assert old.state in move.sources
        asked_only = action is Action.MARK_ERROR and new.state == old.state
        if isinstance(move.target, State) and not asked_only:
            assert new.state == move.target
        if move.target is Target.SAME:
            assert new.state == old.state
        if move.target is Target.PREVIOUS:
            assert new.state == old.state_before_cancel
        assert new.version == old.version + move.bumps_version
        after = self.snapshot()
        told = bool(move.event) and new.submitted_at is not None and not asked_only
        assert after["events"] == before["events"] + told
        assert after["entries"] == before["entries"] + 1
        self.referral = new

    def fresh(self) -> Referral:
        return Referral.objects.get(pk=self.pk)

    def snapshot(self) -> dict[str, Any]:
        """All that a refused attempt must leave as it was."""
        return {
            "row": Referral.objects.filter(pk=self.pk).values().get() | {"duplicate_reason": None},
            "events": Event.objects.filter(subject=self.pk).count(),
            "entries": TimelineEntry.objects.filter(referral_id=self.pk).count(),
            "versions": ContentVersion.objects.filter(referral_id=self.pk).count(),
            "referrals": Referral.objects.count(),
            "appointments": list(
                Appointment.objects.filter(referral_id=self.pk).values_list("pk", "status")
            ),
        }

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        for referral in Referral.objects.all():
            numbers = list(referral.timeline.values_list("number", flat=True))
            assert numbers == list(range(1, len(numbers) + 1))
            sequences = Event.objects.filter(subject=referral.pk).order_by("sequence")
            told = list(sequences.values_list("sequence", flat=True))
            assert told == list(range(1, len(told) + 1))

    @invariant()
    def each_event_has_its_entry(self) -> None:
        named = set(TimelineEntry.objects.exclude(event_id=None).values_list("event_id", flat=True))
        assert named == set(Event.objects.values_list("event_id", flat=True))

    @invariant()
    def an_appointment_is_open_only_where_one_can_be(self) -> None:
        referral = self.fresh()
        booked = referral.appointments.filter(status="booked").count()
        assert booked <= 1
        if referral.state == State.SCHEDULED:
            assert booked == 1
        elif referral.state != State.CANCEL_REQUESTED:
            assert booked == 0


BOUNDS = settings(
    max_examples=100, stateful_step_count=25, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


# The first breach is enough: no shrinking.
CONTROL = settings(BOUNDS, phases=[Phase.generate])


@pytest.fixture
def machine(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> type[Lifecycle]:
    """The machine with one cast for all walks; each walk's own rows are undone."""
    monkeypatch.setattr(Lifecycle, "cast", cast, raising=False)
    return Lifecycle


def test_nobody_leaves_the_table(machine: type[Lifecycle]) -> None:
    run_state_machine_as_test(machine, settings=BOUNDS)


def test_an_illegal_move_would_be_seen(
    machine: type[Lifecycle], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the state check off, a walk leaves the table."""
    monkeypatch.setattr(moves, "_check_state", lambda *_: None)
    with pytest.raises(Exception):  # noqa: B017
        run_state_machine_as_test(machine, settings=CONTROL)
