"""The four steps of writing a referral, each its own page that works without JavaScript."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.forms import last_choice
from portal.forms.steps import BY_SLUG, CHECK, SECTIONS, STEPS, Step, next_after, section_name
from portal.forms.steps_form import StepForm
from portal.pages import amending, once, saving, sending
from portal.pages.doorway import actor_of, person_page
from portal.presenters import beside, completeness, trends
from referrals.lifecycle import State
from referrals.models import Referral

KEPT = "Saved."
LEFT = "What this section lacks is left to the clinic."


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def show(request: HttpRequest, referral_id: UUID, step: str) -> HttpResponseBase:
    """One step of one draft."""
    found = BY_SLUG.get(step)
    if found is None:
        raise Http404
    referral = saving.open_draft(request, referral_id, by=actor_of(request))
    if referral.state != State.DRAFT:
        return _not_a_draft(request, referral, found)
    if found is CHECK:
        return sending.show(request, referral)
    return _keep(request, referral, found) if request.method == "POST" else _page(
        request, referral, found
    )  # fmt: skip


def _not_a_draft(request: HttpRequest, referral: Referral, step: Step) -> HttpResponse:
    """A second press of the button shows what the first one did."""
    if step is CHECK and referral.submitted_by_id == request.user.pk:
        return redirect("referrals:sent", referral.pk)
    if amending.is_open(referral):
        return amending.show(request, referral, step)
    if request.method == "POST":
        return render(request, "pages/wizard/not_a_draft.html", {"referral": referral}, status=409)
    return redirect("referrals:detail", referral.pk)


def _page(request: HttpRequest, referral: Referral, step: Step) -> HttpResponse:
    typed = saving.typed_before(request)
    form = StepForm(
        step, actor_of(request), referral, data=typed, more_rows=request.GET.get("more", ""),
        another=request.GET.get("another", ""),
    )  # fmt: skip
    if typed is not None:
        form.is_valid()
    base = typed.get(saving.BASE, "") if typed is not None else form.base()
    return draw(request, form, referral, base=base, returned=typed is not None)


def _keep(request: HttpRequest, referral: Referral, step: Step) -> HttpResponse:
    data = last_choice.taken(saving.cleared(request.POST), by=actor_of(request))
    attempt = saving.keep(step, referral=referral, by=actor_of(request), data=data)
    kept = attempt.referral or referral
    fresh = StepForm(step, actor_of(request), kept)
    if attempt.conflict:
        return draw(
            request, attempt.form, kept, base=fresh.base(), status=409,
            differences=attempt.form.differences(),
        )  # fmt: skip
    if not attempt.clean:
        return draw(request, attempt.form, kept, base=fresh.base(), status=400)
    if data.get("go") == "clinic" and (name := section_name(step)):
        saving.leave_to_clinic(kept, name, by=actor_of(request))
        messages.success(request, LEFT)
        return HttpResponseRedirect(saving.edit_url(kept, CHECK))
    return go_on(request, kept, step, data)


def go_on(
    request: HttpRequest, referral: Referral, step: Step, data: QueryDict
) -> HttpResponseRedirect:
    """Where the pressed button leads once everything is kept."""
    here = saving.edit_url(referral, step)
    if more := data.get("add"):
        return HttpResponseRedirect(f"{here}?more={more}#list-{more}")
    if key := data.get("clear"):
        return HttpResponseRedirect(f"{here}#scale-{key}")
    if key := data.get("another"):
        return HttpResponseRedirect(f"{here}?{urlencode({'another': key})}#scale-{key}")
    if data.get("go") == "leave":
        messages.success(request, "Saved. You find it among your drafts.")
        return redirect("home")
    if data.get("go") == last_choice.GO:
        return HttpResponseRedirect(f"{here}#id_after_hours_phone")
    if data.get("go") == "stay":
        messages.success(request, KEPT)
        return HttpResponseRedirect(here)
    return HttpResponseRedirect(saving.edit_url(referral, next_after(step)))


def draw(
    request: HttpRequest, form: StepForm, referral: Referral | None, *, base: str,
    status: int = 200, differences: list[dict[str, str]] | None = None, returned: bool = False,
) -> HttpResponse:  # fmt: skip
    """The page of one step, with whatever was typed."""
    context: dict[str, Any] = {
        "form": form,
        "groups": form.groups(),
        "referral": referral,
        "step": form.step,
        "last": last_choice.offered(form, by=actor_of(request)),
        "base": base,
        "differences": differences,
        "returned": returned,
        "attempt": request.POST.get(once.FIELD) or once.new_word(),
        "previous": previous_url(referral, form.step),
        "duplicates": saving.duplicates_of(referral),
        "scores": completeness.scores(referral),
        "trends": trends.of_referral(referral),
        "danger": completeness.is_danger(referral),
        "found": beside.of_draft(referral, actor_of(request)),
        **indicator(referral, form.step),
    }
    return render(request, "pages/wizard/step.html", context, status=status)


def indicator(referral: Referral | None, step: Step) -> dict[str, Any]:
    """The step indicator: what is done, where I am; nothing for a single section."""
    if step in SECTIONS:
        return {"section": section_name(step)}
    number = STEPS.index(step) + 1
    left = completeness.steps_with_gaps(referral)
    steps = [
        {
            "label": one.label,
            "url": saving.edit_url(referral, one) if referral else "",
            "state": "current" if one is step else _state(one, referral, left),
        }
        for one in STEPS
    ]
    return {"steps": steps, "number": number, "total": len(STEPS)}


def _state(step: Step, referral: Referral | None, left: set[str]) -> str:
    return "todo" if referral is None or step is CHECK or step.slug in left else "done"


def previous_url(referral: Referral | None, step: Step) -> str:
    if step in SECTIONS:
        return saving.edit_url(referral, CHECK) if referral else ""
    number = STEPS.index(step)
    return saving.edit_url(referral, STEPS[number - 1]) if referral and number else ""
