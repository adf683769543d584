"""What an operator does with commands that were parked: start again, or discard."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from integrations.errors import NotPossible
from integrations.inbox.reasons import UNPROVEN, Reason
from integrations.models import InboxMessage, InboxStatus, Partner

STUCK = (InboxStatus.PARKED, InboxStatus.QUARANTINED)
# Only what was readable can be started again.
STARTABLE = (Reason.TOO_MANY_STARTS, Reason.HANDLER_FAILED)


@transaction.atomic
def restart(partner: Partner, message_id: int) -> InboxMessage:
    """Apply it once more, with all its starts before it."""
    row = _stuck(partner, message_id)
    if row.reason in UNPROVEN:
        raise NotPossible(
            "Nobody can know that this command is the partner's, so it is not applied. Discard "
            "it. The partner can send it again, signed."
        )
    if row.reason not in STARTABLE:
        raise NotPossible("This message cannot be read, so it cannot be applied. Discard it.")
    row.status, row.reason, row.started_attempts = InboxStatus.RECEIVED, "", 0
    row.next_attempt_at = row.finished_at = None
    row.save(
        update_fields=["status", "reason", "started_attempts", "next_attempt_at", "finished_at"]
    )
    return row


@transaction.atomic
def discard(partner: Partner, message_id: int) -> InboxMessage:
    """Leave it for good; the row stays, so that the same id is recognised."""
    row = _stuck(partner, message_id)
    row.status, row.finished_at = InboxStatus.DISCARDED, timezone.now()
    row.save(update_fields=["status", "finished_at"])
    return row


def _stuck(partner: Partner, message_id: int) -> InboxMessage:
    rows = InboxMessage.objects.select_for_update().filter(partner=partner, pk=message_id)
    row = rows.first()
    if row is None:
        raise NotPossible("This partner has no such message.")
    if row.status not in STUCK:
        raise NotPossible("This message is not parked: somebody dealt with it already.")
    return row
