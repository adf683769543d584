"""Apply stored commands: for each subject in order, each once in effect."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from integrations import causes
from integrations.inbox import parsing
from integrations.inbox.answers import CommandOutcome, emit_answer
from integrations.inbox.reasons import Reason
from integrations.inbox.storing import open_body
from integrations.models import InboxMessage, InboxStatus, Partner
from integrations.relay.backoff import pause

log = structlog.get_logger(__name__)

MOST_STARTS = 3
# So long a started command is left to who started it; the end of that process is noticed then.
LEASE = timedelta(seconds=30)
Handler = Callable[..., tuple[bool, str | None]]
# When each partner had its last turn here, as a running number.
_turns: dict[UUID, int] = {}
_counter = itertools.count(1)


def process_next() -> bool:
    """Apply the next command that is due; whether there was one.

    The start is written before the work, in a transaction of its own, so that a command that
    ends the process is parked after three starts instead of ending it for ever. The effect,
    the answer and the mark are one transaction.
    """
    row = _start_next()
    if row is None:
        return False
    if row.started_attempts > MOST_STARTS:
        _park(row, Reason.TOO_MANY_STARTS)
        return True
    try:
        _apply(row.pk)
    except Exception as error:
        # Whatever it was, its transaction is undone; the command stays and is tried again.
        _put_off(row, error)
    return True


def _start_next() -> InboxMessage | None:
    """Take the oldest due command of the partner whose turn it is, and count the start.

    Partners take turns, so that one that sends very much does not hold up another's command.
    """
    for partner_id in _by_turns():
        with transaction.atomic():
            row = _due(partner_id).order_by("pk").first()
            if row is None:
                continue
            row.started_attempts += 1
            row.next_attempt_at = timezone.now() + LEASE
            row.save(update_fields=["started_attempts", "next_attempt_at"])
        _turns[partner_id] = next(_counter)
        return row
    return None


def _by_turns() -> list[UUID]:
    """The partners for whom something waits, whose turn was longest ago first."""
    received = InboxMessage.objects.filter(partner=OuterRef("pk"), status=InboxStatus.RECEIVED)
    found = Partner.objects.filter(Exists(received)).order_by("pk").values_list("pk", flat=True)
    return sorted(found, key=lambda pk: _turns.get(pk, 0))


def _due(partner_id: UUID) -> QuerySet[InboxMessage]:
    """Without those that have another of the same subject before them."""
    before = InboxMessage.objects.filter(
        subject=OuterRef("subject"), status=InboxStatus.RECEIVED, pk__lt=OuterRef("pk")
    )
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=timezone.now())
    return InboxMessage.objects.select_for_update(skip_locked=True).filter(
        due, ~Exists(before), partner=partner_id, status=InboxStatus.RECEIVED
    )


@transaction.atomic
def _apply(pk: int) -> None:
    # Waits for the row: whoever counts a repetition holds it for a moment.
    locked = InboxMessage.objects.select_for_update(of=("self",)).select_related("partner")
    row = locked.filter(pk=pk, status=InboxStatus.RECEIVED).first()
    if row is None:
        return
    command = parsing.read(open_body(row))
    with causes.caused_by(row.partner_id, command.id):
        outcome = _ask_domain(row, command)
    row.answer = emit_answer(outcome, command=command, partner=row.partner)
    row.accepted = outcome.accepted
    row.problem_type = outcome.problem_type or ""
    row.status = InboxStatus.DONE
    row.finished_at = timezone.now()
    row.save(update_fields=["answer", "accepted", "problem_type", "status", "finished_at"])


def _ask_domain(row: InboxMessage, command: parsing.Command) -> CommandOutcome:
    handler: Handler = import_string(settings.INTEGRATIONS_COMMAND_HANDLER)
    answer: Any = handler(
        partner=row.partner,
        action=command.action,
        subject=str(command.subject),
        data=command.data,
        command_id=command.id,
    )
    return CommandOutcome(*answer)


def _put_off(row: InboxMessage, error: Exception) -> None:
    log.error("command_failed", message_id=row.pk, attempt=row.started_attempts, exc_info=error)
    if row.started_attempts >= MOST_STARTS:
        _park(row, Reason.HANDLER_FAILED)
        return
    next_attempt_at: datetime = timezone.now() + timedelta(seconds=pause(row.started_attempts))
    _waiting(row).update(next_attempt_at=next_attempt_at)


def _park(row: InboxMessage, reason: Reason) -> None:
    log.error("command_parked", message_id=row.pk, reason=reason.value)
    _waiting(row).update(status=InboxStatus.PARKED, reason=reason, finished_at=timezone.now())


def _waiting(row: InboxMessage) -> QuerySet[InboxMessage]:
    return InboxMessage.objects.filter(pk=row.pk, status=InboxStatus.RECEIVED)
