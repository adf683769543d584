"""The last step: what was written, what is missing, what the person has to know, and sending."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.html import escape

from portal.forms.steps import CHECK
from portal.pages import danger, once, saving, wizard
from portal.pages import documents as document_pages
from portal.pages.doorway import actor_of
from portal.presenters import completeness, expected, findings, summary, usual, waiting
from portal.presenters import documents as document_words
from referrals import clock, errors
from referrals.lifecycle import MOVE_FOR, Action
from referrals.lifecycle.inputs import Submit
from referrals.models import Referral
from referrals.operations import documents, facts, moves


class SendForm(forms.Form):
    """What the person has to say before sending: about a duplicate.

    Danger has a page of its own before this one; what was said there goes along.
    """

    use_required_attribute = False

    def __init__(self, *, danger: bool, duplicate: bool, data: Any = None) -> None:
        super().__init__(data)
        self.danger = danger
        inputs = Submit().fields
        if duplicate:
            self.fields["duplicate_reason"] = forms.CharField(
                required=False,
                label=str(inputs["duplicate_reason"].label),
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def inputs(self) -> dict[str, Any]:
        """The input of the move."""
        reason = (self.cleaned_data.get("duplicate_reason") or "").strip()
        kept = {"danger_acknowledged": True} if self.danger else {}
        return kept | ({"duplicate_reason": reason} if reason else {})


def show(request: HttpRequest, referral: Referral) -> HttpResponseBase:
    if danger.is_due(request, referral):
        return redirect("referrals:danger", referral.pk)
    if request.method == "POST":
        return _send(request, referral)
    return _draw(request, referral, _form(referral))


def _form(referral: Referral, data: Any = None) -> SendForm:
    return SendForm(
        danger=completeness.is_danger(referral),
        duplicate=bool(saving.duplicates_of(referral)),
        data=data,
    )


def _send(request: HttpRequest, referral: Referral) -> HttpResponseBase:
    form = _form(referral, request.POST)
    valid = form.is_valid()
    if request.POST.get("version") != str(referral.version):
        return _draw(request, referral, form, status=409, changed=True)
    if not valid:
        return _draw(request, referral, form, status=400)
    try:
        moves.perform(
            Action.SUBMIT, referral_id=referral.pk, by=actor_of(request), data=form.inputs(),
            version=referral.version, door=saving.DOOR,
        )  # fmt: skip
    except errors.Stale:
        return _draw(request, _again(request, referral), form, status=409, changed=True)
    except errors.Conflict:
        return wizard.show(request, referral.pk, CHECK.slug)
    except errors.Invalid as refused:
        return _draw(request, referral, form, status=400, refused=refused)
    return redirect("referrals:sent", referral.pk)


def _again(request: HttpRequest, referral: Referral) -> Referral:
    return saving.open_draft(request, referral.pk, by=actor_of(request))


def _draw(
    request: HttpRequest, referral: Referral, form: SendForm, *, status: int = 200,
    changed: bool = False, refused: errors.Invalid | None = None,
) -> HttpResponseBase:  # fmt: skip
    assessment = facts.assess(referral)
    context: dict[str, Any] = {
        "referral": referral,
        "form": form,
        "meter": completeness.meter(referral, assessment),
        "sections": summary.sections(referral),
        "scores": completeness.scores(referral),
        "priority": expected.priority(assessment),
        "found": findings.now(assessment, referral.content.as_dict()),
        "usual_wait": waiting.usual(referral.service),
        "usual_answer": usual.sentence(referral.clinic),
        "expected": expected.answer_by(referral, assessment["priority"]["value"], clock.now()),
        "consequence": MOVE_FOR[Action.SUBMIT].consequence,
        "duplicates": saving.duplicates_of(referral),
        "danger": completeness.is_danger(referral),
        "changed": changed,
        "problems": _problems(referral, form, refused),
        "documents": document_words.rows(
            documents.listed(referral, by=actor_of(request)), referral, actor_of(request)
        ),
        **document_pages.upload_form(referral, request),
        "attempt": once.new_word(),
        "previous": wizard.previous_url(referral, CHECK),
        **wizard.indicator(referral, CHECK),
    }
    return render(request, "pages/wizard/check.html", context, status=status)


def _problems(
    referral: Referral, form: SendForm, refused: errors.Invalid | None
) -> list[dict[str, str]]:
    """What the operation refused, each with a link to where it is mended."""
    found = [
        {"url": f"#id_{name}", "text": str(text)}
        for name, texts in form.errors.items()
        for text in texts
    ]
    for fault in refused.errors if refused else ():
        name = fault.pointer.strip("/")
        if name in form.fields:
            form.add_error(name, escape(fault.detail))
            found.append({"url": f"#id_{name}", "text": fault.detail})
            continue
        if name == "documents":
            found.append({"url": "#documents", "text": fault.detail})
            continue
        step, anchor = completeness.place(fault.pointer)
        found.append({"url": f"{saving.edit_url(referral, step)}#{anchor}", "text": fault.detail})
    return found
