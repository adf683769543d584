"""Advice first: a clinician answers what a practice asked, and a referral may come of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import models, transaction

from referrals import access, clock, notifications
from referrals.actors import Actor, Role
from referrals.errors import Conflict, Forbidden, NotFound
from referrals.models import (
    Advice,
    AdviceEntry,
    AdviceStage,
    Referral,
)
from referrals.operations import drafts
from referrals.permissions import LOUDNESS
from referrals.queries import AdviceQuerySet
from referrals.strict import StrictSerializer, Text, checked

ASKERS = frozenset({Role.RC, Role.RD})
MOST = 1500  # as long as the reason for a referral, which it may become
NOT_OPEN = "This question is closed."


class Words(StrictSerializer):
    text = Text(max_length=4000, label="Text")


# --- Reading ------------------------------------------------------------------------------------


def listed(*, by: Actor) -> AdviceQuerySet:
    """What this person's practice asked, or what the clinic was asked: open ones first.

    `rank` is the first column of that order, for whoever reads it page by page.
    """
    rows = Advice.objects.visible_to(by).select_related("practice", "clinic", "clinician")
    rank = models.Case(
        models.When(stage=AdviceStage.ASKED, then=models.Value("1")),
        models.When(stage=AdviceStage.ANSWERED, then=models.Value("2")),
        default=models.Value("3"), output_field=models.CharField(),
    )  # fmt: skip
    return rows.annotate(rank=rank).order_by("rank", "-updated_at", "pk")


def find(advice_id: UUID, *, by: Actor) -> Advice:
    found = (
        Advice.objects.visible_to(by)
        .select_related("practice", "clinic", "clinician", "service", "referral")
        .filter(pk=advice_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def open_record(advice_id: UUID, *, by: Actor, door: str) -> Advice:
    """One question for reading; the reading is logged."""
    with transaction.atomic():
        found = find(advice_id, by=by)
        log(found, by=by, door=door, verb="read")
    return found


def log(advice: Advice, *, by: Actor, door: str, verb: str) -> None:
    access.record(
        by=by, verb=verb, referral_id=None, door=door, detail={"advice_id": advice.pk},
        organisation_id=_side(advice, by)[1],
    )  # fmt: skip


def _side(advice: Advice, by: Actor) -> tuple[str, UUID]:
    asks = by.roles_at(advice.practice_id) & ASKERS
    return ("practice", advice.practice_id) if asks else ("clinic", advice.clinic_id)


def roles_on(advice: Advice, *, by: Actor) -> frozenset[Role]:
    """Like on a referral: nobody answers for the clinic what they asked themselves."""
    roles = by.roles_at(advice.practice_id) & ASKERS
    if by.user_id not in (advice.asked_by_id, advice.clinician_id):
        roles |= by.roles_at(advice.clinic_id) & {Role.CO, Role.CL}
    return roles


def available(advice: Advice, *, by: Actor) -> list[str]:
    """What this person may do with the question now."""
    roles = roles_on(advice, by=by)
    return [name for name, (who, stages) in ACTS.items() if roles & who and advice.stage in stages]


OPEN = frozenset({AdviceStage.ASKED, AdviceStage.ANSWERED})
ACTS: dict[str, tuple[frozenset[Role], frozenset[AdviceStage]]] = {
    "answer": (frozenset({Role.CL}), OPEN),
    "follow-up": (ASKERS, OPEN),
    "refer": (ASKERS, OPEN),
    "close": (ASKERS, OPEN),
}


def authorise(act: str, advice_id: UUID, *, by: Actor) -> Advice:
    """404 for a stranger, 403 for a role that may not."""
    advice = find(advice_id, by=by)
    if not roles_on(advice, by=by) & ACTS[act][0]:
        raise Forbidden()
    return advice


# --- What follows -------------------------------------------------------------------------------


def answer(advice_id: UUID, *, by: Actor, data: Any, door: str) -> Advice:
    """A clinician of the clinic answers; the practice is told that there is an answer."""
    with transaction.atomic():
        advice = _begin("answer", advice_id, by)
        text = checked(Words(data=data))["text"]
        _move(advice, AdviceStage.ANSWERED, answered_at=clock.now())
        enter(advice, "answered", by=by, text=text)
        log(advice, by=by, door=door, verb="message")
        tell("advice_answered", advice, by=by, named={advice.clinician_id, advice.asked_by_id})
    return advice


def follow_up(advice_id: UUID, *, by: Actor, data: Any, door: str) -> Advice:
    """The practice asks on; it is the clinic's turn again."""
    with transaction.atomic():
        advice = _begin("follow-up", advice_id, by)
        text = checked(Words(data=data))["text"]
        _move(advice, AdviceStage.ASKED)
        enter(advice, "asked_on", by=by, text=text)
        log(advice, by=by, door=door, verb="message")
        tell("advice_asked", advice, by=by)
    return advice


