"""The one way in which a referral changes: row, timeline, event, evidence, in one commit.

The change is a conditional update on id, state and version that must touch exactly one row.
Of two people who decide at the same moment one wins and the other is told; that holds on
PostgreSQL and on SQLite, where row locks do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models

from referrals import access, clock, events
from referrals.actors import Actor, ActorKind, Role
from referrals.clocks import running
from referrals.errors import Stale
from referrals.figures import noting
from referrals.lifecycle import MOVE_FOR, Action, Move, State, Target
from referrals.models import Priority, Referral, TimelineEntry

RANKED = MOVE_FOR[Action.CHANGE_PRIORITY]


@dataclass(slots=True)
class Change:
    """What one move does beside its state: columns to set, and what is said of it.

    `detail` is sealed on the timeline. `reason_class`, `late`, `again` and `replaces` also
    go into the event.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict, repr=False)
    reason_class: str = ""
    late: bool = False
    again: bool = False
    replaces: UUID | None = None
    target: State | None = None
    changed: list[str] | None = None
    successor: Referral | None = None
    event: str | None = None  # "" tells nobody
    found_by: list[str] = field(default_factory=list)  # the rules that made it more urgent
    told_as: str | None = None  # another row of the table of notifications than the event's


def apply(
    referral: Referral,
    move: Move,
    change: Change,
    *,
    by: Actor,
    role: Role,
    door: str,
    action: str | None = None,
) -> TimelineEntry:
    """Make the change. Raises `Stale` when the row is not what it was; nothing is left then."""
    action = action or move.action.value
    now = clock.now()
    before, urgency = State(referral.state), referral.priority
    after = change.target or _target(move, referral)
    columns: dict[str, Any] = {**change.columns, "updated_at": now}
    if move.bumps_version:
        columns["version"] = models.F("version") + 1
    if after is not before:
        columns |= {"state": after, "state_since": now}
    _update(referral, columns)
    rose = before is not State.DRAFT and referral.priority < urgency
    if rose and move is RANKED:
        change.told_as = _who_hears(referral)
    entry = _remember(referral, move, change, before, by=by, role=role, action=action)
    if rose and move is not RANKED:
        _remember_rise(referral, change.found_by, by=by, role=role)
    running.follow(referral)  # the clocks look at the timeline too
    access.record(by=by, verb="move", referral_id=referral.pk, door=door, detail={"action": action})
    return entry


def _who_hears(referral: Referral) -> str | None:
    """The row of a raised priority: at P1 a clinician's review is due within a day."""
    return "urgent" if referral.priority == Priority.P1 else None


def _remember_rise(referral: Referral, rules: list[str], *, by: Actor, role: Role) -> None:
    """A priority that rose with something else has an entry, an event and a notice of its own."""
    rise = Change(
        detail={"priority": str(referral.priority), "rules": rules}, told_as=_who_hears(referral)
    )
    state, action = State(referral.state), RANKED.action.value
    _remember(referral, RANKED, rise, state, by=by, role=role, action=action)


def _target(move: Move, referral: Referral) -> State:
    if isinstance(move.target, State):
        return move.target
    if move.target is Target.PREVIOUS:
        return State(referral.state_before_cancel)
    return State(referral.state)


def _update(referral: Referral, columns: dict[str, Any]) -> None:
    # Seen through the version that was decided on: no row, no move.
    touched = Referral.objects.filter(
        pk=referral.pk, state=referral.state, version=referral.version
    ).update(**columns)
    if touched != 1:
        current = Referral.objects.filter(pk=referral.pk).values_list("version", flat=True).first()
        raise Stale(current_version=current or 0)
    referral.refresh_from_db(fields=list(columns))


def _remember(
    referral: Referral,
    move: Move,
    change: Change,
    before: State,
    *,
    by: Actor,
    role: Role,
    action: str,
) -> TimelineEntry:
    now = clock.now()
    event = None
    name = move.event if change.event is None else change.event
    if name and referral.submitted_at is not None:
        event = events.tell(
            name, referral, by=by, role=role, occurred_at=now,
            previous_state=before if before != referral.state else None,
            reason_class=change.reason_class, changed=change.changed, late=change.late,
            again=change.again or move.again, replaces=change.replaces,
            told_as=change.told_as,
        )  # fmt: skip
    return write_entry(
        referral, action, before=before, by=by, role=role, change=change,
        again=change.again or move.again, event_id=event.event_id if event else None,
    )  # fmt: skip


def write_entry(
    referral: Referral,
    action: str,
    *,
    before: str,
    by: Actor,
    role: Role,
    change: Change,
    again: bool = False,
    event_id: UUID | None = None,
) -> TimelineEntry:
    """One timeline row; its number follows the last under the referral's lock."""
    last = referral.timeline.aggregate(last=models.Max("number"))["last"] or 0
    entry = TimelineEntry.objects.create(
        referral=referral,
        number=last + 1,
        action=action,
        from_state=before,
        to_state=referral.state,
        version=referral.version,
        actor_kind=by.kind,
        actor_user_id=by.user_id,
        actor_partner=by.partner_slug or "",
        actor_name=by.name,
        actor_role=role,
        on_behalf_of_id=referral.referring_clinician_id if role is Role.RD else None,
        reason_class=change.reason_class,
        detail=change.detail or None,
        automatic=by.kind is ActorKind.SYSTEM,
        late=change.late,
        again=again,
        event_id=event_id,
        occurred_at=clock.now(),
    )
    noting.note(referral, entry)
    return entry


def lock(referral_id: UUID) -> Referral:
    """The referral with its row locked until the transaction ends (PostgreSQL).

    Two statements: one that waited for the lock would see the row afresh, but the joined
    content as it was before the wait.
    """
    Referral.objects.select_for_update().only("pk").get(pk=referral_id)
    return Referral.objects.select_related(
        "practice", "clinic", "service", "content", "referring_clinician__clinician"
    ).get(pk=referral_id)


__all__ = ["Action", "Change", "apply", "lock", "write_entry"]
