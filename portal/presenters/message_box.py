"""The box in which a message is written: the draft, ready-made texts, items and questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from portal.presenters import documents as document_words
from portal.presenters.referral_header import Reader
from referrals import reasons
from referrals.actors import Role
from referrals.lifecycle import Turn
from referrals.models import Message, Referral
from referrals.operations import canned_answers, conversation


def build(
    referral: Referral, reader: Reader, labels: Mapping[str, str], messages: list[Message]
) -> dict[str, Any]:
    """What components/message_box.html needs; `labels` names the coded items."""
    return {
        "message_url": reverse("referrals:message", args=[referral.pk]),
        "draft_url": reverse("referrals:message-draft", args=[referral.pk]),
        "message_draft": conversation.draft_of(referral, by=reader.actor),
        "canned": canned_answers.listed(referral.clinic_id, by=reader.actor),
        "question_items": _question_items(referral, reader),
        "open_questions": _open_questions(reader, labels, messages),
        "accept": document_words.ACCEPT,
        "upload_hint": document_words.HINT,
    }


def _question_items(referral: Referral, reader: Reader) -> list[tuple[str, str]]:
    """The coded items to which the clinic's people may tie a question."""
    if reader.side is not Turn.CLINIC:
        return []
    offered = reasons.open_to("info_item", Role.CO, clinic=referral.clinic)
    return [(reason.code, reason.label) for reason in offered]


def _open_questions(
    reader: Reader, labels: Mapping[str, str], messages: list[Message]
) -> list[tuple[Any, str]]:
    """The clinic's questions that the practice may answer with this message."""
    if reader.side is not Turn.PRACTICE:
        return []
    found = conversation.open_questions(messages, by_side="clinic")
    return [(one.pk, labels.get(one.item or "", one.item or "")) for one in found]
