"""Questions without a referral in words: the lists of both sides, and one with its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from portal.presenters import words
from portal.presenters.content_words import Fact
from portal.presenters.stream import Item
from referrals.actors import ROLE_LABELS, Actor, Role
from referrals.models import Advice, AdviceEntry, AdviceStage
from referrals.operations import advice, asking_advice

TOPICS = dict(asking_advice.TOPICS)
PTSD = dict(asking_advice.STATUSES)
TONES = {
    AdviceStage.ASKED: ("waiting", "hourglass"),
    AdviceStage.ANSWERED: ("ok", "check"),
    AdviceStage.REFERRED: ("accepted", "send"),
    AdviceStage.CLOSED: ("quiet", "check"),
}
HAPPENED = {
    "asked": ("Asked", "question"), "answered": ("Answered", "message"),
    "asked_on": ("Asked on", "question"), "closed": ("Closed", "check"),
    "referred": ("Turned into a referral", "send"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    url: str
    reference: str
    topic: str
    other: str  # the other side
    who: str
    stage: str
    tone: str
    icon: str
    at: Any


def rows(found: list[Advice], actor: Actor) -> list[Row]:
    return [_row(one, actor) for one in found]


def _row(one: Advice, actor: Actor) -> Row:
    tone, icon = TONES[AdviceStage(one.stage)]
    asks = one.practice_id in actor.organisations(Role.RC, Role.RD)
    return Row(
        url=reverse("advice:detail", args=[one.pk]), reference=one.reference,
        topic=TOPICS.get(one.topic, one.topic),
        other=one.clinic.name if asks else one.practice.name, who=one.clinician.full_name,
        stage=stage_words(one, actor), tone=tone, icon=icon, at=one.updated_at,
    )  # fmt: skip


def stage_words(one: Advice, actor: Actor) -> str:
    """Whose turn it is; a coordinator reads a question that only a clinician answers."""
    if one.stage != AdviceStage.ASKED:
        return AdviceStage(one.stage).label
    if one.practice_id in actor.organisations(Role.RC, Role.RD):
        return "Waiting for the clinic"
    answers = one.clinic_id in actor.organisations(Role.CL)
    return "Waiting for you" if answers else "Waiting for a clinician"


def page(one: Advice, actor: Actor) -> dict[str, Any]:
    tone, icon = TONES[AdviceStage(one.stage)]
    asks = one.practice_id in actor.organisations(Role.RC, Role.RD)
    return {
        "advice": one, "asks": asks, "stage": stage_words(one, actor), "tone": tone, "icon": icon,
        "facts": facts(one), "items": [_item(e, asks) for e in reversed(one.entries.all())],
        "acts": advice.available(one, by=actor),
        "referral_url": reverse("referrals:detail", args=[one.referral_id])
        if one.referral_id and asks else "",
    }  # fmt: skip


def facts(one: Advice) -> list[Fact]:
    patient, trauma = one.body.get("patient") or {}, one.body.get("trauma") or {}
    name = " ".join(patient.get(n, "") for n in ("given_name", "family_name")).strip()
    born = patient.get("birth_date")
    found = [
        Fact("About", TOPICS.get(one.topic, one.topic)),
        Fact("Practice", one.practice.name),
        Fact("Asked for", one.clinician.full_name),
        Fact("Clinic", one.clinic.name),
        Fact("Service in mind", one.service.name if one.service else "Not said"),
        Fact("Patient", name or "Not named"),
        Fact("Birth date", words.day(date.fromisoformat(born)) if born else ""),
        Fact("Named with", "The patient's written agreement" if one.agreed_in_writing else ""),
        Fact("Pain", (one.body.get("pain") or {}).get("problem") or ""),
        Fact("PTSD", PTSD.get(trauma.get("ptsd_status", ""), "")),
    ]
    return [fact for fact in found if fact.value]


def _item(entry: AdviceEntry, asks: bool) -> Item:
    title, icon = HAPPENED[entry.act]
    role = ROLE_LABELS[Role(entry.author_role)].lower()
    mine = (entry.side == "practice") == asks
    return Item(
        "message" if entry.text else "move", icon, title, f"{entry.author_name}, {role}",
        entry.at, entry.text or "", mine,
    )  # fmt: skip
