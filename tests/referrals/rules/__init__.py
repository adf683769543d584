"""Tests of the rules; `TODAY` is the day on which each case is looked at."""

from datetime import date, timedelta

TODAY = date(2026, 11, 23)


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def entry(name, *, days=0, **parts):
    """One instrument's entry, done `days` before TODAY; None leaves the date out."""
    when = {} if days is None else {"administered_on": ago(days)}
    return {"instrument": name, **when, **parts}


def cssrs(level, **kwargs):
    return entry("c-ssrs", level=level, **kwargs)


def item9(answer, **kwargs):
    return entry("phq-9", item9=answer, **kwargs)


def phq9(total, item=0, **kwargs):
    return entry("phq-9", total=total, item9=item, **kwargs)


def peg(*items, **kwargs):
    return entry("peg", items=list(items), **kwargs)


def with_instruments(*entries, **sections):
    return {"instruments": list(entries), **sections}
