"""A clinic's ready-made texts: its people put them into messages, its administrators keep them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from referrals import access, clock
from referrals.actors import Actor, Role
from referrals.errors import FieldError, Forbidden, Invalid, NotFound
from referrals.models import CannedAnswer
from referrals.strict import StrictSerializer, Text, checked

READERS = (Role.CO, Role.CL, Role.CA)
TAKEN = "Another text has this title. Choose a different one."


class CannedInput(StrictSerializer):
    title = Text(max_length=80, label="Title")
    text = Text(max_length=2000, label="Text")


def listed(clinic_id: UUID | None, *, by: Actor) -> list[CannedAnswer]:
    """The clinic's texts in force, by title; none for people who are not of the clinic."""
    if clinic_id is None or clinic_id not in by.organisations(*READERS):
        return []
    return list(CannedAnswer.objects.filter(clinic_id=clinic_id, active=True))


def find(answer_id: UUID, *, by: Actor) -> CannedAnswer:
    found = CannedAnswer.objects.filter(
        pk=answer_id, active=True, clinic_id__in=by.organisations(*READERS)
    ).first()
    if found is None:
        raise NotFound()
    return found


def add(clinic_id: UUID, *, by: Actor, data: Any, door: str = "portal") -> CannedAnswer:
    _authorise(clinic_id, by)
    return _save(CannedAnswer(clinic_id=clinic_id), by, data, door)


def change(answer_id: UUID, *, by: Actor, data: Any, door: str = "portal") -> CannedAnswer:
    found = find(answer_id, by=by)
    _authorise(found.clinic_id, by)
    return _save(found, by, data, door)


def retire(answer_id: UUID, *, by: Actor, door: str = "portal") -> None:
    """Take a text out of use; messages that were written with it stay as they are."""
    found = find(answer_id, by=by)
    _authorise(found.clinic_id, by)
    with transaction.atomic():
        found.active, found.changed_at = False, clock.now()
        found.save(update_fields=["active", "changed_at"])
        _log(found, by, door)


def _authorise(clinic_id: UUID, by: Actor) -> None:
    if clinic_id not in by.organisations(Role.CA):
        raise Forbidden()


def _save(answer: CannedAnswer, by: Actor, data: Any, door: str) -> CannedAnswer:
    typed = checked(CannedInput(data=data))
    answer.title, answer.text, answer.changed_at = typed["title"], typed["text"], clock.now()
    try:
        with transaction.atomic():
            answer.save()
            _log(answer, by, door)
    except IntegrityError:
        raise Invalid(errors=[FieldError("/title", "taken", TAKEN)]) from None
    return answer


def _log(answer: CannedAnswer, by: Actor, door: str) -> None:
    access.record(
        by=by, verb="change", referral_id=None, door=door, organisation_id=answer.clinic_id,
        detail={"kind": "canned_answer", "id": answer.pk},
    )  # fmt: skip
