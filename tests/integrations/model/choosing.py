"""How the relay finds what to publish, while transactions commit in any order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

ROWS = 4


class Table(NamedTuple):
    """Ids are given in order; rows are seen from their commit on, in any order."""

    given: int = 0
    seen: frozenset[int] = frozenset()
    sent: frozenset[int] = frozenset()
    cursor: int = 0


def moves(*, by_cursor: bool):  # type: ignore[no-untyped-def]
    def of(table: Table) -> Iterator[tuple[str, Table]]:
        if table.given < ROWS:
            yield f"take id {table.given + 1}", table._replace(given=table.given + 1)
        for row in sorted(set(range(1, table.given + 1)) - table.seen):
            yield f"commit {row}", table._replace(seen=table.seen | {row})
        found = {row for row in table.seen - table.sent if not by_cursor or row > table.cursor}
        if found:
            cursor = max(table.cursor, *found)
            yield f"send {sorted(found)}", table._replace(sent=table.sent | found, cursor=cursor)

    return of


def stuck(table: Table) -> str:
    """Nothing moves any more: then all must have been sent."""
    left = table.seen - table.sent
    return f"never sent {sorted(left)}" if left else ""
