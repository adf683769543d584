"""What must hold before a move: one function for each guard that the table names.

A guard returns nothing, or raises what is wrong and how to mend it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import QuerySet

from referrals import clock, consent
from referrals.actors import Role
from referrals.errors import Conflict, FieldError, Forbidden, Invalid
from referrals.lifecycle import OPEN_STATES, Guard, State
from referrals.models import Membership, Organisation, Referral, ScanState
from referrals.operations import facts, reviewers
from referrals.operations.context import MoveContext

MAX_LEAD = timedelta(days=730)
CONTACT_ATTEMPTS, CONTACT_MEANS = 3, 2
REMINDERS_BEFORE_EXPIRY = 2
CONFIRM_WITHIN = timedelta(days=7)


def submit_set(ctx: MoveContext) -> None:
    errors = [
        FieldError(g.pointer, g.reason, g.label) for g in facts.gaps_before_sending(ctx.referral)
    ]
    if ctx.referral.referring_clinician_id is None:
        errors.append(
            FieldError("/referring_clinician/id", "required", "Name the referring clinician.")
        )
    if errors:
        raise Invalid("A few answers are still needed before this can be sent.", errors=errors)


def consent_covers(ctx: MoveContext) -> None:
    problem = consent.problem(ctx.referral, ctx.content)
    if problem:
        raise Invalid(errors=[problem])


def consent_recorded(ctx: MoveContext) -> None:
    """What the clinic must have on record before it accepts (Q-2): the consent's own elements."""
    lacking = [g for g in facts.gaps_before_acceptance(ctx.referral)
               if g.code.startswith("consent.")]  # fmt: skip
    if lacking:
        raise Invalid(
            "The consent's record is not complete yet. Ask the practice for it.",
            errors=[FieldError(g.pointer, g.reason, g.label) for g in lacking],
        )


def files_settled(ctx: MoveContext) -> None:
    unsettled = (ScanState.PENDING, ScanState.BLOCKED)
    if ctx.referral.documents.filter(scan_state__in=unsettled).exists():
        raise ctx.refuse(
            "/documents", "file_not_settled",
            "A file is still being checked or was blocked. Wait for it or take it off.",
        )  # fmt: skip


def duplicate_acknowledged(ctx: MoveContext) -> None:
    if ctx.data.get("duplicate_reason") or not open_duplicates(ctx.referral).exists():
        return
    raise ctx.refuse(
        "/duplicate_reason", "possible_duplicate",
        "Your practice has an open referral for the same person at this clinic. "
        "Say why this is another one.",
    )  # fmt: skip


def open_duplicates(referral: Referral) -> QuerySet[Referral]:
    """Open referrals of the same practice for the same person at the same clinic.

    The one that this replaces (declined or expired, then sent again) is no duplicate.
    """
    if not referral.patient_index:
        return Referral.objects.none()
    return Referral.objects.filter(
        patient_index=referral.patient_index, practice_id=referral.practice_id,
        clinic_id=referral.clinic_id, state__in=OPEN_STATES - {State.DRAFT},
    ).exclude(pk__in=[referral.pk, referral.replaces_id])  # fmt: skip


def danger_acknowledged(ctx: MoveContext) -> None:
    if ctx.assessment["priority"]["value"] != "p0" or ctx.data.get("danger_acknowledged") is True:
        return
    raise ctx.refuse(
        "/danger_acknowledged", "danger_not_acknowledged",
        "The answers point to immediate danger. Call 911 or 988 now; confirm that you acted.",
    )  # fmt: skip


def items_answered(ctx: MoveContext) -> None:
    request = ctx.referral.information_requests.filter(answered_at__isnull=True).first()
    items = {str(i.pk): i.code for i in request.items.all()} if request else {}
    given = {answer["item"] for answer in ctx.data["answers"]}
    unknown = [
        FieldError(f"/answers/{n}/item", "unknown_item", "The clinic did not ask for this.")
        for n, answer in enumerate(ctx.data["answers"])
        if answer["item"] not in items and answer["item"] not in items.values()
    ]
    missing = [code for pk, code in items.items() if pk not in given and code not in given]
    if missing:
        unknown.append(
            FieldError("/answers", "item_unanswered",
                       f"Answer each item, or say why you cannot: {len(missing)} left.")
        )  # fmt: skip
    if unknown:
        raise Invalid(errors=unknown)


def information_overdue(ctx: MoveContext) -> None:
    request = ctx.referral.information_requests.filter(answered_at__isnull=True).first()
    overdue = request is not None and request.due_on < clock.now().date()
    if not (overdue and request and request.reminders_sent >= REMINDERS_BEFORE_EXPIRY):
        raise Conflict("The practice still has time, or was not reminded twice yet.")


def licensed_reviewer(ctx: MoveContext) -> None:
    if reviewers.licensed_for(ctx) is None:
        raise ctx.refuse(
            "/licensed_reviewer", "licensed_reviewer_needed",
            "Name the licensed clinician of your clinic who has reviewed this.",
        )  # fmt: skip


