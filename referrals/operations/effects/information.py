"""The clinic asks, and the practice answers."""

from __future__ import annotations

from referrals import clock
from referrals.models import InformationItem, InformationRequest
from referrals.operations import answers
from referrals.operations.context import MoveContext
from referrals.operations.effects.telling import said
from referrals.operations.transition import Change


def request_info(ctx: MoveContext) -> Change:
    asked = InformationRequest.objects.create(
        referral=ctx.referral, asked_by_id=ctx.by.user_id, asked_at=clock.now(),
        due_on=ctx.data["due_on"], message=ctx.data["message"],
    )  # fmt: skip
    InformationItem.objects.bulk_create(
        InformationItem(request=asked, code=item["code"], note=item.get("note"), position=n)
        for n, item in enumerate(ctx.data["items"])
    )
    return Change(
        columns={"reviewer_id": ctx.referral.reviewer_id or ctx.by.user_id},
        detail={**said(ctx, "message", "due_on"), "items": len(ctx.data["items"])},
        reason_class="information",
    )


def provide_info(ctx: MoveContext) -> Change:
    asked = ctx.referral.information_requests.get(answered_at__isnull=True)
    items = list(asked.items.all())
    for answer in ctx.data["answers"]:
        (item,) = answers.items_meant(items, answer["item"])
        item.answer = answer.get("answer")
        item.declined_because = answer.get("declined_because")
        item.save(update_fields=["answer", "declined_because"])
    asked.answered_at = clock.now()
    asked.save(update_fields=["answered_at"])
    return Change(detail={"answers": len(items)})
