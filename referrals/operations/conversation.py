"""Messages on a referral, from one side to the other."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from referrals import access, clock, events, permissions
from referrals.actors import Actor, Role
from referrals.errors import Conflict, Forbidden
from referrals.lifecycle import State, Turn
from referrals.models import Message
from referrals.operations import records, transition
from referrals.permissions import LOUDNESS
from referrals.strict import StrictSerializer, Text, checked


class MessageInput(StrictSerializer):
    body = Text(max_length=4000, label="Message")


WRITERS = frozenset({Role.RC, Role.RD, Role.CO, Role.CL})


def authorise(referral_id: UUID, *, by: Actor) -> Role:
    """404 for a stranger, 403 for somebody who may read but not write."""
    referral = records.find(referral_id, by=by)
    roles = permissions.roles_on(referral, by) & WRITERS
    if not roles:
        raise Forbidden()
    # The practice's role first, like the side on which the message will stand.
    return min(roles, key=LOUDNESS.index)


def post(referral_id: UUID, *, by: Actor, data: object, door: str) -> Message:
    """Write one message; the other side learns that there is one, by event."""
    with transaction.atomic():
        role = authorise(referral_id, by=by)
        referral = transition.lock(referral_id)
        if referral.state in (State.DRAFT, State.ENTERED_IN_ERROR):
            raise Conflict("Messages start once a referral is sent.")
        body = checked(MessageInput(data=data))["body"]
        side = permissions.side_of(referral, by)
        message = Message.objects.create(
            referral=referral, side=side.value if side is not Turn.NOBODY else "clinic",
            author_id=by.user_id, author_name=by.name, body=body, created_at=clock.now(),
        )  # fmt: skip
        events.tell("message_posted", referral, by=by, role=role, occurred_at=clock.now())
        access.record(by=by, verb="message", referral_id=referral.pk, door=door)
    return message
