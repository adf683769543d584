"""The numbers in words, with what each of them means, and the two drawings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from referrals.figures.counting import AGES, FUNNEL, Figures, Length
from referrals.lifecycle import STATES, State

DAY, HOUR = 86400, 3600
LINE, BAR, GAP = 24, 18, 14  # pixels: a line of words, its bar, the room below

STEPS: dict[str, tuple[str, str]] = {
    "sent": ("Sent", "Sent on one of these days."),
    "looked": ("Looked at", "Somebody of the clinic claimed it, asked, or answered."),
    "decided": ("Decided", "Accepted, declined or redirected for the first time."),
    "accepted": ("Accepted", "The first decision was to accept."),
    "booked": ("Appointment booked", "Accepted, and a first appointment was booked."),
    "outcome": ("Outcome sent", "Accepted, and an outcome was sent."),
    "closed": ("Loop closed", "Accepted, outcome sent, and closed by the practice or by itself."),
}
LENGTHS: dict[str, tuple[str, str]] = {
    "to_look": ("First look", "From sending to the first claim, question or answer."),
    "to_decision": ("Decision", "From sending to the first accept, decline or redirect. "
                                "Time spent waiting for the practice counts."),
    "to_booking": ("First appointment", "From sending until the first appointment was booked."),
    "to_outcome": ("Outcome", "From sending until the first outcome was sent."),
    "to_closed": ("Loop closed", "From the last answer (outcome, decline, expiry) to the close."),
}  # fmt: skip
DECISIONS: dict[str, tuple[str, str]] = {
    "accept": ("Accepted", "The first decision was to accept."),
    "decline": ("Declined", "The first decision was to decline."),
    "redirect": ("Redirected", "The first decision was to redirect."),
    "late": ("Declined after acceptance", "Accepted first, declined later. Also under Accepted."),
}
CLASSES = {
    "information": "Information missing", "clinical": "Clinical", "capacity": "Capacity",
    "patient": "The patient's wish", "administrative": "Administrative", "": "No class",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a drawing. Heights are pixels and widths shares of the room there is, so that
    words keep their size on a phone."""

    label: str
    text: str
    words: int
    top: int
    width: str
    parts: tuple[tuple[str, str, str], ...] = ()  # (x, width, tone)


def span(seconds: float | None) -> str:
    """`3.4 days`, `5.0 hours`, `40 minutes`."""
    if seconds is None:
        return "–"
    if seconds >= 2 * DAY:
        return f"{seconds / DAY:.1f} days"
    if seconds >= HOUR:
        return f"{seconds / HOUR:.1f} hours"
    return f"{seconds / 60:.0f} minutes"


def share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


# --- Tables -------------------------------------------------------------------------------------


def _column(label: str, number: bool = False) -> dict[str, Any]:
    return {"label": label, "number": number}


def table(caption: str, columns: list[dict[str, Any]], rows: list[tuple[str, ...]]) -> dict:
    """The shape of components/data_table.html."""
    cells = [
        [{"label": c["label"], "number": c["number"], "text": text}
         for c, text in zip(columns, row, strict=True)]
        for row in rows
    ]  # fmt: skip
    return {"caption": caption, "columns": columns, "rows": cells}


def funnel_table(found: Figures) -> dict:
    columns = [_column("Step"), _column("Referrals", True), _column("Of those sent", True),
               _column("What it means")]  # fmt: skip
    return table("How far they came", columns, [
        (STEPS[name][0], str(found.funnel[name]), share(found.funnel[name], found.sent),
         STEPS[name][1])
        for name in FUNNEL
    ])  # fmt: skip


def length_table(found: Figures) -> dict:
    columns = [_column("Step"), _column("Referrals", True), _column("Half within", True),
               _column("Nine of ten within", True), _column("What it means")]  # fmt: skip
    return table("Time to each step", columns, [
        (label, str(length.count), span(length.median), span(length.ninth), meaning)
        for name, (label, meaning) in LENGTHS.items()
        for length in [_length(found, name)]
    ])  # fmt: skip


