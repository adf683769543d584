"""How long each clock runs: the defaults of the clinical reference, 10.3, or a clinic's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from referrals.models import Organisation

ByPriority = Mapping[str, int]

WALL = ("p0", "p1")  # in hours on the wall clock, never paused
BUSINESS = ("p2", "p3")  # in business days of the clinic, paused while the practice is asked
TRIAGE: ByPriority = {"p0": 1, "p1": 24, "p2": 2, "p3": 3}
OFFER: ByPriority = {"p0": 24, "p1": 48, "p2": 5, "p3": 10}
MOST_HOURS, MOST_DAYS = 24 * 14, 365


@dataclass(frozen=True, slots=True)
class Limits:
    """`first_look`, `decision` and `appointment` by priority: hours for P0 and P1, business
    days for P2 and P3. The others are days of the calendar, but `information_days`, which
    are business days."""

    first_look: ByPriority = field(default_factory=lambda: dict(TRIAGE))
    decision: ByPriority = field(default_factory=lambda: dict(TRIAGE))
    appointment: ByPriority = field(default_factory=lambda: dict(OFFER))
    outcome_days: int = 30
    loop_days: int = 14
    information_days: int = 7
    close_days: int = 30

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


BY_PRIORITY = ("first_look", "decision", "appointment")
PLAIN = tuple(f.name for f in fields(Limits) if f.name not in BY_PRIORITY)


def limits_of(clinic: Organisation) -> Limits:
    """The clinic's own limits, and the defaults for what it has not set."""
    stored = getattr(clinic, "clock_limits", None)
    return from_dict(stored.limits) if stored is not None else Limits()


def from_dict(given: Mapping[str, Any]) -> Limits:
    defaults = Limits()
    said: dict[str, Any] = {name: given[name] for name in PLAIN if name in given}
    for name in BY_PRIORITY:
        said[name] = {**getattr(defaults, name), **given.get(name, {})}
    return Limits(**said)


def problems(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(pointer, what is wrong) for each limit that is none."""
    found: list[tuple[str, str]] = []
    for name, value in given.items():
        if name in BY_PRIORITY and isinstance(value, Mapping):
            found += [
                (f"/{name}/{code}", words)
                for code, number in value.items()
                if (words := _problem(number, MOST_HOURS if code in WALL else MOST_DAYS, code))
            ]
        elif name not in PLAIN:
            found.append((f"/{name}", "This is not one of the clocks."))
        elif words := _problem(value, MOST_DAYS, "p3"):
            found.append((f"/{name}", words))
    return found


def _problem(value: Any, most: int, code: str) -> str:
    if code not in (*WALL, *BUSINESS):
        return "This is not one of the priorities."
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        return f"Give a whole number from 1 to {most}."
    return ""
