"""The worklist's folders, filters and rows in words and addresses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from portal.pages import keyset
from portal.pages.keyset import Column
from portal.presenters import list_rows, words
from portal.presenters.referral_page import CLOCKS
from referrals import marks, queries, references
from referrals.actors import Actor
from referrals.lifecycle import OPEN_STATES, STATES, State, Turn
from referrals.lifecycle.states import TO_SCHEDULE, waiting_on
from referrals.models import Priority
from referrals.models.referral import TO_REVIEW
from referrals.queries import ReferralQuerySet

FOLDERS: dict[str, str] = {
    "unclaimed": "Unclaimed",
    "mine": "Mine",
    "waiting-on-me": "Waiting on me",
    "waiting": "Waiting on the practice",
    "to-schedule": "To schedule",
    "upcoming": "Upcoming",
    "in-care": "In care",
    "overdue": "Overdue",
    "all": "All",
}
SORTS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "urgent": (
        "Most urgent first",
        (Column("priority"), Column("due_at", is_time=True, nulls=True), Column("id")),
    ),
    "latest": (
        "Latest change first",
        (Column("updated_at", down=True, is_time=True), Column("id")),
    ),
    "oldest": ("Longest in its state first", (Column("state_since", is_time=True), Column("id"))),
}
MOST = 60  # length of anything typed into a filter


@dataclass(frozen=True)
class Filters:
    """What the address says: folder, filters and order. Unknown values are left out."""

    folder: str = "unclaimed"
    priority: str = ""
    state: str = ""
    practice: str = ""
    reviewer: str = ""
    reference: str = ""
    doubtful: str = ""
    sort: str = "urgent"

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        return cls(
            folder=_one(query, "folder", FOLDERS) or "unclaimed",
            priority=_one(query, "priority", Priority.values),
            state=_one(query, "state", [s.value for s in State]),
            practice=known_id(query.get("practice", "")),
            reviewer=known_id(query.get("reviewer", "")),
            reference=query.get("reference", "").strip()[:MOST],
            doubtful=_one(query, "doubtful", ("yes",)),
            sort=_one(query, "sort", SORTS) or "urgent",
        )

    def active(self) -> dict[str, str]:
        names = ("priority", "state", "practice", "reviewer", "reference", "doubtful")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def url(self, **changes: str) -> str:
        """This list's address with some things changed; '' takes one away."""
        sort = {"sort": self.sort} if self.sort != "urgent" else {}
        said = {"folder": self.folder, **self.active(), **sort, **changes}
        return reverse("worklist") + "?" + urlencode({k: v for k, v in said.items() if v})

    def without(self, name: str) -> str:
        return replace(self, **{name: ""}).url()


def _one(query: Mapping[str, str], name: str, known: Any) -> str:
    value = query.get(name, "")
    return value if value in known else ""


