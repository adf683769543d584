"""Before the clinic asks, and before the practice's answers or its silence count."""

from __future__ import annotations

from uuid import UUID

from referrals import clock, clocks, reasons
from referrals.errors import Conflict, FieldError, Invalid
from referrals.models import InformationItem
from referrals.operations import answers, facts
from referrals.operations.context import MoveContext

REMINDERS_BEFORE_EXPIRY = 2


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
    known = facts.missing_codes(ctx.assessment)
    errors = [
        FieldError(f"/items/{n}/code", "unknown_item", "Choose one of the listed items.")
        for n, item in enumerate(ctx.data["items"])
        if item["code"] not in known and not _is_listed(ctx, item["code"])
    ]
    if errors:
        raise Invalid(errors=errors)


def _is_listed(ctx: MoveContext, code: str) -> bool:
    return reasons.find("info_item", code, clinic=ctx.referral.clinic) is not None


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
