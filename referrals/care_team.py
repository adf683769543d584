"""One care team across practice and clinic, as far as the reader may know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from referrals import disclosure
from referrals.actors import Actor
from referrals.content.codes import TEAM_ROLE
from referrals.models import Referral


@dataclass(frozen=True, slots=True)
class Member:
    """`may_be_told` is for family and friends, in the words of the patient's permission."""

    name: str
    role: str
    organisation: str = ""
    may_be_told: str = ""


def team_of(referral: Referral, actor: Actor) -> list[Member]:
    """Practice first, then who was invited, then the clinic, then whom the patient named."""
    content = disclosure.content_for(referral, actor)
    if not content:
        return []
    return [
        *_seated(referral), *_invited(referral), *_of_clinic(referral),
        *(_named(one) for one in content.get("care_team") or []), *_family(content),
    ]  # fmt: skip


def _seated(referral: Referral) -> list[Member]:
    who = referral.referring_clinician
    return [Member(who.full_name, "Referring clinician", referral.practice.name)] if who else []


def _invited(referral: Referral) -> list[Member]:
    rows = referral.clinician_invitations.in_force().select_related("accepted_by")
    return [
        Member(row.accepted_by.full_name, "Invited clinician", row.practice_name)
        for row in rows
        if row.accepted_by
    ]


def _of_clinic(referral: Referral) -> list[Member]:
    clinic = referral.clinic.name if referral.clinic else ""
    parts = ((referral.reviewer, "Reviewer"), (referral.licensed_reviewer, "Licensed reviewer"))
    found = {user.pk: Member(user.full_name, words, clinic) for user, words in parts if user}
    return list(found.values())


def _named(one: dict[str, Any]) -> Member:
    roles = dict(TEAM_ROLE)
    return Member(
        str(one.get("name") or "Not named"), roles.get(one.get("role") or "", "Other"),
        str(one.get("organisation") or ""), str(one.get("may_be_told") or ""),
    )  # fmt: skip


def _family(content: dict[str, Any]) -> list[Member]:
    """Permitted persons that the care team does not name already."""
    there = {str(one.get("name", "")).casefold() for one in content.get("care_team") or []}
    return [
        Member(str(one.get("name") or "Not named"), str(one.get("relationship") or "Family"), "",
               str(one.get("may_be_told") or ""))
        for one in (content.get("consent") or {}).get("family") or []
        if one.get("permission_on") and str(one.get("name", "")).casefold() not in there
    ]  # fmt: skip
