"""What must hold before a move: one function for each guard that the table names.

A guard returns nothing, or raises what is wrong and how to mend it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from referrals import capacity, clock, clocks, consent, reasons
from referrals.actors import Role
from referrals.errors import Conflict, FieldError, Forbidden, Invalid
from referrals.lifecycle import OPEN_STATES, Action, Guard, State
from referrals.models import InformationItem, Membership, Organisation, Referral, ScanState
from referrals.operations import answers, copies, facts, parties, reviewers
from referrals.operations.context import MoveContext
from referrals.permissions import wrote_it

MAX_LEAD = timedelta(days=730)
LONGEST_APPOINTMENT = timedelta(days=1)
CONTACT_ATTEMPTS, CONTACT_MEANS = 3, 2
REMINDERS_BEFORE_EXPIRY = 2


def submit_set(ctx: MoveContext) -> None:
    errors = [
        FieldError(g.pointer, g.reason, g.label) for g in facts.gaps_before_sending(ctx.referral)
    ]
    if ctx.referral.referring_clinician_id is None:
        errors.append(
            FieldError("/referring_clinician/id", "required", "Name the referring clinician.")
        )
    errors += _gone_since(ctx.referral)
    if errors:
        raise Invalid("A few answers are still needed before this can be sent.", errors=errors)


def _gone_since(referral: Referral) -> list[FieldError]:
    """What the draft names and what is no longer there: a draft may be weeks old."""
    errors = []
    if referral.clinic and not referral.clinic.active:
        errors.append(FieldError("/clinic", "unknown_clinic", "Choose a clinic from the list."))
    if referral.service and not referral.service.active:
        errors.append(
            FieldError("/service", "unknown_service", "Choose one of the clinic's services.")
        )
    clinician = referral.referring_clinician_id
    if clinician and not parties.clinician_seat(clinician, referral.practice_id):
        errors.append(
            FieldError("/referring_clinician/id", "unknown_clinician",
                       "Choose a clinician of the practice.")
        )  # fmt: skip
    return errors


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
    if ctx.referral.documents.on_record().filter(scan_state__in=unsettled).exists():
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
    asked = list(request.items.all()) if request else []
    errors: list[FieldError] = []
    answered: set[UUID] = set()
    for n, answer in enumerate(ctx.data["answers"]):
        meant = answers.items_meant(asked, answer["item"])
        problem = _answer_problem(meant, answered)
        if problem:
            errors.append(FieldError(f"/answers/{n}/item", *problem))
        answered.update(item.pk for item in meant)
    left = len({item.pk for item in asked} - answered)
    if left:
        errors.append(
            FieldError("/answers", "item_unanswered",
                       f"Answer each item, or say why you cannot: {left} left.")
        )  # fmt: skip
    if errors:
        raise Invalid(errors=errors)


def _answer_problem(meant: list[InformationItem], answered: set[UUID]) -> tuple[str, str] | None:
    if not meant:
        return "unknown_item", "The clinic did not ask for this."
    if len(meant) > 1:
        return "ambiguous_item", "The clinic asked this more than once. Name the item by its id."
    if meant[0].pk in answered:
        return "item_twice", "Answer each item once."
    return None


def items_coded(ctx: MoveContext) -> None:
    """Each item is a listed one, or one that the rules find missing."""
    completeness = ctx.assessment["completeness"]
    known = {
        gap["code"] for stage in ("submit", "accept") for gap in completeness[stage]["missing"]
    }
    errors = [
        FieldError(f"/items/{n}/code", "unknown_item", "Choose one of the listed items.")
        for n, item in enumerate(ctx.data["items"])
        if item["code"] not in known and not _is_listed(ctx, item["code"])
    ]
    if errors:
        raise Invalid(errors=errors)


def _is_listed(ctx: MoveContext, code: str) -> bool:
    return reasons.find("info_item", code, clinic_id=ctx.referral.clinic_id) is not None


DAYS_NAMED = ("due_on", "expected_by", "review_on")


def day_ahead(ctx: MoveContext) -> None:
    """A day that is named lies ahead on the clinic's calendar, within two years."""
    assert ctx.referral.clinic is not None  # only a draft has none
    today = clocks.local_day(ctx.referral.clinic, clock.now())
    for name in DAYS_NAMED:
        day = ctx.data.get(name)
        if day is not None and day < today:
            raise ctx.refuse(f"/{name}", "in_the_past", "Choose a day that is still to come.")
        if day is not None and day > today + MAX_LEAD:
            raise ctx.refuse(f"/{name}", "too_far", "Choose a day within the next two years.")


