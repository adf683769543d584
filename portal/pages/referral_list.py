"""The list of referrals: filters in the address, keyset pages, and an exact patient search."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from portal.forms.from_serializer import AnswersForm
from portal.pages.doorway import actor_of, person_page
from portal.presenters import referrer_home as lists
from portal.presenters import words
from referrals import disclosure, queries, references
from referrals.actors import Actor, Role
from referrals.lifecycle import STATES, Phase, State, Turn
from referrals.lifecycle.states import states_in
from referrals.models import Organisation, Referral
from referrals.operations import facts, records
from referrals.queries import ReferralQuerySet

PAGE = 25
PHASES = (
    (Phase.DRAFT, "Draft"), (Phase.DECIDING, "With the clinic for a decision"),
    (Phase.ACTIVE, "Accepted and under way"), (Phase.ANSWERED, "Answered"),
    (Phase.ENDED, "Ended"),
)  # fmt: skip
SEARCHED = [("patient", "family_name"), ("patient", "given_name"), ("patient", "birth_date")]


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


class FilterForm(forms.Form):
    """The filters as they stand in the address; a value that is none of them finds nothing."""

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

    def _choice(self, name: str, label: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name] = forms.ChoiceField(
            required=False, label=label, choices=[("", "Any"), *choices]
        )

    def words(self, name: str) -> str:
        value = self.data.get(name, "")
        choices = dict(getattr(self.fields[name], "choices", ()))
        return f"{self.fields[name].label}: {choices.get(value, value)}"


@dataclass
class Page:
    """One page of rows, in one order: newest change first, then by id."""

    rows: list[Any] = field(default_factory=list)
    previous: str = ""
    next: str = ""


@require_safe
@person_page
def show(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    side = _side(actor)
    form = FilterForm(request.GET, side=side, clinics=_clinics(actor))
    page = _page(request, _filtered(form, actor))
    records.list_opened(page.rows, by=actor, door="portal")
    context = {
        "page": page,
        "folders": _folders(form, actor) if side is Turn.PRACTICE else [],
        "rows": lists.rows(page.rows, actor),
        "form": form,
        "chips": _chips(request, form),
        "clear_url": reverse("referrals:list"),
        "side": side.value,
        "search": AnswersForm(SEARCHED, content={}),
        "can_write": bool(actor.organisations(Role.RC, Role.RD, Role.CO)),
    }
    return render(request, "pages/referrals/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def search(request: HttpRequest) -> HttpResponse:
    """Exact search for one patient. By POST alone: a name never stands in an address."""
    if request.method != "POST":
        return redirect("referrals:list")
    actor = actor_of(request)
    form = AnswersForm(SEARCHED, content={}, data=request.POST)
    found = _matches(form, actor)
    context = {
        "rows": lists.rows(found or [], actor),
        "searched": found is not None,
        "search": form,
        "side": _side(actor).value,
    }
    status = 200 if found is not None else 400
    return render(request, "pages/referrals/search.html", context, status=status)


def _matches(form: AnswersForm, actor: Actor) -> list[Any] | None:
    form.is_valid()
    given = form.good.get("patient") or {}
    for name in ("family_name", "given_name", "birth_date"):
        if not given.get(name) and not form[f"patient-{name}"].errors:
            form.add_error(f"patient-{name}", "The search needs this answer.")
    if form.errors:
        return None
    index = facts.patient_index_for(given["family_name"], given["given_name"], given["birth_date"])
    rows = lists.with_last_event(Referral.objects.visible_to(actor)).filter(patient_index=index)
    found = [r for r in rows.order_by("-updated_at", "id") if not disclosure.is_closed_to(r, actor)]
    records.list_opened(found, by=actor, door="portal", verb="search")
    return found


# --- Filters ---------------------------------------------------------------------------------


def _side(actor: Actor) -> Turn:
    return Turn.PRACTICE if actor.organisations(Role.RC, Role.RD) else Turn.CLINIC


def _clinics(actor: Actor) -> list[Organisation]:
    """The clinics that this person's referrals go to."""
    return list(queries.named_by(Referral.objects.visible_to(actor), "clinic_id"))


def _folders(form: FilterForm, actor: Actor) -> list[dict[str, Any]]:
    """The practice's folders with their counts, up to a thousand: one query."""
    latest = Referral.objects.visible_to(actor).order_by("-updated_at", "id")
    asked = {key: latest.filter(state__in=sorted(row.states)) for key, row in FOLDERS.items()}
    counts = queries.counted({**asked, "": latest}, person_id=actor.user_id)
    chosen = form.data.get("folder", "")
    labels = {**{key: row.label for key, row in FOLDERS.items()}, "": "All"}
    return [
        {"label": label, "url": _url({"folder": key} if key else {}), "tone": "",
         "count": words.up_to(counts[key], queries.MOST_COUNTED), "current": key == chosen}
        for key, label in labels.items()
    ]  # fmt: skip


def _filtered(form: FilterForm, actor: Actor) -> ReferralQuerySet:
    rows = Referral.objects.visible_to(actor)
    if not form.is_valid():
        return rows.none()
    asked = form.cleaned_data
    if asked["folder"]:
        rows = rows.filter(state__in=FOLDERS[asked["folder"]].states)
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


def _chips(request: HttpRequest, form: FilterForm) -> list[dict[str, str]]:
    asked = {n: request.GET[n] for n in form.fields if request.GET.get(n)}
    without = {name: {n: v for n, v in asked.items() if n != name} for name in asked}
    return [{"label": form.words(name), "remove_url": _url(rest)} for name, rest in without.items()]


def _url(parameters: dict[str, str]) -> str:
    here = reverse("referrals:list")
    return f"{here}?{urlencode(parameters)}" if parameters else here


# --- Keyset pages ------------------------------------------------------------------------------


def _page(request: HttpRequest, rows: ReferralQuerySet) -> Page:
    """A page after or before a row; what is added meanwhile moves nothing."""
    rows = lists.with_last_event(rows)
    if at := _cursor(request.GET.get("before", "")):
        when, key = at
        earlier = Q(updated_at__gt=when) | Q(updated_at=when, id__lt=key)
        found = list(rows.filter(earlier).order_by("updated_at", "-id")[: PAGE + 1])
        return _made(request, found[:PAGE][::-1], back=len(found) > PAGE, on=True)
    at = _cursor(request.GET.get("after", ""))
    if at:
        when, key = at
        rows = rows.filter(Q(updated_at__lt=when) | Q(updated_at=when, id__gt=key))
    found = list(rows.order_by("-updated_at", "id")[: PAGE + 1])
    return _made(request, found[:PAGE], back=at is not None, on=len(found) > PAGE)


def _made(request: HttpRequest, rows: list[Any], *, back: bool, on: bool) -> Page:
    kept = {k: str(v) for k, v in request.GET.items() if k not in ("after", "before")}
    page = Page(rows)
    if rows and back:
        page.previous = _url({**kept, "before": _mark(rows[0])})
    if rows and on:
        page.next = _url({**kept, "after": _mark(rows[-1])})
    return page


def _mark(referral: Referral) -> str:
    return f"{referral.updated_at.isoformat()}~{referral.pk}"


def _cursor(text: str) -> tuple[datetime, UUID] | None:
    """Where a page begins; what is not a cursor begins at the beginning."""
    when, _, key = text.partition("~")
    try:
        moment, found = datetime.fromisoformat(when), UUID(key)
    except ValueError:
        return None
    return (moment, found) if moment.tzinfo else None
