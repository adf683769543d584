"""The other referrals that one is tied to: what it replaces, what came of it, its copies."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from referrals.actors import Actor
from referrals.lifecycle import State
from referrals.models import Referral


@dataclass(frozen=True, slots=True)
class Link:
    """`words` say what the other one is to this one."""

    words: str
    reference: str
    state: str
    url: str


def of(referral: Referral, actor: Actor) -> list[Link]:
    """Both ways, but only to what this reader may know of: one query."""
    tied = Q(pk__in=[pk for pk in (referral.replaces_id, referral.copied_from_id) if pk])
    tied |= Q(replaces=referral) | Q(copied_from=referral)
    found = Referral.objects.visible_to(actor).filter(tied).order_by("created_at")
    return [
        Link(_words(referral, other), other.reference, other.state,
             reverse("referrals:detail", args=[other.pk]))
        for other in found
    ]  # fmt: skip


def _words(referral: Referral, other: Referral) -> str:
    if other.pk == referral.replaces_id:
        return "Continues" if other.state == State.REDIRECTED else "Sent again in place of"
    if other.replaces_id == referral.pk:
        return "Goes on as" if referral.state == State.REDIRECTED else "Sent again as"
    return "Copied from" if other.pk == referral.copied_from_id else "Copied to"