def information_overdue(ctx: MoveContext) -> None:
    request = ctx.referral.information_requests.filter(answered_at__isnull=True).first()
    clinic = ctx.referral.clinic
    overdue = (
        request is not None
        and clinic is not None
        and request.due_on < clocks.local_day(clinic, clock.now())
    )
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
    """A timer never closes what the clinic still owes an answer to, nor what a practice has
    to acknowledge; where nobody of the practice signs in, nobody ever could."""
    nobody = ctx.referral.practice.is_external
    if ctx.role is Role.SY and ctx.referral.state != State.COMPLETED and not nobody:
        raise Conflict("Only an outcome that was sent closes by itself.")


def time_free(ctx: MoveContext) -> None:
    now = clock.now()
    if ctx.data["start"] <= now:
        raise ctx.refuse("/start", "in_the_past", "The appointment must be in the future.")
    if ctx.data["start"] > now + MAX_LEAD:
        raise ctx.refuse("/start", "too_far", "Book within the next two years.")
    if ctx.data["end"] - ctx.data["start"] > LONGEST_APPOINTMENT:
        raise ctx.refuse("/end", "too_long", "An appointment ends within a day.")
    _slot_free(ctx)


def _slot_free(ctx: MoveContext) -> None:
    """No more appointments at once or in a week than the clinic set for the service."""
    service = ctx.referral.service
    if service is None:
        return
    taken = capacity.problem(service, ctx.data["start"], ctx.data["end"], besides=ctx.referral.pk)
    if taken:
        raise ctx.refuse("/start", "slot_taken", taken)


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
    ended = ctx.referral.timeline.filter(action=Action.CLOSE).last()
    closed_otherwise = (
        ctx.referral.state == State.CLOSED
        and ended is not None
        and ended.from_state != State.COMPLETED
    )
    if ctx.referral.first_completed_at is None or closed_otherwise:
        raise Conflict("Only a referral with an outcome can be reopened.")


def two_people(ctx: MoveContext) -> None:
    asked = next((r for r in ctx.referral.error_requests.all() if r.is_waiting), None)
    if ctx.role is Role.CA:
        if asked:
            raise Conflict("This was asked already; the privacy officer has to confirm it.")
        if not ctx.data.get("reason"):
            raise ctx.refuse("/reason", "required", "Say why this was entered in error.")
        return
    if asked is None:
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
    if not known.exists() or wrote_it(ctx.referral, ctx.data["reviewer"]):
        raise ctx.refuse("/reviewer", "unknown_reviewer", "Choose somebody of your clinic.")


def not_sent_again(ctx: MoveContext) -> None:
    if ctx.referral.successors.filter(state__in=OPEN_STATES).exists():
        raise Conflict("This was sent again already. Go on with the newer one.")


def consent_stands(ctx: MoveContext) -> None:
    if ctx.referral.consent_revoked_at is not None:
        raise Conflict("The consent was revoked already.")
    if ctx.data.get("scope") in (ctx.referral.content.revoked_classes or {}):
        raise ctx.refuse("/scope", "already_revoked", "This part was revoked already.")


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
    Guard.DAY_AHEAD: day_ahead,
    Guard.ITEMS_CODED: items_coded,
    Guard.NOT_SENT_AGAIN: not_sent_again,
    Guard.CONSENT_STANDS: consent_stands,
}


def check(ctx: MoveContext) -> None:
    """Run the move's guards in the table's order."""
    for guard in ctx.move.guards:
        GUARDS[guard](ctx)


__all__ = ["GUARDS", "check", "open_duplicates"]
