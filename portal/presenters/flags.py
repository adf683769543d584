"""The safety flags of a referral for its reader, each with its basis and the note on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.presenters import findings
from portal.presenters.content_words import Fact
from portal.presenters.referral_header import Reader, act_url
from referrals import permissions
from referrals.assessment import answers_read
from referrals.lifecycle import Action, Phase, Turn
from referrals.models import FlagReview, Referral

URGENT = {
    "p0": "Tell the clinician on call now: this referral points to immediate danger. Nobody "
    "watches this portal in real time.",
    "p1": "Tell a clinician of your clinic now: an urgent referral is read by a clinician "
    "before anything else is decided.",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """One safety flag with its basis, and the licensed person's note on it if there is one."""

    rule: str
    level: str
    tone: str
    message: str
    source: str
    version: str
    inputs: list[Fact]
    review: FlagReview | None
    review_url: str


def rows(
    referral: Referral, reader: Reader, found: Mapping[str, Any], reviews: list[FlagReview]
) -> list[Flag]:
    inside = reader.side is not Turn.PRACTICE
    noted = {review.rule: review for review in reviews} if inside else {}
    levels = findings.LEVELS if inside else {**findings.LEVELS, "R": "The clinic reviews this"}
    may = permissions.may(Action.REVIEW_FLAG, referral, reader.actor) and referral.is_open
    link = f"{act_url(referral, Action.REVIEW_FLAG)}?rule="
    answers = answers_read(reader.content(referral), found)
    return [
        Flag(
            rule=flag["rule"], level=levels[flag["level"]],
            tone=findings.TONES[flag["level"]],
            message=findings.said(flag), source=flag["source"], version=flag["version"],
            inputs=[findings.fact(name, answers.get(name)) for name in flag["inputs"]],
            review=noted.get(flag["rule"]),
            review_url=link + flag["rule"] if may and flag["rule"] not in noted else "",
        )
        for flag in found["flags"]
    ]  # fmt: skip


def urgent_words(referral: Referral, reader: Reader) -> str:
    """For a coordinator without a licence: what a P0 or P1 that is undecided asks of her."""
    asks = _is_unlicensed(reader) and referral.phase is Phase.DECIDING
    return URGENT.get(referral.priority, "") if asks else ""


def to_review(reader: Reader, found: Mapping[str, Any], reviews: list[FlagReview]) -> int:
    """For a coordinator without a licence: how many flags wait for a clinician."""
    if not _is_unlicensed(reader):
        return 0
    noted = {review.rule for review in reviews}
    return sum(1 for flag in found["flags"] if flag["level"] == "R" and flag["rule"] not in noted)


def _is_unlicensed(reader: Reader) -> bool:
    return reader.side is Turn.CLINIC and not reader.licensed
