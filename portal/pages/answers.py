"""What the page that answers a request has beside the other actions: files, rows, a draft."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from portal.forms.action_forms import NESTED
from portal.forms.answer_form import ProvideInfoForm
from portal.pages import documents, saving
from portal.pages.asks import Case
from portal.pages.doorway import actor_of
from referrals import errors
from referrals.files import uploads
from referrals.models import AnswerDraft
from referrals.operations import answering
from referrals.operations.moves import MoveResult

KEPT = "Saved. The clinic sees nothing of it before you send your answers."
PREFIX = f"files{NESTED}"
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "version", "attempt", "go", "add", "clear"})


@dataclass
class Brought:
    """The files that came with the form, by item, and those that were not taken."""

    files: dict[UUID, list[uploads.Incoming]] = field(default_factory=dict)
    refused: list[documents.Refusal] = field(default_factory=list)
    too_large: bool = False


@contextmanager
def brought(request: HttpRequest, case: Case) -> Iterator[tuple[Case, Brought]]:
    """Take the form's files in; the case knows for which items there are some."""
    over = uploads.passed_over(request)
    found = Brought(refused=list(over), too_large=bool(over))
    with ExitStack() as stack:
        for name in request.FILES:
            key = _item(name)
            if key is not None:
                found.files[key] = documents.good_files(request, stack, found.refused, name)
        arriving = frozenset(str(key) for key, files in found.files.items() if files)
        yield replace(case, arriving=arriving), found


def _item(name: str) -> UUID | None:
    try:
        return UUID(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
    except ValueError:
        return None


def draft(case: Case) -> tuple[QueryDict | None, AnswerDraft | None]:
    """What was saved of the answers, as if it were posted."""
    waiting = answering.open_request(case.referral, by=case.actor)
    kept = answering.draft_of(waiting, by=case.actor) if waiting else None
    if kept is None:
        return None, None
    data = QueryDict(mutable=True)
    for name, values in kept.fields.items():
        data.setlist(name, values)
    return data, kept


def only_redrawn(request: HttpRequest) -> bool:
    """A button that adds a row or empties a scale: nothing is kept."""
    return bool(request.POST.get("add") or request.POST.get("clear"))


def posted(request: HttpRequest) -> QueryDict:
    return saving.cleared(request.POST)


def keep(request: HttpRequest, case: Case, found: Brought) -> HttpResponse:
    """Save what there is for later, good or bad, and stay on the page."""
    fields = {k: v for k, v in request.POST.lists() if k not in NOT_KEPT}
    answering.save_draft(
        case.referral.pk, by=actor_of(request), fields=fields, files=found.files,
        attested=attested(request), door="portal",
    )  # fmt: skip
    messages.success(request, KEPT)
    for name, why in found.refused:
        messages.error(request, f"{name}: {why}")
    here = reverse("referrals:act", args=[case.referral.pk, case.move.action.slug])
    return HttpResponseRedirect(here, status=303)


def attested(request: HttpRequest) -> bool:
    return request.POST.get(documents.ATTEST) == "on"


def perform(
    request: HttpRequest, case: Case, form: ProvideInfoForm, version: int, found: Brought
) -> MoveResult:
    return answering.answer(
        case.referral.pk, by=actor_of(request), version=version, changes=form.changes(),
        answers=form.payload()["answers"], files=found.files, attested=attested(request),
        door="portal",
    )  # fmt: skip


def refuse(form: ProvideInfoForm, found: Brought) -> None:
    for name, why in found.refused:
        form.add_error(None, f"{name}: {why}" if name else why)


def as_refusal(problem: errors.QuotaReached) -> errors.Invalid:
    return errors.Invalid(errors=[errors.FieldError("", problem.type, problem.detail)])
