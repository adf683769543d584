"""Dead letters of a partner: what its queues gave up on, listed, sent again or thrown away.

An event that died is sent again from the outbox, a command that died is stored in the inbox;
only then is the letter taken out of its queue.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from integrations.discarding import REASONS
from integrations.inbox.batches import store_batch
from integrations.models import Delivery, DeliveryStatus, Partner
from integrations.rabbitmq import dead_letters
from integrations.rabbitmq.dead_letters import DeadLetter
from referrals.actors import Actor
from referrals.errors import Conflict
from referrals.operations import partner_systems


@dataclass(frozen=True)
class Counted:
    """What became of the letters that were meant."""

    done: int
    left: int


def look(partner: Partner, kind: str, *, url: str, by: Actor) -> list[DeadLetter]:
    """The letters of one kind (events, commands), oldest first."""
    partner_systems.find(partner.pk, by=by)
    return dead_letters.look(url, partner.slug, kind)


def requeue(
    partner: Partner, kind: str, *, ids: Collection[str], url: str, by: Actor, door: str
) -> Counted:
    """Send these again, or all where `ids` is empty. What is not ours to send stays."""
    partner_systems.find(partner.pk, by=by)
    again = _deliver_again if kind == "events" else _take_in

    def take_out(letter: DeadLetter) -> bool:
        return _is_meant(letter, ids) and again(partner, letter, by, door)

    return _counted(partner, kind, ids, url, take_out)


def discard(
    partner: Partner,
    kind: str,
    *,
    ids: Collection[str],
    reason: str,
    url: str,
    by: Actor,
    door: str,
) -> Counted:
    """Throw these away, or all where `ids` is empty, for one of REASONS."""
    partner_systems.find(partner.pk, by=by)
    if reason not in REASONS:
        raise Conflict("Say why: one of " + ", ".join(REASONS) + ".")

    def take_out(letter: DeadLetter) -> bool:
        if not _is_meant(letter, ids):
            return False
        # Written down first: a letter that is gone without an entry would be worse than two.
        partner_systems.note(
            "dead_letter_discard", partner, by=by, door=door, kind=kind, reason=reason
        )
        return True

    return _counted(partner, kind, ids, url, take_out)


def _is_meant(letter: DeadLetter, ids: Collection[str]) -> bool:
    return not ids or letter.id in ids


def _counted(
    partner: Partner,
    kind: str,
    ids: Collection[str],
    url: str,
    take_out: Callable[[DeadLetter], bool],
) -> Counted:
    done: list[str] = []

    def watch(letter: DeadLetter) -> bool:
        taken = take_out(letter)
        if taken:
            done.append(letter.id)
        return taken

    seen = dead_letters.through(url, partner.slug, kind, watch)
    meant = [letter for letter in seen if _is_meant(letter, ids)]
    return Counted(len(done), len(meant) - len(done))


@transaction.atomic
def _deliver_again(partner: Partner, letter: DeadLetter, by: Actor, door: str) -> bool:
    """Whether the letter is one of our deliveries, which waits to be sent again now."""
    event_id = _uuid(letter.id)
    if event_id is None:
        return False
    rows = Delivery.objects.filter(partner=partner, event__event_id=event_id)
    row = rows.select_related("event").first()
    if row is None or bytes(row.body) != letter.arrival.body:
        return False
    if row.status not in (DeliveryStatus.SENT, DeliveryStatus.PENDING):
        return False  # parked or cancelled meanwhile: nothing would be sent
    Delivery.objects.filter(pk=row.pk, status=DeliveryStatus.SENT).update(
        status=DeliveryStatus.PENDING, confirmed_at=None
    )
    partner_systems.note(
        "dead_letter_requeue", partner, by=by, door=door, kind="events",
        id=str(row.event.event_id),
    )  # fmt: skip
    return True


@transaction.atomic
def _take_in(partner: Partner, letter: DeadLetter, by: Actor, door: str) -> bool:
    store_batch([letter.arrival], partner=partner)
    partner_systems.note("dead_letter_requeue", partner, by=by, door=door, kind="commands")
    return True


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
