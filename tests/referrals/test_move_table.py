"""Every state × action × actor: what the table allows works, everything else is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from integrations.models import Event
from referrals import clock
from referrals.actors import SYSTEM, Actor, Role, actor_for_partner
from referrals.errors import Conflict, DomainError, Forbidden, NotFound
from referrals.lifecycle import ALL_MOVES, MOVE_FOR, MOVES, Action, State, Target
from referrals.lifecycle.inputs import INPUTS
from referrals.models import Referral, TimelineEntry
from referrals.operations import moves
from referrals.operations.effects import EFFECTS
from referrals.operations.guards import GUARDS
from referrals.permissions import available_actions
from tests.cast import Cast
from tests.referrals.lifecycle_page import PAGE
from tests.walks import inputs, referral_at

# part: the role in which it stands on the cast's referral; None: it may not know of it.
PARTS: dict[str, Role | None] = {
    "physician": Role.RC, "delegate": Role.RD, "practice_admin": None, "stranger": None,
    "coordinator": Role.CO, "clinician": Role.CL, "clinic_admin": Role.CA,
    "other_coordinator": None, "other_clinician": None, "privacy": None, "nobody": None,
    "partner": Role.PS, "other_partner": None, "system": Role.SY,
}  # fmt: skip
ACTIONS = [a for a in Action if a is not Action.CREATE]


def actor(cast: Cast, part: str) -> Actor:
    if part == "system":
        return SYSTEM
    if part.endswith("partner"):
        clinic = cast.clinic if part == "partner" else cast.other_clinic
        return actor_for_partner(
            slug="ehr", clinic_id=clinic.pk, scopes=frozenset({"referrals:write"})
        )
    return cast.actor(part)


@contextmanager
def undone() -> Iterator[None]:
    """A move that happens and is taken back, so that the next one starts from the same row."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def expected(state: State, action: Action, part: str) -> type[DomainError] | None:
    role = PARTS[part]
    if role is None or (state is State.DRAFT and part not in ("physician", "delegate", "system")):
        return NotFound
    move = MOVE_FOR[action]
    if role not in move.roles:
        return Forbidden
    if state not in move.sources:
        return Conflict
    if part == "system" and (action, state) in AUTOMATIC_REFUSALS:
        return Conflict
    if action is Action.REOPEN and state is State.CLOSED:
        return None
    return None


# The timers' own guards: not yet overdue; the clinic still owes an answer.
AUTOMATIC_REFUSALS = {
    (Action.EXPIRE, State.INFO_REQUESTED),
    (Action.CLOSE, State.DECLINED),
    (Action.CLOSE, State.EXPIRED),
}


def attempt(referral: Referral, action: Action, cast: Cast, part: str) -> type[DomainError] | None:
    before = Event.objects.count(), TimelineEntry.objects.count()
    with undone():
        try:
            result = moves.perform(
                action, referral_id=referral.pk, by=actor(cast, part),
                data=inputs(action, cast), version=referral.version, door="portal",
            )  # fmt: skip
        except DomainError as problem:
            assert (Event.objects.count(), TimelineEntry.objects.count()) == before
            return type(problem)
        check_effect(referral, result, action, before)
    return None


def check_effect(
    old: Referral, result: moves.MoveResult, action: Action, before: tuple[int, int]
) -> None:
    new, move = result.referral, MOVE_FOR[action]
    asked_only = action is Action.MARK_ERROR and new.state == old.state
    if isinstance(move.target, State) and not asked_only:
        assert new.state == move.target
    if move.target is Target.SAME:
        assert new.state == old.state
    assert new.version == old.version + (1 if move.bumps_version else 0)
    told = move.event is not None and new.submitted_at is not None and not asked_only
    successors = 2 if action is Action.REDIRECT else int(told)
    assert Event.objects.count() - before[0] == successors
    assert TimelineEntry.objects.count() - before[1] == (2 if action is Action.REDIRECT else 1)


@pytest.mark.parametrize("state", list(State))
def test_every_action_by_everyone(state: State, cast: Cast) -> None:
    referral = referral_at(state, cast)
    if state is State.SCHEDULED:
        assert referral.appointments.filter(status="booked").count() == 1
    with clock.at(clock.now()):
        cells = [
            (action, part, attempt(referral, action, cast, part), expected(state, action, part))
            for action in ACTIONS
            for part in PARTS
        ]
    odd = [cell for cell in cells if cell[2] is not cell[3] and not _needs_more(cell)]
    assert not odd
    assert len(cells) == len(ACTIONS) * len(PARTS)


def _needs_more(cell: tuple) -> bool:
    """Moves whose own guard needs more than one step; each has its own test elsewhere."""
    action = cell[0]
    return action is Action.REVIEW_FLAG and cell[3] is None and cell[2].__name__ == "Invalid"


def test_buttons_are_the_moves_that_work(cast: Cast) -> None:
    for n, state in enumerate((State.SUBMITTED, State.IN_REVIEW, State.COMPLETED)):
        referral = referral_at(state, cast, patient={"birth_date": f"1980-01-0{n + 1}"})
        for part in ("physician", "delegate", "coordinator", "clinician", "clinic_admin"):
            shown = set(available_actions(referral, actor(cast, part)))
            works = {a for a in ACTIONS if expected(state, a, part) is None}
            assert shown == works, (state, part)


@pytest.mark.parametrize("action", sorted(PAGE))
def test_the_table_says_what_the_page_says(action: str) -> None:
    sources, target, who, event = PAGE[action]
    move = MOVE_FOR[Action(action)]
    assert {s.value for s in move.sources} == set(sources.split())
    assert move.target.value == {"back": "previous"}.get(target, target)
    assert {r.value for r in move.roles} == set(who.split())
    assert move.event == event


def test_the_table_is_complete() -> None:
    assert {m.action.value for m in MOVES} == set(PAGE)
    assert {m.action for m in ALL_MOVES} == set(ACTIONS)
    named = {guard for move in ALL_MOVES for guard in move.guards}
    assert named == set(GUARDS)
    assert set(INPUTS) <= set(ACTIONS)
    assert set(EFFECTS) <= set(ACTIONS)
    assert all(move.label and move.consequence for move in ALL_MOVES)


def test_an_illegal_move_would_be_seen(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with the state check off, a refused move goes through."""
    monkeypatch.setattr(moves, "_check_state", lambda *_: None)
    referral = referral_at(State.SUBMITTED, cast)
    assert attempt(referral, Action.WAITLIST, cast, "coordinator") is None
