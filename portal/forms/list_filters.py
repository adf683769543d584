"""The filters of the list of referrals as they stand in its address, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse

from portal.pages.keyset import Column
from portal.presenters import referrer_home as lists
from portal.presenters import words
from referrals import queries, references
from referrals.actors import Actor
from referrals.lifecycle import STATES, Phase, State, Turn
from referrals.lifecycle.states import states_in
from referrals.models import Organisation, Referral
from referrals.queries import ReferralQuerySet

PHASES = (
    (Phase.DRAFT, "Draft"), (Phase.DECIDING, "With the clinic for a decision"),
    (Phase.ACTIVE, "Accepted and under way"), (Phase.ANSWERED, "Answered"),
    (Phase.ENDED, "Ended"),
)  # fmt: skip
NAMES = ("folder", "state", "phase", "priority", "clinic", "reference", "sort")
MOST = 60  # length of anything typed into a filter


@dataclass(frozen=True)
class Folder:
    label: str
    states: frozenset[State]


UNDER_WAY = frozenset({State.SCHEDULED, State.IN_CARE})
FOLDERS: dict[str, Folder] = {
    "waiting": Folder("Waiting on you", frozenset(lists.NEEDS_YOU)),
    "with-clinic": Folder("With the clinic", frozenset(lists.ON_ITS_WAY) - UNDER_WAY),
    "upcoming": Folder("Upcoming", frozenset({State.SCHEDULED})),
    "in-care": Folder("In care", frozenset({State.IN_CARE})),
    "drafts": Folder("Drafts", frozenset({State.DRAFT})),
    "ended": Folder("Ended", states_in(Phase.ENDED)),
}
SORTS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "latest": (
        "Latest change first",
        (Column("updated_at", down=True, is_time=True), Column("id")),
    ),
    "due": ("What runs out first", (Column("due_at", is_time=True, nulls=True), Column("id"))),
    "oldest": ("Longest in its state first", (Column("state_since", is_time=True), Column("id"))),
}


class FilterForm(forms.Form):
    """The filters; a value that is none of them finds nothing."""

    use_required_attribute = False

    def __init__(self, data: Any, *, side: Turn, clinics: list[Organisation]) -> None:
        super().__init__(data)
        states = [(s.value, i.words(side)) for s, i in STATES.items()]
        self.fields["folder"] = forms.ChoiceField(
            required=False, label="Folder", widget=forms.HiddenInput(),
            choices=[("", "Any"), *((key, row.label) for key, row in FOLDERS.items())],
        )  # fmt: skip
        self._choice("state", "State", states)
        self._choice("phase", "Stage", [(p.value, label) for p, label in PHASES])
        self._choice("priority", "Priority", [
            (code, f"{code.upper()} {found.text}") for code, found in words.PRIORITIES.items()
        ])  # fmt: skip
        self._choice("clinic", "Clinic", [(c.slug, c.name) for c in clinics])
        self.fields["reference"] = forms.CharField(
            required=False, label="Reference", max_length=20,
            widget=forms.TextInput(attrs={"autocomplete": "off", "size": 14}),
        )  # fmt: skip
        self.fields["sort"] = forms.ChoiceField(
            required=False, label="Order", choices=[(k, label) for k, (label, _) in SORTS.items()]
        )

    def _choice(self, name: str, label: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name] = forms.ChoiceField(
            required=False, label=label, choices=[("", "Any"), *choices]
        )

    def words(self, name: str) -> str:
        value = self.data.get(name, "")
        choices = dict(getattr(self.fields[name], "choices", ()))
        return f"{self.fields[name].label}: {choices.get(value, value)}"


def of(query: Mapping[str, str], actor: Actor, side: Turn) -> FilterForm:
    """The form with the clinics that this person's referrals go to; some order there is always."""
    said = {name: query.get(name, "") for name in NAMES}
    said["sort"] = said["sort"] if said["sort"] in SORTS else "latest"
    clinics = list(queries.named_by(Referral.objects.visible_to(actor), "clinic_id"))
    return FilterForm(said, side=side, clinics=clinics)


def narrowed(rows: ReferralQuerySet, form: FilterForm) -> ReferralQuerySet:
    """The rows that the filters leave."""
    if not form.is_valid():
        return rows.none()
    asked = form.cleaned_data
    if asked["folder"]:
        rows = rows.filter(state__in=sorted(FOLDERS[asked["folder"]].states))
    if asked["state"]:
        rows = rows.filter(state=State(asked["state"]))
    if asked["phase"]:
        rows = rows.filter(state__in=states_in(Phase(asked["phase"])))
    if asked["priority"]:
        rows = rows.filter(priority=asked["priority"]).exclude(state=State.DRAFT)
    if asked["clinic"]:
        rows = rows.filter(clinic__slug=asked["clinic"])
    if asked["reference"]:
        rows = rows.filter(reference=references.normalize(asked["reference"]) or "")
    return rows


# --- Addresses ----------------------------------------------------------------------------------


def columns(query: Mapping[str, str]) -> tuple[Column, ...]:
    return SORTS.get(query.get("sort", ""), SORTS["latest"])[1]


def asked(query: Mapping[str, str]) -> dict[str, str]:
    """What the address says, without what it need not say; a reference that is none is not kept,
    since anything may have been typed there."""
    found = {name: query.get(name, "")[:MOST] for name in NAMES}
    found["reference"] = references.normalize(found["reference"]) or ""
    if found["sort"] not in SORTS or found["sort"] == "latest":
        found["sort"] = ""
    return {name: value for name, value in found.items() if value}


def address(query: Mapping[str, str], **more: str) -> str:
    said = {**asked(query), **{name: value for name, value in more.items() if value}}
    here = reverse("referrals:list")
    return f"{here}?{urlencode(said)}" if said else here


def chips(form: FilterForm, query: Mapping[str, str]) -> list[dict[str, str]]:
    """The filters in force, each with the address without it."""
    shown = {name: query.get(name, "") for name in NAMES if query.get(name)}
    return [
        {"label": form.words(name),
         "remove_url": address({n: v for n, v in shown.items() if n != name})}
        for name in shown if name != "sort"
    ]  # fmt: skip


def folders(counts: Mapping[str, int], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The shape of components/folders.html; the folder '' is all of them."""
    chosen, sort = query.get("folder", ""), query.get("sort", "")
    labels = {**{key: row.label for key, row in FOLDERS.items()}, "": "All"}
    return [
        {"label": label, "url": address({"folder": key, "sort": sort}), "tone": "",
         "count": words.up_to(counts[key], queries.MOST_COUNTED), "current": key == chosen}
        for key, label in labels.items()
    ]  # fmt: skip


def folder_rows(rows: ReferralQuerySet) -> dict[str, ReferralQuerySet]:
    """What each folder holds, in the order of an index, for `queries.counted`."""
    latest = rows.order_by("-updated_at", "id")
    held = {key: latest.filter(state__in=sorted(row.states)) for key, row in FOLDERS.items()}
    return {**held, "": latest}
