"""Before something ends, comes back, or is taken back: reasons, and what stands against it."""

from __future__ import annotations

from referrals.actors import Role
from referrals.errors import Conflict, Forbidden
from referrals.lifecycle import OPEN_STATES, Action, State
from referrals.operations.context import MoveContext

CONTACT_ATTEMPTS, CONTACT_MEANS = 3, 2


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


def not_sent_again(ctx: MoveContext) -> None:
    if ctx.referral.successors.filter(state__in=OPEN_STATES).exists():
        raise Conflict("This was sent again already. Go on with the newer one.")


def consent_stands(ctx: MoveContext) -> None:
    if ctx.referral.consent_revoked_at is not None:
        raise Conflict("The consent was revoked already.")
    if ctx.data.get("scope") in (ctx.referral.content.revoked_classes or {}):
        raise ctx.refuse("/scope", "already_revoked", "This part was revoked already.")