def known_id(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        return ""


# --- Which rows --------------------------------------------------------------------------------


def folder_q(
    name: str, *, user_id: UUID | None, now: datetime, licensed: Collection[UUID] = ()
) -> Q:
    """`licensed`: the clinics at which this person reviews safety flags."""
    is_open = Q(state__in=sorted(OPEN_STATES))
    return {
        "unclaimed": Q(state=State.SUBMITTED),
        "mine": is_open & Q(reviewer_id=user_id),
        "waiting-on-me": _waiting_on(user_id, licensed),
        "waiting": Q(state=State.INFO_REQUESTED),
        "to-schedule": Q(state__in=sorted(TO_SCHEDULE)),
        "upcoming": Q(state=State.SCHEDULED),
        "in-care": Q(state=State.IN_CARE),
        "overdue": is_open & Q(due_at__lt=now),
        "all": is_open,
    }[name]


def _waiting_on(user_id: UUID | None, licensed: Collection[UUID]) -> Q:
    """One's own where it is the clinic's turn; for a clinician, flags without a note too."""
    own = Q(reviewer_id=user_id, state__in=sorted(waiting_on(Turn.CLINIC)))
    return own | (TO_REVIEW & Q(clinic_id__in=licensed)) if licensed else own


def counts(
    rows: ReferralQuerySet, *, user_id: UUID | None, now: datetime,
    licensed: Collection[UUID] = (),
) -> dict[str, int]:  # fmt: skip
    """How many each folder holds, up to a thousand: one query."""
    in_order = rows.order_by(*order_by("urgent"))
    asked = {
        name: in_order.filter(folder_q(name, user_id=user_id, now=now, licensed=licensed))
        for name in FOLDERS
    }
    return queries.counted(asked, person_id=user_id)


def narrowed(
    rows: ReferralQuerySet, filters: Filters, *, user_id: UUID | None, now: datetime,
    licensed: Collection[UUID] = (),
) -> ReferralQuerySet:  # fmt: skip
    """The folder's rows under the filters. A reference looks through the whole clinic, and
    a state asked for by name shows that state, ended ones too."""
    if filters.reference:
        rows = rows.filter(reference=references.normalize(filters.reference) or "")
    elif filters.folder != "all" or not filters.state:
        rows = rows.filter(folder_q(filters.folder, user_id=user_id, now=now, licensed=licensed))
    if filters.doubtful:
        told = rows.filter(consent_revoked_at__isnull=True).exclude(state=State.DRAFT)
        rows = told.filter(marks.undecided())
    exact = {
        "priority": filters.priority, "state": filters.state,
        "practice_id": filters.practice, "reviewer_id": filters.reviewer,
    }  # fmt: skip
    return rows.filter(**{name: value for name, value in exact.items() if value})


# --- In words ----------------------------------------------------------------------------------


def folders(filters: Filters, found: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label, "url": Filters(folder=name, sort=filters.sort).url(),
            "count": words.up_to(found[name], queries.MOST_COUNTED),
            "current": name == filters.folder,
            "tone": "late" if name == "overdue" and found["overdue"] else "",
        }
        for name, label in FOLDERS.items()
    ]  # fmt: skip


def chips(filters: Filters, names: Mapping[str, str]) -> list[dict[str, str]]:
    """The filters in force; `names` are those of practices and people by id."""
    worded = {
        "priority": lambda v: f"Priority: {v.upper()} {words.priority_words(v).text}",
        "state": lambda v: f"State: {STATES[State(v)].label}",
        "practice": lambda v: f"Practice: {names.get(v, 'another')}",
        "reviewer": lambda v: f"Reviewer: {names.get(v, 'another')}",
        "reference": lambda v: f"Reference: {v.upper()}",
        "doubtful": lambda v: "Possible duplicates",
    }
    return [
        {"label": worded[name](value), "remove_url": filters.without(name)}
        for name, value in filters.active().items()
    ]


def row(referral: Any, actor: Actor) -> dict[str, Any]:
    """One row of `list_rows.marked` in the shape of components/referral_rows.html."""
    clinician = referral.referring_clinician
    named = [clinician.full_name if clinician else "", referral.practice.name,
             words.origin_words(referral.origin)]  # fmt: skip
    return {
        # The version goes along, so that assigning many decides on what was seen.
        "id": f"{referral.pk}:{referral.version}",
        "url": reverse("referrals:detail", args=[referral.pk]),
        "reference": referral.reference,
        "patient": list_rows.patient(referral, actor),
        "detail": " · ".join(name for name in named if name),
        "priority": referral.priority,
        "reason": "",
        "state": referral.state,
        "due": referral.due_at,
        "clock_label": CLOCKS[State.SCHEDULED] if referral.state == State.SCHEDULED else "",
        **list_rows.shown_marks(referral, actor),
        "reviewer": referral.reviewer.full_name if referral.reviewer else "",
        "changed": referral.content_version > referral.clinic_read_version,
    }


def order_by(sort: str) -> list[Any]:
    """The sort's order for a query that is read whole."""
    return [keyset.order(column) for column in SORTS[sort][1]]


SIDE = Turn.CLINIC.value
