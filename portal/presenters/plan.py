"""The one plan as its page shows it: each side's contributions, the newest first, and the team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from referrals import care_team, disclosure
from referrals.actors import Actor
from referrals.models import PlanContribution, PlanSide, Referral
from referrals.operations import plan

TITLES = {
    PlanSide.GOALS: "Goals, in the patient's words",
    PlanSide.PAIN: "Pain side",
    PlanSide.TRAUMA: "Trauma side",
    PlanSide.DAILY_LIFE: "Daily-life side",
}
EMPTY = {
    PlanSide.GOALS: "Nobody has written down what the patient wants.",
    PlanSide.PAIN: "Nothing on the pain side yet.",
    PlanSide.TRAUMA: "Nothing on the trauma side yet.",
    PlanSide.DAILY_LIFE: "Nothing on movement, sleep, mindfulness, nutrition or family yet.",
}


@dataclass(frozen=True, slots=True)
class Group:
    """One side of the plan; `asked` are the goals that stand in the referral itself."""

    side: str
    title: str
    empty: str
    contributions: list[PlanContribution]
    asked: str = ""

    @property
    def written(self) -> bool:
        return bool(self.contributions or self.asked)


def build(referral: Referral, actor: Actor) -> dict[str, Any]:
    """The context of components/plan.html; nothing of it once consent has closed it."""
    reading = disclosure.reading_of(referral, actor)
    if reading.closed:
        return {"groups": [], "all": [], "team": [], "may_add": False, "url": ""}
    rows = plan.read(referral, by=actor)
    goals = (disclosure.content_for(referral, actor).get("request") or {}).get("goals") or ""
    groups = [
        Group(side, TITLES[side], EMPTY[side],
              [one for one in reversed(rows) if one.side == side],
              goals if side == PlanSide.GOALS else "")
        for side in PlanSide if plan.is_open(referral, side, by=actor)
    ]  # fmt: skip
    return {
        "all": groups,
        "groups": [group for group in groups if group.written],
        "team": care_team.team_of(referral, actor),
        "may_add": plan.may_write(referral, by=actor),
        "url": reverse("referrals:plan", args=[referral.pk]),
    }
