"""The clinic's worklist: the most urgent and the most overdue first, in folders with counts."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from portal.http import posts_only
from portal.pages import kept_lists, keyset
from portal.pages.doorway import actor_of, person_page
from portal.pages.worklist_saved import WORKLIST
from portal.pages.worklist_scope import asked_by, clinic_of, rows_of
from portal.presenters import list_rows, usual
from portal.presenters import worklist_rows as rows
from portal.presenters.worklist_rows import Filters
from referrals import errors, queries
from referrals.actors import Actor, Role
from referrals.lifecycle import STATES, Action, State, Turn
from referrals.models import Membership, Organisation, Priority, Referral
from referrals.operations import facts, moves, records

SIZE = 25
MOST_AT_ONCE = 100


@require_safe
@person_page
def show(request: HttpRequest) -> HttpResponse:
    """One folder of the clinic that the person acts for."""
    clinic = clinic_of(request)
    filters = Filters.read(request.GET)
    actor = actor_of(request)
    mine = rows_of(clinic, actor)
    chosen = rows.narrowed(mine, filters, **asked_by(actor))
    found = keyset.page(
        list_rows.marked(chosen, Turn.CLINIC),
        rows.SORTS[filters.sort][1],
        size=SIZE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    records.list_opened(found.rows, by=actor, door="portal")
    context = {
        **_frame(clinic, filters, actor),
        "folders": rows.folders(filters, rows.counts(mine, **asked_by(actor))),
        "rows": [rows.row(r, actor) for r in found.rows],
        "selectable": bool(found.rows) and _may_assign(clinic, actor),
        "previous_url": filters.url(before=found.before) if found.before else "",
        "next_url": filters.url(after=found.after) if found.after else "",
    }
    return render(request, "pages/worklist/worklist.html", context)


def _may_assign(clinic: Organisation, actor: Actor) -> bool:
    return bool(actor.roles_at(clinic.pk) & {Role.CO, Role.CL})


def _frame(clinic: Organisation, filters: Filters, actor: Actor) -> dict[str, Any]:
    """What stands around the rows: the filters' choices, in two queries."""
    people = _people(clinic)
    practices = list(
        queries.named_by(rows_of(clinic, actor), "practice_id").values_list("pk", "name")
    )
    known = {str(pk): name for pk, name in [*people, *practices]}
    return {
        "clinic": clinic,
        "usual": usual.sentence(clinic),
        "filters": filters,
        "folder_label": rows.FOLDERS[filters.folder],
        "chips": rows.chips(filters, known),
        "clear_url": Filters(folder=filters.folder, sort=filters.sort).url(),
        "choices": {
            "priority": [(p.value, f"{p.label} {rows.words.priority_words(p).text}")
                         for p in Priority],
            "state": [(s.value, STATES[s].label) for s in State if s is not State.DRAFT],
            "practice": [(str(pk), name) for pk, name in practices],
            "reviewer": [(str(pk), name) for pk, name in people],
        },
        "sorts": [(key, label) for key, (label, _) in rows.SORTS.items()],
        "people": people,
        "me": str(actor.user_id),
        "side": rows.SIDE,
        "assign_url": reverse("worklist-assign"),
        "search_url": reverse("worklist-search"),
        **kept_lists.frame(WORKLIST, clinic, actor, QueryDict(filters.url().partition("?")[2])),
    }  # fmt: skip


def _people(clinic: Organisation) -> list[tuple[UUID, str]]:
    seats = (
        Membership.objects.in_force()
        .filter(organisation=clinic, role__in=(Role.CO, Role.CL), user__is_active=True)
        .order_by("user__full_name", "user_id")
        .values_list("user_id", "user__full_name")
    )
    return list(dict(seats).items())


# --- Assigning many ----------------------------------------------------------------------------


