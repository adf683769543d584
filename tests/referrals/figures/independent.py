"""The numbers once more, from the timeline alone, by other means than the portal's own."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Any

from referrals.models import Organisation, TimelineEntry

DECIDED = {"accepted": "accept", "declined": "decline", "redirected": "redirect"}
GONE = {"completed", "declined", "expired", "closed", "cancelled", "redirected",
        "unable_to_complete"}  # fmt: skip


def stories(organisation: Organisation) -> list[list[TimelineEntry]]:
    """The timeline of each referral that was sent, from sending on."""
    side = str(organisation.kind)
    rows = TimelineEntry.objects.filter(**{f"referral__{side}": organisation})
    by_referral: dict[Any, list[TimelineEntry]] = defaultdict(list)
    for row in rows.select_related("referral__practice", "referral__clinic").order_by("number"):
        by_referral[row.referral_id].append(row)
    found = []
    for story in by_referral.values():
        sent = [n for n, row in enumerate(story) if row.action == "submit"]
        if sent and story[-1].to_state != "entered_in_error":
            found.append(story[sent[0] :])
    return found


def count(organisation: Organisation, first: datetime, last: datetime) -> dict[str, Any]:
    everything = stories(organisation)
    sent = [story for story in everything if first <= story[0].occurred_at < last]
    other = "practice" if str(organisation.kind) == "clinic" else "clinic"
    return {
        "sent": len(sent),
        "left": sum(first <= at < last for story in everything if (at := _first(story, GONE))),
        "lengths": {name: _quantiles(sent, how) for name, how in LENGTHS.items()},
        "decisions": Counter(d for story in sent if (d := _decision(story))),
        "late": sum(_decision(s) == "accept" and _first(s, {"declined"}) is not None
                    for s in sent),
        "classes": Counter(_declines(s)[-1].reason_class for s in sent if _declines(s)),
        "partners": Counter(getattr(s[0].referral, other).name for s in sent),
        "stays": _stays(everything, first, last),
    }  # fmt: skip


def _first(story: list[TimelineEntry], states: set[str]) -> datetime | None:
    return next((r.occurred_at for r in story
                 if r.to_state in states and r.from_state != r.to_state), None)  # fmt: skip


def _decision(story: list[TimelineEntry]) -> str | None:
    return next((DECIDED[r.to_state] for r in story if r.to_state in DECIDED
                 and r.from_state != r.to_state), None)  # fmt: skip


def _declines(story: list[TimelineEntry]) -> list[TimelineEntry]:
    return [row for row in story if row.action == "decline"]


def _look(story: list[TimelineEntry]) -> datetime | None:
    return next((r.occurred_at for r in story if r.from_state == "submitted"
                 and r.to_state not in ("submitted", "cancelled")), None)  # fmt: skip


def _since_sent(states: set[str]) -> Any:
    def length(story: list[TimelineEntry]) -> float | None:
        at = _first(story, states)
        return None if at is None else (at - story[0].occurred_at).total_seconds()

    return length


def _to_look(story: list[TimelineEntry]) -> float | None:
    at = _look(story)
    return None if at is None else (at - story[0].occurred_at).total_seconds()


def _to_closed(story: list[TimelineEntry]) -> float | None:
    closed = next((n for n, r in enumerate(story) if r.to_state == "closed"
                   and r.from_state != "closed"), None)  # fmt: skip
    if closed is None:
        return None
    answers = [r for r in story[:closed] if r.to_state in ("completed", "declined", "expired")
               and r.from_state != r.to_state]  # fmt: skip
    return (story[closed].occurred_at - answers[-1].occurred_at).total_seconds()


LENGTHS = {
    "to_look": _to_look,
    "to_decision": _since_sent(set(DECIDED)),
    "to_booking": _since_sent({"scheduled"}),
    "to_outcome": _since_sent({"completed"}),
    "to_closed": _to_closed,
}


def _quantiles(sent: list[list[TimelineEntry]], how: Any) -> tuple[int, int | None, int | None]:
    lengths = sorted(int(n) for story in sent if (n := how(story)) is not None)
    if not lengths:
        return 0, None, None
    return len(lengths), lengths[(len(lengths) - 1) // 2], lengths[ceil(0.9 * len(lengths)) - 1]


def _stays(
    everything: list[list[TimelineEntry]], first: datetime, last: datetime
) -> dict[str, tuple[int, float]]:
    spent: dict[str, list[int]] = defaultdict(list)
    for story in everything:
        steps = [r for r in story if r.from_state != r.to_state]
        for here, there in pairwise(steps):
            if first <= there.occurred_at < last:
                lasted = there.occurred_at - here.occurred_at
                spent[here.to_state].append(int(lasted.total_seconds()))
    return {state: (len(n), sum(n) / len(n)) for state, n in spent.items()}
