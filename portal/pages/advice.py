"""Advice first: asking a clinic without a referral, and what comes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts import interrupted
from portal.forms.advice_form import AdviceForm
from portal.pages import keyset, once
from portal.pages.doorway import actor_of, person_page
from portal.pages.keyset import Column
from portal.presenters import advice as shown
from referrals import errors
from referrals.actors import Role
from referrals.operations import advice, asking_advice

SIZE = 50
ORDER = (Column("rank"), Column("updated_at", down=True, is_time=True), Column("id"))
DONE = {
    "answer": "Answer sent. The practice has been told that there is one.",
    "follow-up": "Sent. The clinic has been told.",
    "close": "Closed. You find it in this list.",
    "refer": "A draft with everything you had written. Nothing is sent yet.",
}


@require_safe
@person_page
def listing(request: HttpRequest) -> HttpResponse:
    """The questions of one's own practice or clinic, open ones first."""
    actor = actor_of(request)
    if not actor.organisations(Role.RC, Role.RD, Role.CO, Role.CL):
        raise errors.Forbidden()
    found = keyset.page(
        advice.listed(by=actor), ORDER, size=SIZE,
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    context = {
        "rows": shown.rows(found.rows, actor),
        "may_ask": asking_advice.may_ask(by=actor),
        "previous_url": _page_url(before=found.before),
        "next_url": _page_url(after=found.after),
    }
    return render(request, "pages/advice/list.html", context)


def _page_url(**cursor: str | None) -> str:
    known = {name: value for name, value in cursor.items() if value}
    return f"{reverse('advice:list')}?{urlencode(known)}" if known else ""


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def new(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not asking_advice.may_ask(by=actor):
        raise errors.Forbidden()
    if request.method != "POST":
        return _form(request, AdviceForm(actor, interrupted.take(request)))
    form = AdviceForm(actor, request.POST)
    if not form.is_valid():
        return _form(request, form, 400)
    try:
        made = once.act(
            request, lambda: asking_advice.ask(by=actor, data=form.payload(), door="portal")
        )
    except once.AlreadyDone:
        return HttpResponseRedirect(reverse("advice:list"), status=303)
    except errors.Invalid as refused:
        form.refuse(refused.errors)
        return _form(request, form, 400)
    messages.success(request, "Asked. A clinician of the clinic answers here.")
    return HttpResponseRedirect(reverse("advice:detail", args=[made.pk]), status=303)


def _form(request: HttpRequest, form: AdviceForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "attempt": once.new_word()}
    return render(request, "pages/advice/new.html", context, status=status)


@require_safe
@person_page
def detail(request: HttpRequest, advice_id: UUID) -> HttpResponse:
    return _page(request, advice_id)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def act(request: HttpRequest, advice_id: UUID, act: str) -> HttpResponse:
    """POST does it. GET is where words come back to that a signed-out person had sent."""
    if act not in advice.ACTS:
        raise Http404
    advice.authorise(act, advice_id, by=actor_of(request))
    if request.method != "POST":
        kept = interrupted.take(request)
        return _page(request, advice_id, typed=kept.get("text", "") if kept else "")
    typed = request.POST.get("text", "")
    try:
        draft = once.act(request, lambda: _do(request, advice_id, act, typed))
    except once.AlreadyDone:
        draft = None
    except errors.Invalid as refused:
        long = any(error.code == "max_length" for error in refused.errors)
        words = "Shorten it to 4,000 characters." if long else "Write something first."
        return _page(request, advice_id, typed=typed, error=words, status=400)
    except errors.Conflict as refused:
        return _page(request, advice_id, typed=typed, error=refused.detail, status=409)
    messages.success(request, DONE[act])
    if draft is not None:
        address = reverse("referrals:edit", args=[draft, "patient"])
    else:
        address = reverse("advice:detail", args=[advice_id])
    return HttpResponseRedirect(address, status=303)


def _do(request: HttpRequest, advice_id: UUID, act: str, text: str) -> UUID | None:
    """The id of the draft where one was made."""
    by = actor_of(request)
    if act == "refer":
        return advice.refer(advice_id, by=by, door="portal").pk
    if act == "close":
        advice.close(advice_id, by=by, door="portal")
        return None
    say = advice.answer if act == "answer" else advice.follow_up
    say(advice_id, by=by, data={"text": text}, door="portal")
    return None


def _page(
    request: HttpRequest, advice_id: UUID, *, typed: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    one = advice.open_record(advice_id, by=actor, door="portal")
    context: dict[str, Any] = {
        **shown.page(one, actor), "typed": typed, "error": error, "attempt": once.new_word(),
    }  # fmt: skip
    return render(request, "pages/advice/detail.html", context, status=status)