@posts_only
@person_page
def assign(request: HttpRequest) -> HttpResponse:
    """Assign the chosen rows, each as its own move on the version that was seen."""
    clinic = clinic_of(request)
    if not _may_assign(clinic, actor_of(request)):
        raise errors.Forbidden()
    back = _back(request)
    reviewer = _known_reviewer(clinic, request.POST.get("reviewer", ""))
    chosen = [_row(value) for value in request.POST.getlist("selected")[:MOST_AT_ONCE]]
    if reviewer is None or not chosen:
        messages.error(request, "Choose a person and at least one referral, then assign.")
        return back
    outcomes = [_assign_one(actor_of(request), row, reviewer[0]) for row in chosen]
    done = [reference for reference, problem in outcomes if not problem]
    if done:
        messages.success(
            request, f"{len(done)} of {len(chosen)} assigned to {reviewer[1]}: {', '.join(done)}."
        )
    for reference, problem in outcomes:
        if problem:
            messages.warning(request, f"{reference}: {problem}")
    return back


def _row(value: str) -> tuple[str, int | None]:
    """A row's id and the version that was shown."""
    identity, _, version = value.partition(":")
    return rows.known_id(identity), int(version) if version.isdecimal() and len(
        version
    ) < 10 else None


def _known_reviewer(clinic: Organisation, value: str) -> tuple[UUID, str] | None:
    return next(((pk, name) for pk, name in _people(clinic) if str(pk) == value), None)


def _assign_one(actor: Actor, row: tuple[str, int | None], reviewer: UUID) -> tuple[str, str]:
    """(reference, what went wrong); an empty second part means that it is done."""
    identity, version = row
    found = Referral.objects.visible_to(actor).filter(pk__in=[identity] if identity else []).first()
    if found is None:
        return "One referral", "it is not in your worklist."
    try:
        moves.perform(
            Action.ASSIGN, referral_id=found.pk, by=actor, data={"reviewer": str(reviewer)},
            version=version if version is not None else 0, door="portal",
        )  # fmt: skip
    except errors.Stale:
        return found.reference, "somebody changed it in the meantime. Look at it, then assign it."
    except errors.Conflict:
        return found.reference, f"it is in the state “{found.info.label}” and needs no reviewer."
    except errors.Forbidden:
        return found.reference, "you wrote it yourself, so somebody else assigns it."
    return found.reference, ""


def _back(request: HttpRequest) -> HttpResponse:
    """To the list that one came from; only ever this page's own addresses."""
    here = request.POST.get("here", "")
    query = here.partition("?")[2]
    address = Filters.read(QueryDict(query)).url() if query else reverse("worklist")
    return HttpResponseRedirect(address, status=303)


# --- Exact patient search ----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def search(request: HttpRequest) -> HttpResponse:
    """Exact search by name and birth date: posted, so that no address holds a patient."""
    clinic = clinic_of(request)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("worklist"))
    typed = {
        name: request.POST.get(name, "").strip()[: rows.MOST * 2]
        for name in ("given_name", "family_name", "birth_date")
    }
    actor, filters = actor_of(request), Filters(folder="all")
    problem = _search_problem(typed)
    found = [] if problem else _by_patient(clinic, actor, typed)
    if not problem:
        records.list_opened(found, by=actor, door="portal", verb="search")
    context = {
        **_frame(clinic, filters, actor),
        "folders": rows.folders(filters, rows.counts(rows_of(clinic, actor), **asked_by(actor))),
        "rows": [rows.row(r, actor) for r in found],
        "typed": typed,
        "problem": problem,
        "searched": not problem,
    }
    return render(request, "pages/worklist/search.html", context, status=400 if problem else 200)


def _search_problem(typed: dict[str, str]) -> str:
    if not all(typed.values()):
        return "Give the first name, the last name and the birth date: the search is exact."
    try:
        date.fromisoformat(typed["birth_date"])
    except ValueError:
        return "Write the birth date as a day of the calendar, for example 1981-11-23."
    return ""


def _by_patient(clinic: Organisation, actor: Actor, typed: dict[str, str]) -> list[Referral]:
    index = facts.patient_index_for(typed["family_name"], typed["given_name"], typed["birth_date"])
    matching = rows_of(clinic, actor).filter(patient_index=index)
    return list(list_rows.marked(matching, Turn.CLINIC).order_by("-updated_at")[:SIZE])
