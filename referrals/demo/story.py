"""One referral's story: its people, its time, and the acts that move it along.

A story is a generator that yields the moment of its next act. Whoever runs it sets the
domain's clock to that moment and lets it go on; so hundreds of stories share one time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

from referrals.actors import Actor, actor_for
from referrals.demo import answers, days, words
from referrals.demo.answers import Case
from referrals.demo.people import DOMAIN, Cast
from referrals.lifecycle import Action
from referrals.models import Referral
from referrals.operations import conversation, drafts, facts, moves, plan, sharing

Steps = Iterator[datetime]
EHR_SHARE = 0.35  # of what the clinic's own system may do, it does this much


@dataclass(frozen=True, slots=True)
class Setting:
    """What all stories share; `partner` is the EHR of the clinic `apopka`."""

    cast: Cast
    calendar: days.Calendar
    partner: Actor


@dataclass(frozen=True, slots=True)
class Part:
    """Who plays in one story. Names are logins."""

    referrer: str
    typist: str
    clinic: str
    coordinator: str
    clinician: str


class Story:
    """Acts at the domain's present time; begins `age` working days before the last one."""

    def __init__(
        self, setting: Setting, part: Part, case: Case, *, age: int, rng: random.Random
    ) -> None:
        self.setting, self.part, self.case, self.rng = setting, part, case, rng
        self.at = self._between(setting.calendar.ago(age), 8 * 60 + 10, 15 * 60)
        self.id: UUID | None = None

    # Time

    def _between(self, day: date, first: int, last: int) -> datetime:
        """A time of that day, in minutes after midnight at the clinics."""
        hour, minute = divmod(self.rng.randrange(first, last), 60)
        return days.local(day, hour, minute)

    def later(self, working_days: int = 0) -> datetime:
        """The moment of the next act: later the same day, or on a working day after it."""
        if working_days:
            day = self.setting.calendar.after(self.at.date(), working_days)
            self.at = self._between(day, 8 * 60 + 5, 15 * 60)
        else:
            self.at += timedelta(minutes=self.rng.randrange(4, 22))
        return self.at

    def at_end_of(self, visit: datetime) -> datetime:
        self.at = visit
        return self.at

    def ahead(self, working_days: int) -> date:
        """A working day counted from the story's present."""
        return self.setting.calendar.after(self.at.date(), working_days)

    def coming(self, working_days: int) -> date:
        """A day that is still to come when the demo is looked at (2 or more)."""
        return self.setting.calendar.after(self.setting.calendar.last, working_days)

    def day(self, working_days: int) -> str:
        return self.ahead(working_days).isoformat()

    # People

    def actor(self, login: str) -> Actor:
        return self.setting.cast.actors[login]

    def scheduler(self) -> tuple[Actor, str]:
        """The coordinator, or at `apopka` now and then the clinic's own system."""
        if self.part.clinic == "apopka" and self.rng.random() < EHR_SHARE:
            return self.setting.partner, "api"
        return self.actor(self.part.coordinator), "portal"

    def carer(self) -> tuple[Actor, str]:
        return self.actor(self.part.clinician), "portal"

    def administrator(self) -> str:
        return "clinic-admin" if self.part.clinic == "apopka" else "other-clinic-admin"

    def needs_written(self) -> bool:
        return self.case.kind in answers.THERAPIST_KINDS

    def priority(self) -> str:
        return str(self._referral().priority)

    # Acts

    def act(self, action: Action, by: str | tuple[Actor, str], /, **data: Any) -> Referral:
        """Make one move on the present version. Returns the successor where there is one."""
        actor, door = (self.actor(by), "portal") if isinstance(by, str) else by
        version = Referral.objects.values_list("version", flat=True).get(pk=self._id)
        made = moves.perform(
            action, referral_id=self._id, by=actor, data=data, version=version, door=door
        )
        return made.successor or made.referral

    def write(self, *sections: str) -> None:
        """Create the draft, typed by the practice; with only these sections where given."""
        content = answers.compose(self.case, self.rng)
        kept = {name: content[name] for name in sections} if sections else content
        referral = drafts.create(
            by=self.actor(self.part.typist), data=kept | self._header(), door="portal"
        )
        self.id = referral.pk

    def _header(self) -> dict[str, Any]:
        header: dict[str, Any] = {"clinic": self.part.clinic, "service": self.case.service}
        if self.part.typist != self.part.referrer:
            header["referring_clinician"] = {"id": str(self.actor(self.part.referrer).user_id)}
        return header

    def type_in(self, origin: str, practice: str) -> None:
        """Create the draft from a fax, a letter or a call, typed by the coordinator."""
        sections = answers.compose(self.case, self.rng)
        header = {
            "clinic": self.part.clinic, "service": self.case.service, "origin": origin,
            "practice": str(self.setting.cast.organisations[practice].pk),
            "referring_clinician": {"id": str(self.actor(self.part.referrer).user_id)},
        }  # fmt: skip
        referral = drafts.create(
            by=self.actor(self.part.coordinator), data=sections | header, door="portal"
        )
        self.id = referral.pk

    def send(self, by: str = "", **data: Any) -> None:
        if self.case.safety == "danger":
            data["danger_acknowledged"] = True
        self.act(Action.SUBMIT, by or self.part.typist, **data)

    def claim(self, by: str = "") -> None:
        self.act(Action.CLAIM, by or self.part.coordinator)

    def review_concerns(self) -> None:
        """The clinician writes a note on each finding that needs one."""
        for flag in facts.assess(self._referral())["flags"]:
            if flag["level"] == "R":
                note = words.CONCERN_NOTES.get(flag["rule"], words.CONCERN_NOTE)
                self.act(Action.REVIEW_FLAG, self.part.clinician, rule=flag["rule"], note=note)

    def accept(self) -> None:
        self.review_concerns()
        self.act(
            Action.ACCEPT, self.part.coordinator, expected_by=self.day(self.rng.randrange(5, 11)),
            licensed_reviewer=str(self.actor(self.part.clinician).user_id),
        )  # fmt: skip

    def book(self, day: date) -> datetime:
        """Book a visit on that day and return when it is over."""
        start, end = self.visit(day)
        video = self.rng.random() < 0.25
        place = {} if video else {"place": "Ground floor, room with the blue door"}
        self.act(
            Action.SCHEDULE, self.scheduler(), start=start.isoformat(), end=end.isoformat(),
            time_zone=str(days.ZONE), mode="video" if video else "in_person", **place,
        )  # fmt: skip
        return end

    def rebook(self, day: date, reason: str) -> datetime:
        start, end = self.visit(day)
        self.act(
            Action.RESCHEDULE, self.scheduler(), start=start.isoformat(), end=end.isoformat(),
            reason=reason,
        )  # fmt: skip
        return end

    def visit(self, day: date) -> tuple[datetime, datetime]:
        start = days.local(day, self.rng.randrange(9, 15), self.rng.choice((0, 30)))
        return start, start + timedelta(minutes=90)

    def ask(self, *codes: str, due_in: int = 7) -> None:
        items = [
            {"code": code} | ({"note": note} if (note := words.QUESTIONS[code][0]) else {})
            for code in codes
        ]
        self.act(
            Action.REQUEST_INFO, self.part.coordinator, items=items, due_on=self.day(due_in),
            message=self.rng.choice(words.ASKING),
        )  # fmt: skip

    def answer(self, *codes: str, leave_out: str = "") -> None:
        given = [
            {"item": code, "declined_because": words.NOT_ANSWERED} if code == leave_out
            else {"item": code, "answer": words.QUESTIONS[code][1]}
            for code in codes
        ]  # fmt: skip
        self.act(Action.PROVIDE_INFO, self.part.typist, answers=given)

    def amend(self) -> None:
        """The practice changes what it sent, and says why."""
        medicines = {"medications": [
            {"name": "Duloxetine", "dose": "60 mg", "frequency": "once a day",
             "classes": ["antidepressant"]},
        ]}  # fmt: skip
        drafts.change(
            self._id, by=self.actor(self.part.typist), data={"medical": medicines},
            version=self._referral().version, amendment_reason=words.AMENDED, door="portal",
        )  # fmt: skip

    def say(self, by: str, text: str) -> None:
        conversation.post(self._id, by=self.actor(by), data={"body": text}, door="portal")

    def invite(self, login: str, practice: str) -> None:
        """A clinician of elsewhere takes part in this referral, and in no other."""
        data = {"email": f"{login}@{DOMAIN}", "patient_agrees": True}
        made = sharing.invite(self._id, by=self.actor(self.part.typist), data=data, door="portal")
        sharing.accept(made, by=self.actor(login), practice_name=practice)
        user = get_user_model().objects.get(pk=self.actor(login).person)
        self.setting.cast.actors[login] = actor_for(user)

    def complete_half(self, login: str) -> None:
        medical = {"blood_pressure": {"systolic": 128, "diastolic": 82,
                                      "taken_on": self.at.date().isoformat()},
                   "heart_rate": 74, "k01": "no", "k08": "no"}  # fmt: skip
        drafts.change(
            self._id, by=self.actor(login), data={"medical": medical}, version=None, door="portal"
        )

    def contribute(self, by: str, side: str, text: str, topic: str = "") -> None:
        data = {"side": side, "text": text} | ({"topic": topic} if topic else {})
        plan.add(self._id, by=self.actor(by), data=data, door="portal")

    def start_care(self) -> None:
        self.act(Action.START_CARE, self.carer())

    def complete(self, number: int) -> None:
        disposition, report, pain, trauma, daily_life = words.OUTCOMES[number % len(words.OUTCOMES)]
        self.act(
            Action.COMPLETE, self.carer(), disposition=disposition, report=report,
            plan={"pain": pain, "trauma": trauma, "daily_life": daily_life},
        )  # fmt: skip

    def become(self, successor: Referral) -> None:
        """Go on with the referral that replaces this one."""
        self.id = successor.pk

    def move_to(self, clinic: str, coordinator: str, clinician: str) -> None:
        self.part = replace(self.part, clinic=clinic, coordinator=coordinator, clinician=clinician)

    @property
    def _id(self) -> UUID:
        assert self.id is not None
        return self.id

    def _referral(self) -> Referral:
        return Referral.objects.select_related("practice", "content").get(pk=self._id)
