"""Before the clinic decides, assigns, or hands on."""

from __future__ import annotations

from referrals import consent, disclosure
from referrals.actors import Role
from referrals.content_classes import ContentClass, classes_of
from referrals.errors import FieldError, Forbidden, Invalid
from referrals.models import Membership, Organisation
from referrals.operations import copies, facts, reviewers
from referrals.operations.context import MoveContext
from referrals.permissions import wrote_it


def consent_recorded(ctx: MoveContext) -> None:
    """What the clinic must have on record before it accepts (Q-2): the consent's own elements."""
    lacking = [g for g in facts.gaps_before_acceptance(ctx.referral)
               if g.code.startswith("consent.")]  # fmt: skip
    if lacking:
        raise Invalid(
            "The consent's record is not complete yet. Ask the practice for it.",
            errors=[FieldError(g.pointer, g.reason, g.label) for g in lacking],
        )


def licensed_reviewer(ctx: MoveContext) -> None:
    if reviewers.licensed_for(ctx) is None:
        raise ctx.refuse(
            "/licensed_reviewer", "licensed_reviewer_needed",
            "Name the licensed clinician of your clinic who has reviewed this.",
        )  # fmt: skip


def safety_reviewed(ctx: MoveContext) -> None:
    reading = disclosure.reading_of(ctx.referral, ctx.by)
    reviewed = {review.rule for review in ctx.referral.flag_reviews.all()}
    waiting = [
        f for f in ctx.assessment["flags"] if f["level"] == "R" and f["rule"] not in reviewed
    ]
    shown = {f["rule"] for f in waiting if reading.allows_paths(*f["inputs"])}
    if shown:
        raise ctx.refuse(
            "/flags", "flag_not_reviewed",
            "1 safety flag needs a clinician's review note first." if len(shown) == 1 else
            f"{len(shown)} safety flags need a clinician's review note first.",
        )  # fmt: skip
    closed = classes_of(name for f in waiting for name in f["inputs"]) - reading.classes
    if waiting:
        raise _closed_part(ctx, closed)


def _closed_part(ctx: MoveContext, closed: frozenset[ContentClass]) -> Invalid:
    """Nobody can review what nobody reads, and saying what it is would tell of it."""
    substance = ContentClass.SUBSTANCE in closed
    if substance and consent.part2_unsettled(ctx.referral, ctx.content):
        return ctx.refuse(
            "/consent/part2_source", "consent_unsettled",
            "Part of this referral is closed until the Part 2 source is settled. Ask the "
            "practice to complete that part of the consent first.",
        )  # fmt: skip
    return ctx.refuse(
        "/consent", "consent_unsettled",
        "Part of this referral is closed to your clinic. Ask the practice for a written consent "
        "that covers it first.",
    )  # fmt: skip


def lowering_licensed(ctx: MoveContext) -> None:
    # p0 sorts before p3: a greater code is a lower priority.
    if ctx.data["priority"] > ctx.referral.priority and ctx.role is not Role.CL:
        raise Forbidden("Lowering a priority needs a licensed clinician.")


def reviewer_of_clinic(ctx: MoveContext) -> None:
    known = Membership.objects.in_force().filter(
        user_id=ctx.data["reviewer"], organisation=ctx.referral.clinic,
        role__in=(Role.CO, Role.CL), user__is_active=True,
    )  # fmt: skip
    if not known.exists() or wrote_it(ctx.referral, ctx.data["reviewer"]):
        raise ctx.refuse("/reviewer", "unknown_reviewer", "Choose somebody of your clinic.")


def clinic_differs(ctx: MoveContext) -> None:
    other = Organisation.objects.filter(
        kind="clinic", slug=ctx.data["clinic"], active=True
    ).first()  # fmt: skip
    if other is None or other.pk == ctx.referral.clinic_id:
        raise ctx.refuse("/clinic", "unknown_clinic", "Choose another clinic from the list.")
    if not consent.covers_other_clinic(ctx.referral, ctx.content, ctx.data.get("consent")):
        raise ctx.refuse(
            "/consent", "consent_needed",
            "The consent names this clinic alone. Record a consent for the other one.",
        )  # fmt: skip
    problem = consent.problem_with_new(ctx.referral, ctx.content, ctx.data.get("consent"))
    if problem:
        raise Invalid(errors=[problem])
    if copies.same_service(ctx.referral, other) is None:
        raise ctx.refuse("/clinic", "service_not_offered", "That clinic does not offer this.")
