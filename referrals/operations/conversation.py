"""Messages on a referral, from one side to the other: written, read, kept as drafts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers

from referrals import access, clock, disclosure, events, permissions, reasons
from referrals.actors import Actor, Role
from referrals.errors import Conflict, FieldError, Forbidden, Invalid
from referrals.files.uploads import Incoming
from referrals.lifecycle import State, Turn
from referrals.models import Message, MessageDraft, MessageRead, Referral
from referrals.operations import documents, facts, records, transition
from referrals.permissions import LOUDNESS
from referrals.strict import StrictSerializer, Text, checked

LONGEST = 4000
WRITERS = documents.WRITERS
MOST_ATTACHED = 10


class MessageInput(StrictSerializer):
    body = Text(max_length=LONGEST, label="Message")
    item = Text(
        max_length=60, required=False, allow_null=True, label="The item that is asked about",
        help_text="A code of the kind info_item, or one that the assessment names as missing.",
    )  # fmt: skip
    answers = serializers.UUIDField(
        required=False, allow_null=True, label="The question that this answers"
    )
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_ATTACHED,
        label="Documents of this referral that go with it",
    )  # fmt: skip


class DraftInput(StrictSerializer):
    body = Text(max_length=LONGEST, allow_blank=True, label="Message")


def authorise(referral_id: UUID, *, by: Actor) -> Role:
    """404 for a stranger, 403 for somebody who may read but not write."""
    referral = records.find(referral_id, by=by)
    roles = permissions.roles_on(referral, by) & WRITERS
    if not roles:
        raise Forbidden()
    # The practice's role first, like the side on which the message will stand.
    return min(roles, key=LOUDNESS.index)


# --- Writing ------------------------------------------------------------------------------------


def post(
    referral_id: UUID,
    *,
    by: Actor,
    data: object,
    door: str,
    files: Iterable[Incoming] = (),
    attested: bool = False,
) -> Message:
    """Write one message; the other side learns that there is one, by event.

    `files` are put on the referral with it; `attested` is the person's word on them.
    """
    with transaction.atomic():
        role = authorise(referral_id, by=by)
        referral = transition.lock(referral_id)
        if referral.state in (State.DRAFT, State.ENTERED_IN_ERROR):
            raise Conflict("Messages start once a referral is sent.")
        typed = checked(MessageInput(data=data))
        side = _side(referral, by)
        message = Message.objects.create(
            referral=referral, side=side, author_id=by.user_id, author_name=by.name,
            body=typed["body"], item=_item(referral, typed.get("item"), side),
            answers=_question(referral, typed.get("answers"), side), created_at=clock.now(),
        )  # fmt: skip
        _attach(referral, message, typed.get("attachments") or [])
        files = list(files)
        if files:
            said = {"no_psychotherapy_notes": attested}
            documents.add(
                referral_id, by=by, files=files, data=said, door=door, message=message
            )  # fmt: skip
        referral.message_drafts.filter(author_id=by.user_id).delete()
        events.tell("message_posted", referral, by=by, role=role, occurred_at=clock.now())
        access.record(by=by, verb="message", referral_id=referral.pk, door=door)
    return message


def _side(referral: Referral, by: Actor) -> str:
    side = permissions.side_of(referral, by)
    return side.value if side is not Turn.NOBODY else "clinic"


def _item(referral: Referral, code: str | None, side: str) -> str | None:
    """The coded item that the clinic asks about: a listed one, or one that is missing."""
    if not code:
        return None
    if side != "clinic":
        raise _refused("/item", "not_yours", "The clinic ties a question to an item.")
    known = reasons.find("info_item", code, clinic=referral.clinic)
    if known is None and code not in _missing(referral):
        raise _refused("/item", "unknown_item", "Choose one of the listed items.")
    return code


def _missing(referral: Referral) -> set[str]:
    return facts.missing_codes(facts.assess(referral))


def _question(referral: Referral, question_id: UUID | None, side: str) -> Message | None:
    if question_id is None:
        return None
    found = referral.messages.filter(pk=question_id).exclude(side=side).first()
    if found is None or found.item is None:
        raise _refused("/answers", "unknown_question", "Choose a question of the other side.")
    return found


def _attach(referral: Referral, message: Message, ids: list[UUID]) -> None:
    """Documents of the same side that came with no message yet."""
    found = referral.documents.on_record().filter(
        pk__in=ids, message__isnull=True, side=message.side
    )
    if found.count() != len(set(ids)):
        raise _refused("/attachments", "unknown_document", "Name documents that you have sent.")
    found.update(message=message)


def _refused(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(errors=[FieldError(pointer, code, detail)])


# --- Reading ------------------------------------------------------------------------------------


def listed(referral: Referral, *, by: Actor) -> list[Message]:
    """The messages that this actor may read, with their documents and answers; 3 queries."""
    reading = disclosure.reading_of(referral, by)
    if reading.closed or not permissions.roles_on(referral, by) - {Role.PO}:
        return []
    rows = referral.messages.prefetch_related("answered_by", "documents")
    return [row for row in rows if reading.hears(row.side)]


def read_up_to(referral: Referral, *, by: Actor) -> dict[str, datetime]:
    """For each side, the moment up to which somebody of it has read."""
    found: dict[str, datetime] = {}
    for side, moment in referral.message_reads.values_list("side", "up_to"):
        found[side] = max(moment, found.get(side, moment))
    return found


def mark_read(referral: Referral, messages: list[Message], *, by: Actor) -> datetime | None:
    """Remember that this person has seen these messages; up to where it was before.

    Only people who answer for their side count: a partner's program reads nothing.
    """
    if by.user_id is None or not permissions.roles_on(referral, by) & WRITERS:
        return None
    side = _side(referral, by)
    others = [message.created_at for message in messages if message.side != side]
    before = MessageRead.objects.filter(referral=referral, reader_id=by.user_id).first()
    if others and (before is None or before.up_to < max(others)):
        MessageRead.objects.update_or_create(
            referral=referral, reader_id=by.user_id,
            defaults={"side": side, "up_to": max(others), "read_at": clock.now()},
        )  # fmt: skip
    return before.up_to if before else None


def is_read(message: Message, read: dict[str, datetime]) -> bool:
    """Whether somebody of the other side has read this message."""
    return any(
        moment >= message.created_at for side, moment in read.items() if side != message.side
    )


def open_questions(messages: Iterable[Message], *, by_side: str) -> list[Message]:
    """The questions of this side that are tied to an item and not answered yet."""
    return [m for m in messages if m.item and m.side == by_side and not m.answered_by.all()]


# --- Drafts -------------------------------------------------------------------------------------


def save_draft(referral_id: UUID, *, by: Actor, data: Any) -> None:
    """Keep what this person has typed and not sent; an empty text forgets it."""
    authorise(referral_id, by=by)
    body = checked(DraftInput(data=data))["body"]
    mine = MessageDraft.objects.filter(referral_id=referral_id, author_id=by.person)
    with transaction.atomic():
        draft = mine.first() or MessageDraft(referral_id=referral_id, author_id=by.person)
        if not body.strip():
            mine.delete()
            return
        draft.body, draft.saved_at = body, clock.now()
        draft.save()


def draft_of(referral: Referral, *, by: Actor) -> str:
    found = referral.message_drafts.filter(author_id=by.user_id).first() if by.user_id else None
    return found.body if found else ""


__all__ = [
    "MessageInput", "authorise", "draft_of", "is_read", "listed", "mark_read",
    "open_questions", "post", "read_up_to", "save_draft",
]  # fmt: skip