def safety_reviewed(ctx: MoveContext) -> None:
    reviewed = {review.rule for review in ctx.referral.flag_reviews.all()}
    waiting = sorted(
        {f["rule"] for f in ctx.assessment["flags"] if f["level"] == "R"} - reviewed
    )  # fmt: skip
    if waiting:
        raise ctx.refuse(
            "/flags", "flag_not_reviewed",
            f"{len(waiting)} safety flags need a clinician's review note first.",
        )  # fmt: skip


def reason_allowed(ctx: MoveContext) -> None:
    pointer = "/disposition" if "disposition" in ctx.data else "/reason"
    if ctx.reason is None:
        raise ctx.refuse(pointer, "unknown_reason", "Choose one of the listed reasons.")
    if ctx.role.value not in ctx.reason.roles:
        raise ctx.refuse(
            pointer, "reason_not_for_role", "This reason needs a licensed clinician's decision."
        )
    if ctx.reason.comment_mandatory and "comment" in type_fields(ctx) and not _comment(ctx):
        raise ctx.refuse("/comment", "required", "Say in a comment what the reason is.")


def type_fields(ctx: MoveContext) -> set[str]:
    from referrals.lifecycle.inputs import inputs_of

    return set(inputs_of(ctx.move.action)().fields)


def _comment(ctx: MoveContext) -> str:
    return (ctx.data.get("comment") or "").strip()


def nothing_owed(ctx: MoveContext) -> None:
    """A timer never closes what the clinic still owes an answer to."""
    if ctx.role is Role.SY and ctx.referral.state != "completed":
        raise Conflict("Only an outcome that was sent closes by itself.")


def time_free(ctx: MoveContext) -> None:
    now = clock.now()
    if ctx.data["start"] <= now:
        raise ctx.refuse("/start", "in_the_past", "The appointment must be in the future.")
    if ctx.data["start"] > now + MAX_LEAD:
        raise ctx.refuse("/start", "too_far", "Book within the next two years.")


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


def contact_attempted(ctx: MoveContext) -> None:
    if ctx.data.get("clinical_reason"):
        return
    means = [attempt.means for attempt in ctx.referral.contact_attempts.all()]
    if len(means) < CONTACT_ATTEMPTS or len(set(means)) < CONTACT_MEANS:
        raise ctx.refuse(
            "/clinical_reason", "contact_attempts_needed",
            "Log three attempts by two different means, or give a clinical reason.",
        )  # fmt: skip


def completed_before(ctx: MoveContext) -> None:
    if ctx.referral.first_completed_at is None:
        raise Conflict("Only a referral with an outcome can be reopened.")


def two_people(ctx: MoveContext) -> None:
    asked = ctx.referral.error_requests.filter(confirmed_at__isnull=True).last()
    if ctx.role is Role.CA:
        if asked:
            raise Conflict("This was asked already; the privacy officer has to confirm it.")
        if not ctx.data.get("reason"):
            raise ctx.refuse("/reason", "required", "Say why this was entered in error.")
        return
    if asked is None or clock.now() > asked.asked_at + CONFIRM_WITHIN:
        raise Conflict("Nobody asked for this in the last 7 days.")
    if asked.asked_by_id == ctx.by.user_id:
        raise Forbidden("Another person has to confirm this.")


def lowering_licensed(ctx: MoveContext) -> None:
    # p0 sorts before p3: a greater code is a lower priority.
    if ctx.data["priority"] > ctx.referral.priority and ctx.role is not Role.CL:
        raise Forbidden("Lowering a priority needs a licensed clinician.")


def reviewer_of_clinic(ctx: MoveContext) -> None:
    known = Membership.objects.in_force().filter(
        user_id=ctx.data["reviewer"], organisation=ctx.referral.clinic,
        role__in=(Role.CO, Role.CL), user__is_active=True,
    )  # fmt: skip
    if not known.exists():
        raise ctx.refuse("/reviewer", "unknown_reviewer", "Choose somebody of your clinic.")


GUARDS: dict[Guard, Callable[[MoveContext], None]] = {
    Guard.SUBMIT_SET: submit_set,
    Guard.CONSENT: consent_covers,
    Guard.CONSENT_RECORDED: consent_recorded,
    Guard.FILES_SETTLED: files_settled,
    Guard.DUPLICATE_ACKNOWLEDGED: duplicate_acknowledged,
    Guard.DANGER_ACKNOWLEDGED: danger_acknowledged,
    Guard.ITEMS_ANSWERED: items_answered,
    Guard.INFORMATION_OVERDUE: information_overdue,
    Guard.LICENSED_REVIEWER: licensed_reviewer,
    Guard.SAFETY_REVIEWED: safety_reviewed,
    Guard.REASON_ALLOWED: reason_allowed,
    Guard.NOTHING_OWED: nothing_owed,
    Guard.TIME_FREE: time_free,
    Guard.CLINIC_DIFFERS: clinic_differs,
    Guard.CONTACT_ATTEMPTED: contact_attempted,
    Guard.COMPLETED_BEFORE: completed_before,
    Guard.TWO_PEOPLE: two_people,
    Guard.LOWERING_LICENSED: lowering_licensed,
    Guard.REVIEWER_OF_CLINIC: reviewer_of_clinic,
}


def check(ctx: MoveContext) -> None:
    """Run the move's guards in the table's order."""
    for guard in ctx.move.guards:
        GUARDS[guard](ctx)


__all__ = ["GUARDS", "check", "open_duplicates"]