def close(advice_id: UUID, *, by: Actor, door: str) -> Advice:
    with transaction.atomic():
        advice = _begin("close", advice_id, by)
        _move(advice, AdviceStage.CLOSED)
        enter(advice, "closed", by=by, text=None)
        log(advice, by=by, door=door, verb="change")
    return advice


def refer(advice_id: UUID, *, by: Actor, door: str) -> Referral:
    """A draft with everything that was said in the question; nothing is typed twice."""
    with transaction.atomic():
        advice = _begin("refer", advice_id, by)
        draft = drafts.create(by=by, data=_write_shape(advice), door=door)
        _move(advice, AdviceStage.REFERRED, referral_id=draft.pk)
        enter(advice, "referred", by=by, text=None)
        log(advice, by=by, door=door, verb="change")
    return draft


def _write_shape(advice: Advice) -> dict[str, Any]:
    header: dict[str, Any] = {
        "clinic": advice.clinic.slug, "practice": str(advice.practice_id),
        "referring_clinician": {"id": str(advice.clinician_id)},
    }  # fmt: skip
    if advice.service is not None and advice.service.active:
        header["service"] = advice.service.code
    return {**header, **advice.body, "request": {"reason": _asked_in_all(advice)}}


def _asked_in_all(advice: Advice) -> str:
    """The question with what the practice asked on, as far as the reason has room for it."""
    words = str(advice.body["request"]["reason"])
    for entry in advice.entries.filter(act="asked_on"):
        longer = f"{words}\n\n{entry.text}"
        if len(longer) > MOST:
            break
        words = longer
    return words


def _begin(act: str, advice_id: UUID, by: Actor) -> Advice:
    authorise(act, advice_id, by=by)
    Advice.objects.select_for_update().only("pk").get(pk=advice_id)
    advice = find(advice_id, by=by)
    if advice.stage not in ACTS[act][1]:
        raise Conflict(NOT_OPEN)
    return advice


def _move(advice: Advice, stage: AdviceStage, **columns: Any) -> None:
    """Compare and set: of two people who press at once, one wins."""
    touched = Advice.objects.filter(pk=advice.pk, stage=advice.stage).update(
        stage=stage, updated_at=clock.now(), **columns
    )
    if touched != 1:
        raise Conflict(NOT_OPEN)
    advice.refresh_from_db(fields=["stage", "updated_at", *columns])


def enter(advice: Advice, act: str, *, by: Actor, text: str | None) -> None:
    last = advice.entries.aggregate(last=models.Max("number"))["last"] or 0
    roles = roles_on(advice, by=by) or by.roles_at(advice.practice_id)
    AdviceEntry.objects.create(
        advice=advice, number=last + 1, act=act, side=_side(advice, by)[0], author_id=by.person,
        author_name=by.name, author_role=min(roles & set(LOUDNESS), key=LOUDNESS.index),
        text=text, at=clock.now(),
    )  # fmt: skip


def tell(what: str, advice: Advice, *, by: Actor, named: Iterable[UUID] = ()) -> None:
    notifications.notify(
        what, None, key=f"{what}:{advice.pk}:{advice.entries.count()}", by=by, named=named,
        clinic_id=advice.clinic_id, link=f"/advice/{advice.pk}/",
    )  # fmt: skip
