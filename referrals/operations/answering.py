"""Answering the clinic's request: in the referral itself, in words, by a file, or why not.

The move and its inputs are the lifecycle's; this puts what belongs with it into one
transaction, and keeps answers that are not complete yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from referrals import clock
from referrals.actors import Actor
from referrals.errors import Conflict
from referrals.files.uploads import Incoming
from referrals.lifecycle import Action, State
from referrals.models import AnswerDraft, InformationItem, InformationRequest, Referral
from referrals.operations import documents, drafts, moves

REASON = "Answer to the clinic's request for information"


def open_request(referral: Referral, *, by: Actor) -> InformationRequest | None:
    """The request that waits for an answer, with its items."""
    waiting = referral.information_requests.filter(answered_at__isnull=True)
    return waiting.prefetch_related("items__documents").first()


def draft_of(request: InformationRequest, *, by: Actor) -> AnswerDraft | None:
    """What somebody of the practice has typed so far; the practice shares it."""
    return AnswerDraft.objects.filter(request=request).select_related("saved_by").first()


def save_draft(
    referral_id: UUID, *, by: Actor, fields: Mapping[str, list[str]],
    files: Mapping[UUID, list[Incoming]], attested: bool, door: str,
) -> None:  # fmt: skip
    """Keep answers that are not sent yet; files are put on the referral at once."""
    with transaction.atomic():
        referral, _ = moves.authorise(Action.PROVIDE_INFO, referral_id=referral_id, by=by)
        request = _waiting(referral, by)
        _add_files(referral, request, files, attested=attested, by=by, door=door)
        AnswerDraft.objects.filter(request=request).delete()
        AnswerDraft.objects.create(
            request=request, fields=dict(fields), saved_by_id=by.person, saved_at=clock.now()
        )


def answer(
    referral_id: UUID, *, by: Actor, version: int, changes: Mapping[str, Any],
    answers: list[dict[str, Any]], files: Mapping[UUID, list[Incoming]], attested: bool, door: str,
) -> moves.MoveResult:  # fmt: skip
    """Amend what was changed, add the files, and make the move: all of it, or nothing."""
    with transaction.atomic():
        referral, _ = moves.authorise(Action.PROVIDE_INFO, referral_id=referral_id, by=by)
        request = _waiting(referral, by)
        if changes:
            changed = drafts.change(
                referral_id, by=by, data=changes, version=version, amendment_reason=REASON,
                door=door,
            )  # fmt: skip
            version = changed.version
        _add_files(referral, request, files, attested=attested, by=by, door=door)
        AnswerDraft.objects.filter(request=request).delete()
        return moves.perform(
            Action.PROVIDE_INFO, referral_id=referral_id, by=by, data={"answers": answers},
            version=version, door=door,
        )  # fmt: skip


def _waiting(referral: Referral, by: Actor) -> InformationRequest:
    request = open_request(referral, by=by)
    if request is None or referral.state != State.INFO_REQUESTED:
        raise Conflict("The clinic's request was answered or ran out.")
    return request


def _add_files(
    referral: Referral, request: InformationRequest, files: Mapping[UUID, list[Incoming]], *,
    attested: bool, by: Actor, door: str,
) -> None:  # fmt: skip
    items: dict[UUID, InformationItem] = {item.pk: item for item in request.items.all()}
    for item_id, incoming in files.items():
        if incoming and item_id in items:
            documents.add(
                referral.pk, by=by, files=incoming, data={"no_psychotherapy_notes": attested},
                door=door, item=items[item_id],
            )  # fmt: skip
