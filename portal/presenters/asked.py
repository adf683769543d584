"""The clinic's requests for information, and what was answered, as far as the reader may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from referrals.actors import Actor
from referrals.models import InformationRequest, Referral
from referrals.operations import own_words
from referrals.rules.accept_set import ANSWERS


@dataclass(frozen=True, slots=True)
class AskedItem:
    label: str
    note: str
    answer: str
    declined: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for information with its items in words."""

    request: InformationRequest
    items: list[AskedItem]


def item_labels(reasons: Mapping[str, str]) -> dict[str, str]:
    """What an item of a request means: the acceptance set's labels, then the coded items."""
    return {**{gap.code: gap.label for gap in (need.gap() for need in ANSWERS)}, **reasons}


def rows(referral: Referral, actor: Actor, reasons: Mapping[str, str]) -> list[Asked]:
    """The clinic's requests for information, the open one first."""
    labels = item_labels(reasons)
    requests = own_words.requests(referral, by=actor)
    requests.sort(key=lambda r: (r.answered_at is not None, -r.asked_at.timestamp()))
    return [
        Asked(
            one,
            [
                AskedItem(labels.get(item.code, item.code), item.note or "", item.answer or "",
                          item.declined_because or "")
                for item in one.items.all()
            ],
        )
        for one in requests
    ]  # fmt: skip
