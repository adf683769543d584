"""Each action as a page of its own: short, with its consequence in words, without JavaScript.

The page carries the version that it was drawn from. When somebody was faster, it says who
did what, and keeps what was typed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import CharField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.accounts import interrupted
from portal.forms.action_forms import ActionForm
from portal.forms.actions import form_of
from portal.forms.answer_form import ProvideInfoForm
from portal.pages import answers, asks, once
from portal.pages.asks import Case
from portal.pages.doorway import actor_of, person_page
from portal.presenters import completeness, consequences, documents, referral_page
from portal.presenters.consequences import Happened
from referrals import disclosure, errors, permissions
from referrals.lifecycle import MOVE_FOR, Action, State
from referrals.models import AnswerDraft, Referral
from referrals.operations import moves, records
from referrals.operations.moves import MoveResult

VERSION = "version"
TEMPLATES = {
    Action.REQUEST_INFO: "pages/actions/request_info.html",
    Action.PROVIDE_INFO: "pages/actions/provide_info.html",
    Action.SCHEDULE: "pages/actions/timed.html",
    Action.RESCHEDULE: "pages/actions/timed.html",
    Action.COMPLETE: "pages/actions/complete.html",
}
PLAIN = "pages/actions/action.html"
FLAGS_WAIT = (
    "A clinician of your clinic writes a review note on each safety flag first. "
    "You can accept after that."
)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def act(request: HttpRequest, referral_id: UUID, action: str) -> HttpResponse:
    """The page of one action; POST makes the move and goes back to the referral."""
    named = Action.from_slug(action)
    if named is None or named not in MOVE_FOR:
        raise Http404
    # Before anything is read: 404 for a stranger, 403 for a role that may not.
    moves.authorise(named, referral_id=referral_id, by=actor_of(request))
    if request.method == "POST":
        return _post(request, referral_id, named)
    return _get(request, referral_id, named)


def _get(request: HttpRequest, referral_id: UUID, action: Action) -> HttpResponse:
    case = _case(request, referral_id, action)
    if not _possible(case):
        return _impossible(request, case)
    kept = interrupted.take(request)
    saved = answers.draft(case) if kept is None and action is Action.PROVIDE_INFO else (None, None)
    form = form_of(action, asks.for_case(case), saved[0] if kept is None else kept)
    version = case.referral.version if kept is None else _version(kept) or 0
    return _page(request, case, form, version=version, saved=saved[1])


def _post(request: HttpRequest, referral_id: UUID, action: Action) -> HttpResponse:
    case = _case(request, referral_id, action)
    if action is not Action.PROVIDE_INFO:
        return _act(request, case, form_of(action, asks.for_case(case), request.POST))
    with answers.brought(request, case) as (case, found):
        form = form_of(action, asks.for_case(case), answers.posted(request))
        if answers.only_redrawn(request):
            return _page(request, case, form, version=_version(request.POST) or 0)
        if request.POST.get("go") == "keep":
            return _keep(request, case, form, found)
        return _act(request, case, form, found)


def _keep(
    request: HttpRequest, case: Case, form: ActionForm, found: answers.Brought
) -> HttpResponse:
    """Save the answers for later; what is refused about a file is said on the same page."""
    try:
        return answers.keep(request, case, found)
    except errors.Conflict as refused:
        return _impossible(request, case, refused.detail, form)
    except (errors.Invalid, errors.QuotaReached) as refused:
        words = refused.errors[0].detail if refused.errors else refused.detail
        form.add_error(None, words)
        version = _version(request.POST) or 0
        return _page(request, case, form, version=version, status=refused.status)


def _act(
    request: HttpRequest, case: Case, form: ActionForm, found: answers.Brought | None = None
) -> HttpResponse:
    action, referral_id = case.move.action, case.referral.pk
    version = _version(request.POST)
    if version is None:
        return _stale(request, case, form, version)
    if found is not None and found.refused and isinstance(form, ProvideInfoForm):
        answers.refuse(form, found)
        status = 413 if found.too_large else 400
        return _page(request, case, form, version=version, status=status)
    if form.is_valid():
        try:
            result = once.act(request, lambda: _perform(request, case, form, version, found))
        except once.AlreadyDone:
            return _back(request, case.referral, action, None)
        except errors.Stale:
            return _stale(request, _case(request, referral_id, action), form, version)
        except errors.Conflict as refused:
            return _impossible(request, _case(request, referral_id, action), refused.detail, form)
        except errors.Invalid as refused:
            form.refuse(refused.errors)
        else:
            return _back(request, case.referral, action, result)
    if case.referral.version != version:
        return _stale(request, case, form, version)
    return _page(request, case, form, version=version, status=400)


def _perform(
    request: HttpRequest, case: Case, form: ActionForm, version: int,
    found: answers.Brought | None,
) -> MoveResult:  # fmt: skip
    if found is not None and isinstance(form, ProvideInfoForm):
        try:
            return answers.perform(request, case, form, version, found)
        except errors.QuotaReached as problem:
            raise answers.as_refusal(problem) from None
    return moves.perform(
        case.move.action, referral_id=case.referral.pk, by=actor_of(request),
        data=form.payload(), version=version, door="portal",
    )  # fmt: skip


def _case(request: HttpRequest, referral_id: UUID, action: Action) -> Case:
    """The referral as it stands now, opened and logged, and the part in which one acts."""
    actor = actor_of(request)
    referral = records.open_record(referral_id, by=actor, door="portal")
    role = permissions.acting_role(referral, actor, MOVE_FOR[action])
    if role is None:
        raise errors.Forbidden()
    return Case(referral, MOVE_FOR[action], actor, role, request.GET)


def _possible(case: Case) -> bool:
    return case.move in permissions.available_moves(case.referral, case.actor)


def _version(data: Any) -> int | None:
    typed = data.get(VERSION, "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None


# --- Answers -----------------------------------------------------------------------------------


def _back(
    request: HttpRequest, referral: Referral, action: Action, result: MoveResult | None
) -> HttpResponse:
    """After the move: the referral again, or the new draft that came of it."""
    messages.success(request, consequences.done(action, referral))
    address = reverse("referrals:detail", args=[referral.pk])
    if result and result.successor and result.successor.state == State.DRAFT:
        address = reverse("referrals:detail", args=[result.successor.pk])
    if not Referral.objects.visible_to(actor_of(request)).filter(pk=referral.pk).exists():
        address = reverse("home")  # the privacy officer's request is done and out of sight
    return HttpResponseRedirect(address, status=303)


def _stale(request: HttpRequest, case: Case, form: ActionForm, version: int | None) -> HttpResponse:
    """Say who did what meanwhile, and keep what was typed, ready to be sent again."""
    entries = case.referral.timeline.select_related("on_behalf_of")
    changes = consequences.changes_since(entries, version) if version is not None else []
    if not _possible(case):
        return _impossible(request, case, form=form, changes=changes)
    return _page(
        request, case, form, version=case.referral.version, changes=changes, stale=True, status=412
    )


def _page(
    request: HttpRequest,
    case: Case,
    form: ActionForm,
    *,
    version: int,
    changes: list[Happened] | None = None,
    stale: bool = False,
    status: int = 200,
    saved: AnswerDraft | None = None,
) -> HttpResponse:
    context = {
        "saved": saved,
        "scores": completeness.scores(case.referral) if form.ask.referral else {},
        "trends": {},
        "accept": documents.ACCEPT,
        "upload_hint": documents.HINT,
        **_frame(case),
        "form": form,
        "version": version,
        "attempt": once.new_word(),
        "stale": stale,
        "changes": changes or [],
        "consequence": consequences.consequence(case.move, case.referral),
        "button": consequences.button(case.move, case.referral),
        "flags_waiting": _flags_waiting(case),
        "flags_words": FLAGS_WAIT,
    }
    template = TEMPLATES.get(case.move.action, PLAIN)
    return render(request, template, context, status=status)


def _flags_waiting(case: Case) -> int:
    """Acceptance waits for a clinician's note on each flag that needs one: said beforehand."""
    if case.move.action is not Action.ACCEPT:
        return 0
    noted = {review.rule for review in case.referral.flag_reviews.all()}
    found = disclosure.assessment_for(case.referral, case.actor) or {"flags": []}
    flags = found["flags"]
    return len({f["rule"] for f in flags if f["level"] == "R"} - noted)


def _impossible(
    request: HttpRequest,
    case: Case,
    detail: str = "",
    form: ActionForm | None = None,
    changes: list[Happened] | None = None,
) -> HttpResponse:
    """The state does not allow it: what is possible now, and what was typed, to be copied."""
    now = referral_page.buttons(case.referral, case.actor)
    typed = [
        (field.label, field.value())
        for field in (form or ())
        if type(field.field) is CharField and field.value()
    ]
    context = {
        **_frame(case),
        "detail": detail,
        "changes": changes or [],
        "possible": [b for b in [now["primary"], *now["more"]] if b and b.action],
        "typed": typed,
    }
    return render(request, "pages/actions/impossible.html", context, status=409)


def _frame(case: Case) -> dict[str, Any]:
    reader = referral_page.Reader.of(case.referral, case.actor)
    return {
        "referral": case.referral,
        "move": case.move,
        "reader": reader,
        "header": referral_page.header(case.referral, reader),
        "notices": reader.reading.notices,
        "here": reverse("referrals:act", args=[case.referral.pk, case.move.action.slug]),
        "back_url": reverse("referrals:detail", args=[case.referral.pk]),
    }
