"""Ways to falsify the access log, for one who holds the database, each with what must be named.

A tampering takes a random source and the number of links, falsifies, and returns the numbers
of the chain one of which must be the first fault's (empty: an entry without a number).
"""

import random
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from referrals.access import anchor, chain, sealer
from referrals.access.models import AccessEntry, AccessSeal
from referrals.access.sealer import moment_text

BATCH = 20


def edit_entry(dice: random.Random, links: int) -> set[int]:
    seal = _any(dice, links)
    entry = AccessEntry.objects.get(pk=seal.entry_id)
    column, value = dice.choice(
        [
            ("verb", "list"),
            ("user_id", "8"),
            ("actor_kind", "system"),
            ("partner_slug", "ehr"),
            ("roles", "co"),
            ("door", "api"),
            ("referral_id", uuid.uuid4()),
            ("referral_id", None),
            ("organisation_id", uuid.uuid4()),
            ("organisation_id", None),
            ("request_id", "other"),
            ("address", "198.51.100.7"),
            ("detail", '{"version":9999}'),
            ("at", entry.at + timedelta(microseconds=1)),
        ]
    )
    assert getattr(entry, column) != value
    AccessEntry.objects.filter(pk=entry.pk).update(**{column: value})
    return {seal.number}


def move_text_between_columns(dice: random.Random, links: int) -> set[int]:
    """The joined text stays the same length and the letters stay the same."""
    seal = _any(dice, links)
    entry = AccessEntry.objects.get(pk=seal.entry_id)
    AccessEntry.objects.filter(pk=entry.pk).update(
        verb=entry.verb[:-1], door=entry.verb[-1] + entry.door
    )
    return {seal.number}


def delete_entry(dice: random.Random, links: int) -> set[int]:
    seal = _any(dice, links)
    AccessEntry.objects.filter(pk=seal.entry_id).delete()
    return {seal.number}


def delete_entry_and_link(dice: random.Random, links: int) -> set[int]:
    seal = _any(dice, links - 1)
    AccessEntry.objects.filter(pk=seal.entry_id).delete()
    AccessSeal.objects.filter(pk=seal.number).delete()
    return {seal.number}


def delete_and_close_the_gap(dice: random.Random, links: int) -> set[int]:
    """Take one out and give its number to the next ones, as if it had never been."""
    seal = _any(dice, links - 1)
    AccessEntry.objects.filter(pk=seal.entry_id).delete()
    AccessSeal.objects.filter(pk=seal.number).delete()
    for number in range(seal.number + 1, links + 1):
        AccessSeal.objects.filter(pk=number).update(number=number - 1)
    return {seal.number}


def swap_entries(dice: random.Random, links: int) -> set[int]:
    one, other = sorted(dice.sample(range(1, links + 1), 2))
    first, second = AccessSeal.objects.get(pk=one), AccessSeal.objects.get(pk=other)
    AccessSeal.objects.filter(pk=one).update(entry_id=-1)
    AccessSeal.objects.filter(pk=other).update(entry_id=first.entry_id)
    AccessSeal.objects.filter(pk=one).update(entry_id=second.entry_id)
    return {one}


def swap_contents(dice: random.Random, links: int) -> set[int]:
    one, other = sorted(dice.sample(range(1, links + 1), 2))
    first, second = (
        AccessEntry.objects.get(pk=AccessSeal.objects.get(pk=n).entry_id) for n in (one, other)
    )
    for row, source in ((first.pk, second), (second.pk, first)):
        AccessEntry.objects.filter(pk=row).update(
            at=source.at, referral_id=source.referral_id, detail=source.detail
        )
    return {one}


def date_back(dice: random.Random, links: int) -> set[int]:
    seal = _any(dice, links)
    entry = AccessEntry.objects.get(pk=seal.entry_id)
    earlier = entry.at - timedelta(seconds=dice.randint(1, 10**7))
    AccessEntry.objects.filter(pk=entry.pk).update(at=earlier)
    return {seal.number}


def insert_unsealed(dice: random.Random, links: int) -> set[int]:
    _forged(at=timezone.now() - timedelta(days=dice.randint(1, 300)))
    return set()


def insert_dated_back_and_let_it_be_sealed(dice: random.Random, links: int) -> set[int]:
    entry = _forged(at=timezone.now() - timedelta(hours=dice.randint(1, 5000)))
    _append_link(entry)
    return {links + 1}


