"""Rows of referrals for lists, and the three lists of a referrer's home.

Everything that a row names comes in a constant number of queries, whatever their number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Q, When
from django.urls import reverse

from portal.presenters import list_rows, words
from portal.presenters.referral_page import CLOCKS
from portal.presenters.summary import patient_name
from referrals import permissions
from referrals.actors import Actor
from referrals.lifecycle import STATES, State, Turn
from referrals.lifecycle.states import OPEN_STATES, waiting_on
from referrals.models import Referral
from referrals.operations import facts
from referrals.queries import ReferralQuerySet

MOST = 12
DRAFT_LIVES = timedelta(days=30)
NEEDS_YOU = sorted(waiting_on(Turn.PRACTICE))
ON_ITS_WAY = [s for s in OPEN_STATES if STATES[s].turn is Turn.CLINIC]
# What the practice is asked to do in each state, in words.
ASKED = {
    State.INFO_REQUESTED: "Answer the clinic",
    State.COMPLETED: "Read the outcome",
    State.DECLINED: "Read why, then close or send again",
    State.EXPIRED: "Close, or send again",
}

QUESTION = "Answer the question"


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft: what is left, and until when it is kept."""

    url: str
    reference: str
    patient: str
    clinician: str
    left: str
    until: str
    last: Any


def row(referral: Any, actor: Actor, questions: Iterable[UUID] = ()) -> dict[str, Any]:
    """The shape of components/referral_rows.html."""
    side = permissions.side_of(referral, actor)
    state = State(referral.state)
    clinician = referral.referring_clinician
    asks = referral.pk in questions
    other = referral.clinic if side is Turn.PRACTICE else referral.practice
    return {
        "id": referral.pk,
        "url": _url(referral),
        "reference": referral.reference,
        "patient": list_rows.patient(referral, actor),
        "detail": " · ".join(
            filter(None, [clinician.full_name if clinician else "", str(other or "")])
        ),
        "priority": list_rows.shown_priority(referral),
        "reason": "",
        "state": state,
        "due": None if asks else referral.due_at,  # that clock is the clinic's
        "clock_label": CLOCKS.get(state, ""),
        "paused": state is State.INFO_REQUESTED and referral.due_at is None,
        "met": False,
        "hint": "",
        **list_rows.shown_marks(referral, actor),
        "asked": QUESTION if asks else ASKED.get(state, "") if side is Turn.PRACTICE else "",
    }


def _marked(actor: Actor) -> ReferralQuerySet:
    return list_rows.marked(Referral.objects.visible_to(actor), Turn.PRACTICE)


def _url(referral: Referral) -> str:
    if referral.state == State.DRAFT:
        return reverse("referrals:edit", args=[referral.pk, "patient"])
    return reverse("referrals:detail", args=[referral.pk])


def rows(
    found: Iterable[Any], actor: Actor, questions: Iterable[UUID] = ()
) -> list[dict[str, Any]]:
    return [row(referral, actor, questions) for referral in found]


def draft(referral: Any, actor: Actor) -> Draft:
    missing = len([gap for gap in facts.gaps_before_sending(referral) if gap.blocking])
    kept_until = (referral.updated_at + DRAFT_LIVES).astimezone(words.zone())
    clinician = referral.referring_clinician
    return Draft(
        url=_url(referral),
        reference=referral.reference,
        patient=patient_name(referral) or "Patient not named yet",
        clinician=clinician.full_name if clinician else "No clinician named yet",
        left=f"{words.count(missing, 'answer')} left" if missing else "Ready to send",
        until=words.day(kept_until),
        last=referral.updated_at,
    )


def shared_with(actor: Actor) -> list[Any]:
    """Referrals of others to which this clinician was invited, the newest first."""
    if not actor.shared:
        return []
    found = _marked(actor).filter(pk__in=actor.shared)
    return list(found.order_by("-updated_at", "id")[:MOST])


def shared_rows(found: Iterable[Any], actor: Actor) -> list[dict[str, Any]]:
    """They open for reading; the wizard is their practice's."""
    return [{**row(one, actor), "url": reverse("referrals:detail", args=[one.pk])} for one in found]


def practice_rows(actor: Actor, states: Iterable[State], without: Iterable[UUID] = ()) -> list[Any]:
    """The newest referrals of the practice side in these states, one more than are shown."""
    found = _marked(actor).filter(state__in=list(states))
    found = found.exclude(pk__in=[*actor.shared, *without])
    found = found.select_related("referring_clinician__clinician")
    return list(found.order_by("-updated_at", "id")[: MOST + 1])


def open_questions(actor: Actor) -> frozenset[UUID]:
    """The referrals at a clinic on which one of its questions has no answer yet."""
    asked = Referral.objects.visible_to(actor).filter(
        state__in=ON_ITS_WAY, messages__side=Turn.CLINIC.value, messages__item__isnull=False,
        messages__answered_by__isnull=True,
    ).exclude(pk__in=actor.shared)  # fmt: skip
    found = asked.distinct().order_by("-updated_at", "id").values_list("id", "updated_at")
    return frozenset(pk for pk, _ in found[:MOST])


def needs_you(actor: Actor, questions: Iterable[UUID]) -> list[Any]:
    """What waits for the practice: the clinic's questions, then what runs out first.

    A question stands in no other list and in no folder, so that it must not fall off this one.
    """
    found = _marked(actor).filter(Q(state__in=NEEDS_YOU) | Q(pk__in=list(questions)))
    found = found.exclude(pk__in=actor.shared)
    questions_first = Case(When(pk__in=list(questions), then=0), default=1)
    return list(found.order_by(questions_first, "due_at", "-updated_at", "id")[: MOST + 1])
