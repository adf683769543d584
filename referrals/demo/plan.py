"""Which stories the demo tells, how many of each, and how long ago each began."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from referrals.demo import endings, people, stories
from referrals.demo.answers import Case
from referrals.demo.patients import Patient, invent
from referrals.demo.story import Part, Setting, Steps, Story

ITEMS = (
    ("medications", "vitals"), ("safety_screen",), ("pain_history", "trauma_history", "insurance"),
    ("instruments", "contact_details"), ("substance_use",), ("mental_health_history", "imaging"),
)  # fmt: skip
SAFETY = (
    ("calm", 55), ("passing", 12), ("not_assessed", 9), ("item9", 3), ("discharged", 3),
    ("moderate", 4),
)  # fmt: skip
CONCERNS = (
    "heart", "pressure", "pregnancy", "substances", "liver", "breathing", "bladder", "seizures",
)  # fmt: skip
SERVICES = (
    ("dual-diagnosis-evaluation", 70), ("iv-ketamine-evaluation", 14), ("pain-evaluation", 8),
    ("mental-health-evaluation", 8),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """`count` stories of one kind, begun between the two ages (in working days)."""

    tell: Callable[..., Steps]
    count: int
    ages: tuple[int, int]
    words: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    numbered: str = ""  # the option that differs from one story to the next
    case: dict[str, Any] = field(default_factory=dict)
    items: bool = False  # asks for information
    at: str = ""  # the clinic, where the story needs one
    by: str = ""  # the referrer, where the story needs one, who then types it too


def _draft(count: int, *sections: str, ages: tuple[int, int] = (0, 17)) -> Kind:
    return Kind(stories.drafted, count, ages, words=sections)


ADMISSION = ("patient", "consent")
PLAN: tuple[Kind, ...] = (
    _draft(2, "patient"),
    _draft(3, *ADMISSION, "request"),
    _draft(3, *ADMISSION, "request", "pain", "trauma"),
    _draft(4),
    Kind(stories.sent, 7, (0, 1)),
    Kind(stories.sent, 3, (3, 6)),
    Kind(stories.sent_just_now, 1, (0, 0), options={"minutes": 25}, case={"safety": "moderate"},
         at="apopka"),
    Kind(stories.sent_just_now, 1, (0, 0), options={"minutes": 96}, at="apopka"),
    Kind(stories.danger_just_now, 1, (0, 0), options={"minutes": 34}, case={"safety": "danger"},
         at="apopka"),
    Kind(stories.released, 1, (2, 4)),
    Kind(stories.typed_in, 1, (0, 1), options={"origin": "fax"}),
    Kind(stories.typed_in, 1, (1, 2), options={"origin": "paper"}),
    Kind(stories.typed_in_and_claimed, 2, (1, 3), options={"origin": "phone"}),
    Kind(stories.claimed, 4, (0, 1), options={"after": 0}),
    Kind(stories.claimed, 4, (1, 2), options={"after": 1}),
    Kind(stories.claimed, 2, (4, 6)),
    Kind(stories.handed_over, 2, (1, 2), case={"safety": "calm"}, at="apopka"),
    Kind(endings.entered_in_error, 1, (2, 2), numbered="number", options={"confirmed": False},
         at="apopka"),
    Kind(stories.asked, 9, (1, 4), items=True, case={"safety": "calm"}),
    Kind(stories.answered, 4, (3, 4), items=True, case={"urgency": "routine"}),
    Kind(stories.expired, 2, (20, 50), items=True),
    Kind(stories.expired, 3, (8, 15), items=True),
    Kind(stories.expired_and_sent_again, 1, (16, 17), items=True),
    Kind(stories.accepted, 5, (2, 5)),
    Kind(stories.accepted_after_questions, 3, (7, 10), items=True),
    Kind(stories.waitlisted_and_back, 1, (16, 24)),
    Kind(stories.missed, 2, (8, 13)),
    Kind(stories.visit_cancelled, 2, (8, 14)),
    Kind(endings.kept_going, 1, (8, 14), numbered="number"),
    Kind(stories.waitlisted, 7, (4, 11)),
    Kind(stories.upcoming, 9, (4, 12)),
    Kind(stories.upcoming_from_waitlist, 2, (12, 20)),
    Kind(stories.moved, 2, (8, 12)),
    Kind(stories.missed_and_booked_again, 2, (12, 20)),
    Kind(stories.next_visit_booked, 3, (16, 26)),
    Kind(stories.visit_not_recorded, 1, (6, 9)),
    Kind(stories.in_care, 8, (8, 22), options={"notes": 1}),
    Kind(stories.in_care, 4, (24, 36), options={"notes": 4}),
    Kind(stories.danger, 1, (12, 20), options={"seen": True}, case={"safety": "danger"}),
    Kind(stories.danger, 1, (0, 1), options={"seen": False}, case={"safety": "danger"},
         at="apopka"),
    Kind(stories.reopened, 1, (34, 44), numbered="outcome"),
    Kind(stories.completed, 12, (14, 23), numbered="outcome"),
    Kind(stories.closed, 18, (24, 60), numbered="outcome"),
    Kind(stories.completed, 6, (44, 60), numbered="outcome"),  # closed by the timers since
    Kind(endings.declined, 5, (3, 12), numbered="number"),
    Kind(endings.declined_late, 2, (7, 14), numbered="number"),
    Kind(endings.declined_and_closed, 3, (20, 50), numbered="number"),
    Kind(endings.declined_and_sent_again, 2, (10, 14), numbered="number"),
    Kind(endings.declined_and_drafted_again, 1, (10, 14), numbered="number"),
    Kind(endings.withdrawn, 5, (6, 50), numbered="number"),
    Kind(endings.cancelled, 4, (10, 50), numbered="number"),
    Kind(endings.wants_to_cancel, 2, (5, 9), numbered="number"),
    Kind(endings.wants_to_cancel, 1, (6, 9), numbered="number", options={"booked": True}),
    Kind(endings.consent_revoked, 1, (7, 10)),
    Kind(endings.redirected, 2, (3, 4), at="apopka"),
    Kind(endings.redirected_and_claimed, 2, (2, 3), at="apopka"),
    Kind(endings.redirected_and_accepted, 1, (5, 8), at="apopka"),
    Kind(endings.not_reached, 4, (18, 45)),
    Kind(endings.could_not_go_on, 1, (20, 40)),
    Kind(endings.entered_in_error, 3, (8, 45), numbered="number"),
    Kind(stories.twice, 1, (4, 6)),
    # What is added stands at the end, so that the stories above stay as they are.
    Kind(stories.drafted, 1, (0, 0), case={"safety": "danger"}, at="apopka", by="physician"),
    Kind(stories.shared, 1, (3, 4), case={"safety": "calm"}, at="apopka", by="therapist"),
    Kind(endings.one_class_revoked, 1, (6, 8), case={"safety": "calm", "part2": "yes"},
         at="apopka", by="physician"),
)  # fmt: skip


def tell_all(setting: Setting, rng: random.Random) -> Iterator[Steps]:
    """Every story of the plan, ready to begin."""
    patients = invent(rng, setting.calendar.now.date())
    for kind in PLAN:
        for number in range(kind.count):
            yield _tell(kind, number, setting, next(patients), rng)


def _tell(kind: Kind, number: int, setting: Setting, patient: Patient, rng: random.Random) -> Steps:
    age = rng.randint(*kind.ages)
    part, practice = _part(kind, setting, rng)
    case = _case(kind, part, patient, setting.calendar.ago(age), rng)
    # Each story has its own chance, so that one that changes leaves the others as they are.
    own = random.Random(rng.random())  # noqa: S311 - demo data, the same each time
    story = Story(setting, part, case, age=age, rng=own)
    options = dict(kind.options)
    if kind.numbered:
        options[kind.numbered] = number
    if "origin" in options:
        options["practice"] = practice
    said = rng.choice(ITEMS) if kind.items else kind.words
    return kind.tell(story, *said, **options)


def _part(kind: Kind, setting: Setting, rng: random.Random) -> tuple[Part, str]:
    first = rng.random() < 0.75
    practice = "quillfern" if first else "saltmarsh-lane"
    weights = (45, 30, 25) if first else (65, 35)
    referrer = rng.choices(setting.cast.clinicians_of(practice), weights)[0]
    delegated = first and people.kind_of(referrer) != "lcsw" and rng.random() < 0.45
    clinic = kind.at or ("apopka" if rng.random() < (0.85 if first else 0.5) else "winter-park")
    coordinator = rng.choice(setting.cast.coordinators(clinic))
    clinician = rng.choice(setting.cast.reviewers(clinic))
    if kind.by:
        return Part(kind.by, kind.by, clinic, coordinator, clinician), "quillfern"
    typist = "delegate" if delegated else referrer
    return Part(referrer, typist, clinic, coordinator, clinician), practice


def _case(kind: Kind, part: Part, patient: Patient, sent_on: date, rng: random.Random) -> Case:
    values: dict[str, Any] = {
        "safety": _weighted(SAFETY, rng),
        "concern": rng.choice(CONCERNS) if rng.random() < 0.16 else "",
        "detail": rng.choices((1, 2), (45, 55))[0],
        "severity": rng.choice((0.9, 1.3, 1.7, 2.1)),
        "urgency": rng.choices(("routine", "soon", "urgent"), (64, 26, 10))[0],
        "service": _weighted(SERVICES, rng),
        "part2": rng.choices(("no", "yes", "unknown"), (92, 5, 3))[0],
    }
    return Case(
        patient=patient, kind=people.kind_of(part.referrer), sent_on=sent_on,
        **(values | kind.case),
    )  # fmt: skip


def _weighted(table: tuple[tuple[str, int], ...], rng: random.Random) -> str:
    names, weights = zip(*table, strict=True)
    return str(rng.choices(names, weights)[0])
