"""The usual wait and the slots of a service in words."""

from __future__ import annotations

from portal.presenters import words
from referrals import capacity
from referrals.models import Service


def usual(service: Service | None) -> str:
    """`Usually about 3 weeks from sending to the first appointment (12 in the last 90 days).`"""
    wait = capacity.usual_wait(service) if service else None
    if wait is None:
        return ""
    basis = (
        f"median of {wait.of} in the last {capacity.LOOK_BACK.days} days"
        if wait.is_measured
        else "as the clinic states"
    )
    return f"Usually {length(wait.days)} from sending to the first appointment ({basis})."


def length(days: int) -> str:
    """`the same day`, `about 9 days`, `about 3 weeks`."""
    if days < 1:
        return "the same day"
    if days < 14:
        return f"about {words.count(days, 'day')}"
    return f"about {words.count(round(days / 7), 'week')}"


def weeks(service: Service | None) -> str:
    """`Slots taken: 4 of 6 in the week of Mon, Nov 23, 2026; …`, or nothing."""
    found = capacity.weeks_ahead(service) if service else []
    if not found:
        return ""
    listed = "; ".join(f"{w.used} of {w.slots} in the week of {words.day(w.monday)}" for w in found)
    return f"Slots taken: {listed}."