def _length(found: Figures, name: str) -> Length:
    return found.lengths[name]


def decision_table(found: Figures) -> dict:
    decided = found.funnel["decided"]
    columns = [_column("Decision"), _column("Referrals", True), _column("Of those decided", True),
               _column("What it means")]  # fmt: skip
    return table("Decisions", columns, [
        (label, str(found.decisions[name]), share(found.decisions[name], decided), meaning)
        for name, (label, meaning) in DECISIONS.items()
    ])  # fmt: skip


def class_table(found: Figures) -> dict:
    whole = sum(n for _, n in found.classes)
    columns = [_column("Class of the reason"), _column("Declined", True), _column("Share", True)]
    return table("Declined, by class of the reason", columns, [
        (CLASSES.get(name, name), str(n), share(n, whole)) for name, n in found.classes
    ])  # fmt: skip


def partner_table(found: Figures, label: str) -> dict:
    columns = [_column(label), _column("Sent", True), _column("Accepted", True),
               _column("Declined", True), _column("Accepted of decided", True)]  # fmt: skip
    return table(f"By {label.lower()}", columns, [
        (name, str(n), str(yes), str(no), share(yes, yes + no))
        for name, n, yes, no in found.partners
    ])  # fmt: skip


def stay_table(found: Figures) -> dict:
    columns = [_column("State"), _column("Stays ended", True), _column("On average", True)]
    return table("Time in each state", columns, [
        (STATES[State(state)].label, str(n), span(mean)) for state, n, mean in found.stays
    ])  # fmt: skip


def age_table(found: Figures) -> dict:
    columns = [_column("State"), *(_column(label, True) for _, label in AGES), _column("All", True)]
    return table("Open now, by time in the state", columns, [
        (STATES[State(state)].label, *map(str, counts), str(sum(counts)))
        for state, counts in _by_state(found)
    ])  # fmt: skip


def _by_state(found: Figures) -> list[tuple[str, list[int]]]:
    return [(state.value, found.ages[state]) for state in State if state in found.ages]


# --- Drawings -----------------------------------------------------------------------------------


def funnel_drawing(found: Figures) -> dict[str, Any]:
    most = max(found.sent, 1)
    bars = [_bar(n, STEPS[name][0], found.funnel[name], most) for n, name in enumerate(FUNNEL)]
    said = ", ".join(f"{STEPS[name][0].lower()} {found.funnel[name]}" for name in FUNNEL)
    return _drawing("funnel", "How far they came", f"One bar for each step: {said}.", bars)


def age_drawing(found: Figures) -> dict[str, Any]:
    rows = _by_state(found)
    most = max((sum(counts) for _, counts in rows), default=1) or 1
    bars = [
        _bar(n, STATES[State(state)].label, sum(counts), most, counts)
        for n, (state, counts) in enumerate(rows)
    ]
    said = "; ".join(f"{STATES[State(s)].label.lower()} {sum(c)}" for s, c in rows)
    told = f"One bar for each state, darker the longer it lasts: {said or 'nothing'}."
    drawn = _drawing("ages", "Open now, by time in the state", told, bars)
    return {**drawn, "legend": [(f"age-{n}", label) for n, (_, label) in enumerate(AGES)]}


def _bar(place: int, label: str, count: int, most: int, parts: list[int] | None = None) -> Bar:
    top = place * (LINE + BAR + GAP)
    cut: list[tuple[str, str, str]] = []
    before = 0
    for n, part in enumerate(parts or []):
        cut.append((_percent(before, most), _percent(part, most), f"age-{n}"))
        before += part
    return Bar(label, str(count), top + LINE - 6, top + LINE, _percent(count, most), tuple(cut))


def _percent(count: int, most: int) -> str:
    return f"{count * 100 / most:.2f}%"


def _drawing(name: str, title: str, told: str, bars: list[Bar]) -> dict[str, Any]:
    return {
        "name": name, "title": title, "told": told, "bars": bars, "bar": BAR,
        "height": max(1, len(bars)) * (LINE + BAR + GAP),
    }  # fmt: skip
