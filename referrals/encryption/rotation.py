"""Sealing every encrypted column anew under the first key of the ring.

Works in batches of rows, each batch a transaction. What already stands under the first key
is passed over, so a turn that was broken off is taken up by starting it again. A row that
another process saves meanwhile is left to it: that process seals with its own first key, so
the portal has to run with the new ring before the rotation starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connections, models, router, transaction

from referrals.access import triggers
from referrals.encryption import keyring, sealing
from referrals.encryption.errors import CannotOpen
from referrals.encryption.fields import Sealed, SealedFieldMixin

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Rotation:
    """What a turn did: values sealed anew, passed over, left to others, and not openable."""

    resealed: int = 0
    current: int = 0
    overtaken: int = 0
    damaged: list[str] = field(default_factory=list)


def encrypted_models() -> Iterator[tuple[type[models.Model], list[SealedFieldMixin]]]:
    """Every model that has its own table with encrypted columns."""
    for model in apps.get_models():
        columns = [f for f in model._meta.local_fields if isinstance(f, SealedFieldMixin)]
        if columns and model._meta.managed:
            yield model, columns


def rotate(*, batch: int = 500, progress: Progress | None = None) -> Rotation:
    """Seal everything anew; LostKey, naming the key's id, for a key that is not in the ring."""
    result = Rotation()
    for model, columns in encrypted_models():
        total = model._base_manager.count()
        done = 0
        for rows in _batches(model, columns, batch):
            _rotate_rows(model, columns, rows, result)
            done += len(rows)
            if progress:
                progress(model._meta.db_table, done, total)
    return result


def _batches(
    model: type[models.Model], columns: list[SealedFieldMixin], size: int
) -> Iterator[list[tuple[Any, ...]]]:
    names = ["pk", *(c.attname for c in columns)]
    rows = model._base_manager.order_by("pk").values_list(*names)
    found = list(rows[:size])
    while found:
        yield found
        found = list(rows.filter(pk__gt=found[-1][0])[:size])


def _rotate_rows(
    model: type[models.Model],
    columns: list[SealedFieldMixin],
    rows: list[tuple[Any, ...]],
    result: Rotation,
) -> None:
    alias = router.db_for_write(model)
    with transaction.atomic(using=alias), _permission(model, alias):
        for key, *values in rows:
            for column, value in zip(columns, values, strict=True):
                if isinstance(value, Sealed):
                    _rotate_value(column, key, value.stored, alias, result)


def _permission(model: type[models.Model], alias: str) -> AbstractContextManager[None]:
    table = model._meta.db_table
    if table in triggers.guarded_tables(connections[alias]):
        return triggers.lifted(table)
    return nullcontext()


def _rotate_value(
    column: SealedFieldMixin, key: Any, stored: str, alias: str, result: Rotation
) -> None:
    if sealing.key_id_of(stored) == keyring.current().active:
        result.current += 1
        return
    table = column.model._meta.db_table
    place = sealing.place_of(table, str(column.column), str(key))
    try:
        fresh = sealing.seal_text(place, sealing.open_text(place, stored))
    except CannotOpen:
        result.damaged.append(place)
        return
    if _replace(column, key, stored, fresh, alias):
        result.resealed += 1
    else:
        result.overtaken += 1


def _replace(column: SealedFieldMixin, key: Any, old: str, new: str, alias: str) -> bool:
    """Swap the sealed text only if it is still the one that was read."""
    connection = connections[alias]
    meta = column.model._meta
    quote = connection.ops.quote_name
    table, name, pk = (quote(str(n)) for n in (meta.db_table, column.column, meta.pk.column))
    statement = f"UPDATE {table} SET {name} = %s WHERE {pk} = %s AND {name} = %s"  # noqa: S608
    row = meta.pk.get_db_prep_value(key, connection)
    with connection.cursor() as cursor:
        cursor.execute(statement, [new, row, old])
        return cursor.rowcount == 1
