"""Acts on one partner, each a page of its own that says what follows before it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from integrations.models import Partner
from integrations.replay import Selection
from portal.accounts import partners
from portal.forms.partners import CommandKeysForm, DiscardForm, ReplayForm
from portal.pages import returned
from portal.pages.doorway import actor_of, person_page
from portal.pages.partners import secret_page
from portal.presenters import command_keys, words
from portal.presenters import partners as shown
from referrals.actors import Actor
from referrals.errors import Conflict
from referrals.models import Referral
from referrals.operations import partner_systems
from referrals.references import normalize

Given = dict[str, Any]
Facts = list[dict[str, str]]
PAGE = "pages/partners/act.html"
FACTS = {
    "delivery": shown.delivery_facts,
    "message": shown.command_facts,
    "key": command_keys.key_facts,
}


@dataclass(frozen=True)
class Act:
    """`needs`: the row that it is about, by the name of the parameter."""

    label: str
    consequence: str
    done: str
    work: Callable[[Partner, Actor, Given], object]
    needs: str = ""
    form: type[forms.Form] | None = None
    danger: bool = False


def _on_row(
    operation: Callable[..., object], *, needs: str, label: str, consequence: str, done: str,
    **more: Any,
) -> Act:  # fmt: skip
    def work(partner: Partner, actor: Actor, given: Given) -> object:
        also = {"reason": given["reason"]} if "reason" in given else {}
        return operation(partner, given[needs], by=actor, door="portal", **also)

    return Act(label, consequence, done, work, needs=needs, **more)


def _switch(what: str, label: str, consequence: str, done: str, **more: Any) -> Act:
    def work(partner: Partner, actor: Actor, given: Given) -> object:
        return partner_systems.switch(partner, what, by=actor, door="portal")

    return Act(label, consequence, done, work, **more)


def _retry_all(partner: Partner, actor: Actor, given: Given) -> object:
    return partner_systems.retry_all(partner, by=actor, door="portal")


def _replay(partner: Partner, actor: Actor, given: Given) -> int:
    return partner_systems.replay(selection(partner, actor, given), by=actor, door="portal")


def _add_keys(partner: Partner, actor: Actor, given: Given) -> object:
    return partner_systems.add_command_keys(partner, given["keys"], by=actor, door="portal")


def _require_signatures(partner: Partner, actor: Actor, given: Given) -> object:
    return partner_systems.require_signatures(partner, by=actor, door="portal")


def _accept_unsigned(partner: Partner, actor: Actor, given: Given) -> object:
    return partner_systems.accept_unsigned(partner, by=actor, door="portal")


def _renew(partner: Partner, actor: Actor, given: Given) -> str:
    return partners.renew(partner, by=actor, door="portal")


ACTS: dict[str, Act] = {
    "retry": _on_row(
        partner_systems.retry, needs="delivery", label="Try again",
        consequence="The event is sent once more, with the same bytes. What waits behind it "
        "for the same referral follows.",
        done="It is sent again.",
    ),
    "skip": _on_row(
        partner_systems.skip, needs="delivery", label="Skip",
        consequence="A tombstone goes out in its place and under its number, so that the "
        "partner does not wait for it. What waits behind it for the same referral follows. "
        "The event stays readable in the partner's feed.",
        done="A tombstone goes out in its place.", danger=True,
    ),
    "cancel": _on_row(
        partner_systems.cancel, needs="delivery", label="Cancel",
        consequence="The event is never sent, and nothing goes out in its place. That is for "
        "partners that are switched off.",
        done="It is cancelled.", danger=True,
    ),
    "retry-all": Act(
        "Try all again", "Everything that is parked is sent once more, in order.",
        "All of them are sent again.", _retry_all,
    ),
    "restart": _on_row(
        partner_systems.restart_command, needs="message", label="Apply again",
        consequence="The command is applied once more, with three starts before it.",
        done="It is applied again.",
    ),
    "discard": _on_row(
        partner_systems.discard_command, needs="message", label="Discard",
        consequence="The message is left for good and gets no answer. Its id stays known, so "
        "that it is recognised if it comes again.",
        done="It is discarded.", form=DiscardForm, danger=True,
    ),
    "replay": Act(
        "Send again",
        "What was delivered is sent once more: the same ids, numbers and bytes, in the same "
        "order. The partner drops by its id what it has had.",
        "It is sent again.", _replay, form=ReplayForm,
    ),
    "pause": _switch(
        "pause", "Pause",
        "Nothing is sent to its queue until you resume. What happens meanwhile waits, and its "
        "feed goes on.", "Paused.",
    ),
    "resume": _switch(
        "resume", "Resume", "What waits goes out now, in order.", "It is sent to again."
    ),
    "deactivate": _switch(
        "deactivate", "Switch off",
        "It is owed nothing that happens from now on, its commands are not taken, and its "
        "tokens stop working. What is owed to it already stays owed.",
        "It is switched off.", danger=True,
    ),
    "activate": _switch(
        "activate", "Switch on", "It is told of what happens from now on.", "It is switched on."
    ),
    "add-key": Act(
        "Add a key",
        "Commands that are signed with it are taken from now on. The other active keys stay, so "
        "that the partner can change from one to the next.",
        "The key is added.", _add_keys, form=CommandKeysForm,
    ),
    "retire-key": _on_row(
        partner_systems.retire_command_key, needs="key", label="Retire key",
        consequence="A command that arrives from now on and is signed with this key is parked, "
        "whenever it was signed. The key cannot come back: the partner makes a new pair.",
        done="The key is retired.", danger=True,
    ),
    "require-signatures": Act(
        "Require signatures",
        "A command without a good signature is parked from now on and has no effect. It takes "
        "a few seconds until the receiving process knows. Ask the partner first whether it signs.",
        "Signatures are required.", _require_signatures,
    ),
    "accept-unsigned": Act(
        "Stop requiring signatures",
        "Commands are taken without a signature again. One that has a signature still has to "
        "be good.",
        "Signatures are not required.", _accept_unsigned, danger=True,
    ),
    "renew": Act(
        "New secret",
        "You see a new secret once. The old one stops working now, and so do the tokens that "
        "were given for it.", "", _renew, danger=True,
    ),
}  # fmt: skip


@require_http_methods(["GET", "POST"])
@person_page
def act(request: HttpRequest, partner_id: UUID, act: str) -> HttpResponse:
    actor = actor_of(request)
    partner = partner_systems.find(partner_id, by=actor)
    if act not in ACTS:
        raise Http404
    chosen = ACTS[act]
    typed = returned.typed(request)
    form = chosen.form(typed) if chosen.form else None
    given = {chosen.needs: _row_id(typed or request.GET, chosen.needs)} if chosen.needs else {}
    about = _about(partner, chosen, given, actor)
    if request.method != "POST" or (form and not form.is_valid()):
        context = _context(partner, chosen, form, given, about)
        return render(request, PAGE, context, status=400 if request.method == "POST" else 200)
    given |= form.cleaned_data if form else {}
    try:
        outcome = chosen.work(partner, actor, given)
    except Conflict as refused:
        context = _context(partner, chosen, form, given, about)
        return render(request, PAGE, context | {"problem": refused.detail}, status=409)
    if act == "renew":
        return secret_page(request, partner, str(outcome))
    return _back(request, partner, chosen, outcome)


def _row_id(said: QueryDict, name: str) -> int:
    text = said.get(name) or ""
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)


def _about(partner: Partner, chosen: Act, given: Given, by: Actor) -> Facts:
    """Which delivery or command it is about, so that nobody skips another one by mistake."""
    if not chosen.needs:
        return []
    facts = FACTS[chosen.needs](partner, given[chosen.needs], by=by)
    if not facts:
        raise Http404
    return facts


def _context(
    partner: Partner, chosen: Act, form: forms.Form | None, given: Given, about: Facts
) -> dict[str, Any]:
    return {
        "partner": partner, "act": chosen, "form": form, "given": given, "about": about,
        "back_url": reverse("partner", args=[partner.pk]),
    }  # fmt: skip


def _back(request: HttpRequest, partner: Partner, chosen: Act, outcome: object) -> HttpResponse:
    counted = f" Deliveries: {outcome}." if isinstance(outcome, int) else ""
    messages.success(request, chosen.done + counted)
    return HttpResponseRedirect(reverse("partner", args=[partner.pk]), status=303)


def selection(partner: Partner, actor: Actor, given: Given) -> Selection:
    """What the replay's form asks for. Conflict for a reference that the person cannot see."""
    chosen = Selection(partner)
    if given["reference"]:
        chosen = replace(chosen, subject=_subject(given["reference"], actor))
    if given["since"]:
        chosen = replace(chosen, since=_midnight(given["since"]))
    if given["until"]:
        chosen = replace(chosen, until=_midnight(given["until"] + timedelta(days=1)))
    return chosen


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time(), tzinfo=words.zone())


def _subject(text: str, actor: Actor) -> UUID:
    row = Referral.objects.visible_to(actor).filter(reference=normalize(text) or "").first()
    if row is None:
        raise Conflict("No referral of your clinic has this reference. Look at it again.")
    return row.pk
