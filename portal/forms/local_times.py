"""Times on the wall that a clock change skips or shows twice."""

from __future__ import annotations

from datetime import UTC, datetime

from portal.presenters import words

SKIPPED = "The clocks go forward past this time on that night. Choose a time that exists."
TWICE = "The clocks go back on that night, and this time comes twice. Choose which one you mean."


def is_skipped(typed: datetime) -> bool:
    """True for a wall time that its zone never shows: it does not survive the way to UTC."""
    back = typed.astimezone(UTC).astimezone(typed.tzinfo)
    return back.replace(tzinfo=None) != typed.replace(tzinfo=None)


def is_twice(typed: datetime) -> bool:
    return not is_skipped(typed) and (
        typed.replace(fold=0).utcoffset() != typed.replace(fold=1).utcoffset()
    )


def choices(typed: datetime) -> list[tuple[str, str]]:
    """`1:30 AM EDT, the first time` and `1:30 AM EST, the second time`."""
    return [
        (str(fold), f"{words.time_of_day(typed.replace(fold=fold))}, the {name} time")
        for fold, name in ((0, "first"), (1, "second"))
    ]
