"""Writing on the one plan: both sides and an invited clinician add to it, nobody overwrites."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from rest_framework import serializers

from referrals import access, disclosure, permissions
from referrals.actors import Actor, Role
from referrals.content_classes import ContentClass
from referrals.errors import Conflict, Forbidden
from referrals.lifecycle import State
from referrals.models import ContributorSide, PlanContribution, PlanSide, PlanTopic, Referral
from referrals.operations import records, transition
from referrals.permissions import LOUDNESS
from referrals.strict import StrictSerializer, Text, checked

WRITERS = frozenset({Role.RC, Role.RD, Role.IC, Role.CL, Role.CO})
SIDE_OF = {
    Role.RC: ContributorSide.PRACTICE, Role.RD: ContributorSide.PRACTICE,
    Role.IC: ContributorSide.INVITED, Role.CL: ContributorSide.CLINIC,
    Role.CO: ContributorSide.CLINIC,
}  # fmt: skip
CLASS_OF = {PlanSide.PAIN: ContentClass.PAIN, PlanSide.TRAUMA: ContentClass.MENTAL_HEALTH}
SHUT = "The plan is open while the referral is; this one has ended."


class ContributionInput(StrictSerializer):
    side = serializers.ChoiceField(choices=PlanSide.choices, label="Part of the plan")
    topic = serializers.ChoiceField(
        choices=PlanTopic.choices, required=False, allow_null=True,
        label="Topic of daily life", help_text="For daily life only.",
    )  # fmt: skip
    text = Text(max_length=4000, label="What you add")

    def validate(self, attrs: dict) -> dict:
        if attrs.get("topic") and attrs["side"] != PlanSide.DAILY_LIFE:
            raise serializers.ValidationError(
                {"topic": "A topic goes with daily life only. Leave it out, or choose daily life."},
                code="not_daily_life",
            )
        return attrs


def authorise(referral_id: UUID, *, by: Actor) -> Role:
    """The role in which the actor writes; 404 for a stranger, 403 for one who only reads."""
    referral = records.find(referral_id, by=by)
    roles = permissions.roles_on(referral, by) & WRITERS
    if not roles:
        raise Forbidden()
    return min(roles, key=LOUDNESS.index)


def may_write(referral: Referral, *, by: Actor) -> bool:
    """What the page asks before it offers the form."""
    roles = permissions.roles_on(referral, by) & WRITERS
    return bool(roles) and referral.is_open and not disclosure.is_closed_to(referral, by)


def add(referral_id: UUID, *, by: Actor, data: object, door: str) -> PlanContribution:
    """Add to one part of the plan, with who and when; nothing written before changes."""
    with transaction.atomic():
        role = authorise(referral_id, by=by)
        referral = transition.lock(referral_id)
        if not referral.is_open or referral.state == State.ENTERED_IN_ERROR:
            raise Conflict(SHUT)
        given = checked(ContributionInput(data=data))
        side = PlanSide(given["side"])
        if not is_open(referral, side, by=by):
            raise Conflict("The patient's consent does not open this part of the plan to you.")
        contribution = PlanContribution.objects.create(
            referral=referral, side=side, topic=given.get("topic") or "", text=given["text"],
            author_id=by.user_id, author_name=by.name, author_side=SIDE_OF[role],
        )  # fmt: skip
        access.record(
            by=by, verb="plan", referral_id=referral.pk, door=door, detail={"section": side.value}
        )
    return contribution


def is_open(referral: Referral, side: str, *, by: Actor) -> bool:
    """Whether the consent opens this part of the plan to the actor now."""
    needed = CLASS_OF.get(PlanSide(side), ContentClass.IDENTITY)
    return disclosure.reading_of(referral, by).allows(needed)


def read(referral: Referral, *, by: Actor) -> list[PlanContribution]:
    """What the actor may read of the plan, oldest first."""
    reading = disclosure.reading_of(referral, by)
    return [
        one for one in referral.plan.all()
        if reading.allows(CLASS_OF.get(PlanSide(one.side), ContentClass.IDENTITY))
        and reading.hears(one.author_side)
    ]  # fmt: skip
