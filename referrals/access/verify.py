"""Checking the access log: every link recomputed, and the chain held against its anchor.

What is found, and where: entries edited, deleted, swapped, inserted or dated back, links cut
out or made anew, a tail cut from the chain, lines cut from the anchor. What cannot be found:
an entry deleted in the seconds before it was sealed, and a chain and an anchor that were cut
back to the same point by one who holds both; therefore the anchor belongs on another machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from referrals.access import anchor, chain
from referrals.access.models import AccessEntry, AccessSeal

CHUNK = 5_000
# The sealer runs every five seconds; what waits longer than this is worth a word.
GRACE = timedelta(seconds=60)
# Entries become visible in the order of their transactions' ends, not of their moments.
OUT_OF_ORDER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: what, at which number of the chain, on which entry."""

    kind: str
    number: int | None = None
    entry_id: int | None = None

    def __str__(self) -> str:
        number = "" if self.number is None else f" at number {self.number}"
        entry = "" if self.entry_id is None else f" (entry {self.entry_id})"
        return f"{self.kind}{number}{entry}"


@dataclass(slots=True)
class Report:
    """What verify saw; `faults` in the order of the chain."""

    entries: int = 0
    seals: int = 0
    anchored: int = 0
    waiting: int = 0
    seconds: float = 0.0
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.faults

    @property
    def first(self) -> Fault | None:
        """The fault with the lowest number of the chain; those without a number come last."""
        return min(self.faults, key=_order, default=None)

    @property
    def per_second(self) -> float:
        return self.seals / self.seconds if self.seconds else 0.0


class Link(NamedTuple):
    number: int
    batch: int
    entry_id: int
    previous: str
    hash: str
    sealed_at: str
    at: str | None
    entry: str | None


def verify(*, grace: timedelta = GRACE) -> Report:
    """Check the whole log; entries and batches younger than `grace` may still be on their way."""
    started = time.perf_counter()
    report = Report(entries=AccessEntry.objects.count())
    heads = _anchored(report)
    _walk(report, heads)
    _check_tail(report, heads, grace)
    _check_unsealed(report, grace)
    report.faults.sort(key=_order)
    report.seconds = time.perf_counter() - started
    return report


def _walk(report: Report, heads: dict[int, anchor.Head]) -> None:
    before: Link | None = None
    youngest = ""
    for link in _links():
        _check_place(report, link, before)
        _check_entry(report, link)
        youngest = _check_order(report, link, youngest)
        if before and link.batch != before.batch:
            _check_anchor(report, before, heads)
        before = link
        report.seals += 1
    if before:
        _check_anchor(report, before, heads, last=True)


def _links() -> Iterator[Link]:
    columns = ", ".join(
        (
            "s.number, s.batch, s.entry_id, s.previous_hash, s.hash",
            chain.text_sql(connection, "s", "sealed_at"),
            chain.text_sql(connection, "e", "at"),
            chain.entry_sql(connection, "e"),
        )
    )
    query = (
        f"SELECT {columns} FROM {chain.SEAL_TABLE} s "  # noqa: S608
        f"LEFT JOIN {chain.ENTRY_TABLE} e ON e.id = s.entry_id "
        "WHERE s.number > %s ORDER BY s.number LIMIT %s"
    )
    after = -(2**62)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [after, CHUNK])
            rows = cursor.fetchall()
        yield from map(Link._make, rows)
        if len(rows) < CHUNK:
            return
        after = rows[-1][0]


def _check_entry(report: Report, link: Link) -> None:
    if link.entry is None:
        report.faults.append(Fault("entry deleted", link.number, link.entry_id))
        return
    expected = chain.link_hash(link.number, link.batch, link.previous, link.sealed_at, link.entry)
    if expected != link.hash:
        report.faults.append(Fault("entry or link altered", link.number, link.entry_id))


def _check_order(report: Report, link: Link, youngest: str) -> str:
    if link.at is None:
        return youngest
    if link.at >= youngest:
        return link.at
    if _moment(youngest) - _moment(link.at) > OUT_OF_ORDER:
        report.faults.append(Fault("entry dated back", link.number, link.entry_id))
    return youngest


def _check_place(report: Report, link: Link, before: Link | None) -> None:
    """Number, batch and previous hash follow from the link before."""
    number, batch, previous = (
        (before.number, before.batch, before.hash) if before else (0, 0, chain.GENESIS)
    )
    if link.number != number + 1:
        report.faults.append(Fault("links missing", number + 1))
    elif link.previous != previous:
        report.faults.append(Fault("link does not follow", link.number, link.entry_id))
    if link.batch != batch + 1 and (link.batch != batch or not before):
        report.faults.append(Fault("batches missing", link.number, link.entry_id))


def _check_anchor(
    report: Report, link: Link, heads: dict[int, anchor.Head], last: bool = False
) -> None:
    """Hold the last link of a batch against the anchor."""
    head = heads.get(link.batch)
    if head is None:
        if not last:
            report.faults.append(Fault("anchor line missing", link.number))
    elif head.number > link.number:
        report.faults.append(Fault("tail cut", link.number + 1))
    elif (head.number, head.hash) != (link.number, link.hash):
        report.faults.append(Fault("chain differs from anchor", link.number, link.entry_id))


def _check_tail(report: Report, heads: dict[int, anchor.Head], grace: timedelta) -> None:
    last = AccessSeal.objects.order_by("-number").first()
    batch, number = (last.batch, last.number) if last else (0, 0)
    if any(head.batch > batch for head in heads.values()):
        report.faults.append(Fault("tail cut", number + 1))
    elif last and batch not in heads and timezone.now() - last.sealed_at > grace:
        report.faults.append(Fault("anchor line missing", number))


def _check_unsealed(report: Report, grace: timedelta) -> None:
    bare = AccessEntry.objects.exclude(pk__in=AccessSeal.objects.values("entry_id"))
    report.waiting = bare.count()
    late = bare.filter(at__lt=timezone.now() - grace).order_by("pk")
    report.faults += [
        Fault("entry without a seal", None, pk) for pk in late.values_list("pk", flat=True)
    ]


def _anchored(report: Report) -> dict[int, anchor.Head]:
    """The anchor's heads by batch; of two lines on one batch the first stands."""
    try:
        lines = anchor.heads()
    except anchor.AnchorDamaged as damaged:
        report.faults.append(Fault(f"anchor line {damaged.line} unreadable"))
        return {}
    heads: dict[int, anchor.Head] = {}
    for line in lines:
        kept = heads.setdefault(line.batch, line)
        if (kept.number, kept.hash) != (line.number, line.hash):
            report.faults.append(Fault("anchor lines disagree", line.number))
    report.anchored = len(heads)
    return heads


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _order(fault: Fault) -> tuple[bool, int, int]:
    return (fault.number is None, fault.number or 0, fault.entry_id or 0)