def insert_in_the_middle(dice: random.Random, links: int) -> set[int]:
    """Make room at a number and link the forged entry in with a right hash of its own."""
    number = dice.randint(2, links)
    for later in range(links, number - 1, -1):
        AccessSeal.objects.filter(pk=later).update(number=later + 1)
    before = AccessSeal.objects.get(pk=number - 1)
    _link(_forged(at=before.sealed_at), number, before.batch, before.hash)
    return {number, number + 1}


def edit_link(dice: random.Random, links: int) -> set[int]:
    seal = _any(dice, links)
    column, value = dice.choice(
        [
            ("hash", "f" * 64),
            ("previous_hash", "e" * 64),
            ("sealed_at", seal.sealed_at + timedelta(seconds=1)),
            ("batch", seal.batch + 1),
        ]
    )
    AccessSeal.objects.filter(pk=seal.number).update(**{column: value})
    return {seal.number, seal.number + 1}


def edit_and_make_the_chain_anew(dice: random.Random, links: int) -> set[int]:
    """Edit, then recompute every hash to the end: only the anchor can tell."""
    seal = _any(dice, links)
    AccessEntry.objects.filter(pk=seal.entry_id).update(user_id="8")
    previous = seal.previous_hash
    for number in range(seal.number, links + 1):
        row = AccessSeal.objects.get(pk=number)
        AccessSeal.objects.filter(pk=number).delete()
        entry = AccessEntry.objects.get(pk=row.entry_id)
        previous = _link(entry, number, row.batch, previous, sealed_at=row.sealed_at).hash
    # The anchor knows the batch, so the fault is named at the end of the falsified batch.
    return {-(-seal.number // BATCH) * BATCH}


def cut_tail(dice: random.Random, links: int) -> set[int]:
    keep = links - dice.randint(1, links - 1)
    gone = AccessSeal.objects.filter(number__gt=keep)
    AccessEntry.objects.filter(pk__in=list(gone.values_list("entry_id", flat=True))).delete()
    gone.delete()
    return {keep + 1}


def cut_everything(dice: random.Random, links: int) -> set[int]:
    AccessSeal.objects.all().delete()
    AccessEntry.objects.all().delete()
    return {1}


def cut_anchor(dice: random.Random, links: int) -> set[int]:
    lines = anchor.path().read_bytes().splitlines(keepends=True)
    gone = dice.randint(0, len(lines) - 1)
    kept = lines[:gone] + (lines[gone + 1 :] if dice.random() < 0.5 else [])
    anchor.path().write_bytes(b"".join(kept))
    return {(gone + 1) * BATCH}


def edit_anchor(dice: random.Random, links: int) -> set[int]:
    lines = anchor.path().read_text().splitlines(keepends=True)
    place = dice.randint(0, len(lines) - 1)
    lines[place] = lines[place].replace('"hash":"', '"hash":"0')
    anchor.path().write_text("".join(lines))
    return {(place + 1) * BATCH}


WITHOUT_SEALS: list[Callable[[random.Random, int], set[int]]] = [
    edit_entry,
    move_text_between_columns,
    delete_entry,
    swap_contents,
    date_back,
]
ALL = [
    *WITHOUT_SEALS,
    delete_entry_and_link,
    delete_and_close_the_gap,
    swap_entries,
    insert_unsealed,
    insert_dated_back_and_let_it_be_sealed,
    insert_in_the_middle,
    edit_link,
    edit_and_make_the_chain_anew,
    cut_tail,
    cut_everything,
    cut_anchor,
    edit_anchor,
]


def _any(dice: random.Random, links: int) -> AccessSeal:
    return AccessSeal.objects.get(pk=dice.randint(1, links))


def _forged(**columns: object) -> AccessEntry:
    return AccessEntry.objects.create(
        **{"actor_kind": "person", "user_id": "8", "verb": "read", "door": "portal", **columns}
    )


def _append_link(entry: AccessEntry) -> AccessSeal:
    last = AccessSeal.objects.order_by("-number").first()
    assert last is not None
    seal = _link(entry, last.number + 1, last.batch + 1, last.hash)
    anchor.append(sealer._head(seal))
    return seal


def _link(entry: AccessEntry, number: int, batch: int, previous: str, sealed_at=None) -> AccessSeal:
    from django.db import connection

    sealed_at = sealed_at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {chain.entry_sql(connection, 'e')} FROM {chain.ENTRY_TABLE} e "  # noqa: S608
            "WHERE e.id = %s",
            [entry.pk],
        )
        text = cursor.fetchone()[0]
    return AccessSeal.objects.create(
        number=number,
        batch=batch,
        entry_id=entry.pk,
        previous_hash=previous,
        hash=chain.link_hash(number, batch, previous, moment_text(sealed_at), text),
        sealed_at=sealed_at,
    )
