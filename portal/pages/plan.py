"""The one plan of a referral: read it, add to it, see who is on the team."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.forms.action_forms import WORDS
from portal.pages import once, returned
from portal.pages.doorway import actor_of, person_page
from portal.presenters import plan as plan_view
from portal.presenters import referral_page
from referrals import errors
from referrals.models import PlanSide, PlanTopic
from referrals.operations import plan, records


class ContributionForm(forms.Form):
    """Where it belongs, and what is added. The operation is the judge."""

    use_required_attribute = False
    side = forms.ChoiceField(
        label="Part of the plan", choices=PlanSide.choices, widget=forms.RadioSelect,
        error_messages=WORDS,
    )  # fmt: skip
    topic = forms.ChoiceField(
        label="Topic of daily life", required=False, choices=[("", "None"), *PlanTopic.choices],
        help_text="For daily life only.", error_messages=WORDS,
    )  # fmt: skip
    text = forms.CharField(
        label="What you add", max_length=4000, error_messages=WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip

    def payload(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value}


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    if request.method == "POST":
        plan.authorise(referral_id, by=actor_of(request))
        return _add(request, referral_id)
    return _draw(request, referral_id, ContributionForm(returned.before(request)))


def _add(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    form = ContributionForm(request.POST)
    if not form.is_valid():
        return _draw(request, referral_id, form, status=400)
    try:
        once.act(
            request,
            lambda: plan.add(referral_id, by=actor_of(request), data=form.payload(), door="portal"),
        )
    except once.AlreadyDone:
        pass
    except errors.Conflict as refused:
        form.add_error(None, refused.detail)
        return _draw(request, referral_id, form, status=409)
    except errors.Invalid as refused:
        for fault in refused.errors:
            name = fault.pointer.strip("/")
            form.add_error(name if name in form.fields else None, fault.detail)
        return _draw(request, referral_id, form, status=400)
    messages.success(request, "Added to the plan, with your name and the time.")
    return HttpResponseRedirect(reverse("referrals:plan", args=[referral_id]), status=303)


def _draw(
    request: HttpRequest, referral_id: UUID, form: ContributionForm, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    referral = records.open_record(referral_id, by=actor, door="portal")
    reader = referral_page.Reader.of(referral, actor)
    context = {
        "referral": referral,
        "reader": reader,
        "header": referral_page.header(referral, reader),
        "notices": reader.reading.notices,
        "plan": plan_view.build(referral, actor),
        "form": form,
        "attempt": request.POST.get(once.FIELD) or once.new_word(),
    }
    return render(request, "pages/referral/plan.html", context, status=status)
