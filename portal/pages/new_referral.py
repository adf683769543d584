"""The first step of a new referral. Nothing is made before something is typed and kept."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.forms import last_choice
from portal.forms.steps import PATIENT
from portal.forms.steps_form import StepForm
from portal.middleware.sessions import is_background
from portal.pages import autosave, once, saving, wizard
from portal.pages.doorway import actor_of, person_page
from referrals import errors
from referrals.actors import Actor, Role

WRITERS = (Role.RC, Role.RD, Role.CO)
# The session remembers which draft the last form made: a second press goes on with that one.
BEGUN = "begun_referral"


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def show(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    if not actor.organisations(*WRITERS):
        raise errors.Forbidden()
    if request.method == "POST":
        return _begin(request, actor)
    typed = saving.typed_before(request)
    form = StepForm(PATIENT, actor, None, data=typed, more_rows=request.GET.get("more", ""))
    if form.header:
        form.header.propose(request.GET.get("referrer", ""))
    if typed is not None:
        form.is_valid()
    return wizard.draw(request, form, None, base="", returned=typed is not None)


def _begin(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    word = request.POST.get(once.FIELD, "")
    if begun := request.session.get(BEGUN, {}).get(word):
        return wizard.show(request, UUID(begun), PATIENT.slug)
    try:
        data = last_choice.taken(request.POST, by=actor)
        attempt = once.act(request, lambda: saving.begin(PATIENT, by=actor, data=data))
    except once.AlreadyDone:
        messages.info(request, "This draft was begun a moment ago. You find it below.")
        return redirect("home")
    referral = attempt.referral
    if referral is not None and word:
        request.session[BEGUN] = {word: str(referral.pk)}
    if is_background(request):
        return _answer(request, actor, attempt)
    if referral is None:
        return wizard.draw(request, attempt.form, None, base="", status=400)
    if attempt.form.fault_count:
        # The form goes to the draft's own address from now on.
        base = StepForm(PATIENT, actor, referral).base()
        return wizard.draw(request, attempt.form, referral, base=base, status=400)
    return wizard.go_on(request, referral, PATIENT, request.POST)


def _answer(request: HttpRequest, actor: Actor, attempt: saving.Attempt) -> JsonResponse:
    """For the autosave: where the draft lives from now on, or that it waits."""
    referral = attempt.referral
    if referral is None:
        return JsonResponse({"saved": False, "waits_for": "referrer"})
    return JsonResponse(
        {
            **autosave.answer(attempt.form.step, referral, actor, attempt.form.fault_count),
            "edit": saving.edit_url(referral, PATIENT),
            "autosave": reverse("referrals:autosave", args=[referral.pk]),
        },
        status=201,
    )
