"""Pages of rows by the last row seen: no page counts the rows before it, and none is skipped.

A cursor holds the values of the ordering columns of one row, which are never about a patient.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy

from integrations import base64url


@dataclass(frozen=True, slots=True)
class Column:
    """One ordering column. `nulls`: it may have some, and they come last; `down` is newest
    first."""

    name: str
    down: bool = False
    is_time: bool = False
    nulls: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in reading order, and the cursors of its two ends (None: nothing lies there)."""

    rows: list[Any]
    before: str | None
    after: str | None


def page(
    rows: QuerySet[Any],
    columns: tuple[Column, ...],
    *,
    size: int,
    after: str = "",
    before: str = "",
) -> Page:
    """One page after or before a cursor; a cursor that cannot be read means the first page."""
    start = _read(after or before, columns)
    back = bool(before) and not after and start is not None
    found = rows.order_by(*(_order(c, back) for c in columns))
    if start is not None:
        found = found.filter(_beyond(columns, start, back))
    listed = list(found[: size + 1])
    more, listed = len(listed) > size, listed[:size]
    if back:
        listed.reverse()
    # Coming from somewhere means that there is something on the other side.
    earlier = more if back else start is not None
    later = True if back else more
    ends = (_write(listed[0], columns), _write(listed[-1], columns)) if listed else ("", "")
    return Page(listed, ends[0] if listed and earlier else None,
                ends[1] if listed and later else None)  # fmt: skip


def order(column: Column) -> OrderBy:
    """The column as an ordering, forwards."""
    return _order(column, back=False)


def _order(column: Column, back: bool) -> OrderBy:
    f = F(column.name)
    if not column.nulls:  # said of a column without nulls, it would keep indexes from serving
        return f.desc() if column.down is not back else f.asc()
    if column.down is not back:
        return f.desc(nulls_first=True) if back else f.desc(nulls_last=True)
    return f.asc(nulls_first=True) if back else f.asc(nulls_last=True)


def _beyond(columns: tuple[Column, ...], start: list[Any], back: bool) -> Q:
    """Rows that come after `start` in the order (before it, going back)."""
    found, same = Q(pk__in=[]), Q()
    for column, value in zip(columns, start, strict=True):
        further = _further(column, value, back)
        if further is not None:
            found |= same & further
        same &= (
            Q(**{f"{column.name}__isnull": True}) if value is None else Q(**{column.name: value})
        )
    return found & _not_before(columns[0], start[0], back)


def _not_before(first: Column, value: Any, back: bool) -> Q:
    """Follows from the rest, and lets an index begin where the page begins."""
    if first.nulls or value is None:
        return Q()
    return Q(**{f"{first.name}__{'gte' if first.down is back else 'lte'}": value})


def _further(column: Column, value: Any, back: bool) -> Q | None:
    if value is None:
        return Q(**{f"{column.name}__isnull": False}) if back else None
    sign = "gt" if column.down is back else "lt"
    further = Q(**{f"{column.name}__{sign}": value})
    if back or not column.nulls:
        return further
    return further | Q(**{f"{column.name}__isnull": True})


def _write(row: Any, columns: tuple[Column, ...]) -> str:
    values = [getattr(row, column.name) for column in columns]
    texts = [v.isoformat() if isinstance(v, datetime) else v and str(v) for v in values]
    return base64url.encode(json.dumps(texts).encode())


def _read(cursor: str, columns: tuple[Column, ...]) -> list[Any] | None:
    if not cursor or len(cursor) > 400:
        return None
    try:
        values = json.loads(base64url.decode(cursor))
        return [_value(c, v) for c, v in zip(columns, values, strict=True)]
    except (ValueError, TypeError):
        return None


def _value(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError(column.name)
    if not column.is_time:
        return str(UUID(value)) if column.name == "id" else value
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(column.name)
    return moment
