"""What people read: dates, clocks, turns, states and priorities in words.

Nothing here decides anything; it only finds the word, the tone and the icon for a value
that the domain hands over. Every tone comes with a word and an icon, so that color never
carries a meaning alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from referrals import clock as domain_clock
from referrals.lifecycle.states import STATES, State, Turn

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Words:
    """A value as people read it. `tone` is a CSS suffix, `icon` a name in the sprite."""

    text: str
    tone: str
    icon: str
    detail: str = ""


# --- Dates ---------------------------------------------------------------------------------


def day(value: date) -> str:
    """`Mon, Nov 23, 2026`; a datetime is read as the date that it shows."""
    return f"{value:%a, %b} {value.day}, {value.year}"


def zone(name: str | None = None) -> ZoneInfo:
    return ZoneInfo(name or settings.TIME_ZONE)


def place_of(time_zone: str) -> str:
    """`New York` of `America/New_York`: a zone as people know it."""
    return time_zone.rpartition("/")[2].replace("_", " ")


def time_of_day(value: datetime) -> str:
    """`2:05 PM EST`, of an aware datetime in its own zone."""
    hour = value.hour % 12 or 12
    return f"{hour}:{value:%M} {value:%p} {value.tzname()}"


def moment(value: datetime, *, time_zone: str | None = None, now: datetime | None = None) -> str:
    """`Mon, Nov 23, 2026, 2:05 PM EST (2 hours ago)`."""
    local = value.astimezone(zone(time_zone))
    return f"{day(local)}, {time_of_day(local)} ({ago(value, now=now)})"


def short_moment(value: datetime, *, time_zone: str | None = None) -> str:
    """`Nov 23, 2:05 PM`: for rows, where the whole date stands in the title."""
    local = value.astimezone(zone(time_zone))
    return f"{local:%b} {local.day}, {local.hour % 12 or 12}:{local:%M} {local:%p}"


def count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def up_to(number: int, most: int) -> str | int:
    """A number that was counted up to `most` and no further: `999+`."""
    return number if number < most else f"{most - 1}+"


def span(seconds: float) -> str:
    """A length of time in its largest whole unit: `3 days`, `2 hours`, `5 minutes`."""
    for size, unit in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= size:
            return count(int(seconds // size), unit)
    return "less than a minute"


def ago(value: datetime, *, now: datetime | None = None) -> str:
    """`2 hours ago` or `in 3 days`, from the domain's clock."""
    seconds = ((now or domain_clock.now()) - value).total_seconds()
    if abs(seconds) < MINUTE:
        return "just now"
    return f"{span(seconds)} ago" if seconds > 0 else f"in {span(-seconds)}"


def age(born: date, *, on: date | None = None) -> int:
    """Whole years."""
    today = on or domain_clock.now().astimezone(zone()).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


ORIGINS = {"paper": "on paper", "fax": "by fax", "phone": "by phone"}


def origin_words(origin: str) -> str:
    """`by fax`; nothing for what was written in the portal or sent by the API."""
    return ORIGINS.get(origin, "")


# --- Clocks ---------------------------------------------------------------------------------


def clock_words(
    due: datetime | None,
    *,
    now: datetime | None = None,
    paused: bool = False,
    met: bool = False,
) -> Words:
    """A clock in words: `1 day left`, `due in 3 h`, `overdue 3 h`, `paused`, `met`."""
    if met:
        return Words("met", "done", "check")
    if paused:
        return Words("paused", "quiet", "pause")
    if due is None:
        return Words("no clock", "quiet", "minus")
    left = due - (now or domain_clock.now())
    if left < timedelta(0):
        return Words(f"overdue {short_span(-left)}", "late", "alert")
    return Words(f"{short_span(left)} left", "soon" if left <= timedelta(days=1) else "ok", "clock")


def short_span(length: timedelta) -> str:
    """`3 h`, `2 days`, `40 min`; hours up to two days, so that a breach is not rounded away."""
    seconds = length.total_seconds()
    if seconds >= 2 * DAY or seconds == DAY:
        return count(int(seconds // DAY), "day")
    if seconds >= HOUR:
        return f"{int(seconds // HOUR)} h"
    return f"{max(1, int(seconds // MINUTE))} min"


# --- States, turns, priorities ----------------------------------------------------------------

STATE_LOOKS: dict[State, tuple[str, str]] = {
    State.DRAFT: ("draft", "pencil"),
    State.SUBMITTED: ("sent", "send"),
    State.IN_REVIEW: ("review", "eye"),
    State.INFO_REQUESTED: ("waiting", "question"),
    State.ACCEPTED: ("accepted", "check"),
    State.WAITLISTED: ("accepted", "hourglass"),
    State.SCHEDULED: ("accepted", "calendar"),
    State.IN_CARE: ("care", "rings"),
    State.COMPLETED: ("outcome", "report"),
    State.CLOSED: ("ended", "check"),
    State.DECLINED: ("declined", "cross"),
    State.CANCEL_REQUESTED: ("waiting", "stop"),
    State.CANCELLED: ("ended", "stop"),
    State.REDIRECTED: ("ended", "forward"),
    State.UNABLE_TO_COMPLETE: ("ended", "minus"),
    State.EXPIRED: ("declined", "hourglass"),
    State.ENTERED_IN_ERROR: ("ended", "cross"),
}


def state_words(state: State | str, side: Turn | str = Turn.NOBODY) -> Words:
    """The state's name for the reader's side (`practice` or `clinic`), with its look."""
    known = State(state)
    tone, icon = STATE_LOOKS[known]
    info = STATES[known]
    return Words(info.words(Turn(side or Turn.NOBODY)), tone, icon, info.meaning)


PRIORITIES: dict[str, Words] = {
    "p0": Words("Act now", "p0", "alert", "Immediate danger"),
    "p1": Words("Urgent", "p1", "up", "Within one day"),
    "p2": Words("Expedited", "p2", "clock", "Sooner than routine"),
    "p3": Words("Routine", "p3", "minus", "In turn"),
}


def priority_words(priority: str) -> Words:
    return PRIORITIES[str(priority).lower()]


def turn_words(state: State | str, side: Turn | str = Turn.NOBODY) -> Words:
    """Whose turn it is, seen from `side`; an unknown side reads the neutral words."""
    turn = STATES[State(state)].turn
    if turn is Turn.NOBODY:
        return Words("Nothing to do", "quiet", "check")
    if turn == side:
        return Words("Your turn", "yours", "turn")
    return Words(f"{turn.value.title()}'s turn", "theirs", "hourglass")


def from_iso(value: str) -> datetime:
    """An aware datetime of an RFC 3339 text; one without an offset is read as UTC."""
    parsed = datetime.fromisoformat(value)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
