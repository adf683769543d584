"""The privacy officer's page: who looked, by referral or by person, and the chain's health."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.forms.access_log import AccessLogForm
from portal.pages.doorway import actor_of, person_page
from portal.presenters.words import moment
from referrals.access import reading
from referrals.actors import Role
from referrals.errors import Forbidden, Invalid

COLUMNS = [
    {"label": label}
    for label in ("When", "Who", "Role", "What", "Referral", "Door", "Address", "Entry")
]


@require_safe
@person_page
def show(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not actor.has(Role.PO):
        raise Forbidden()
    form = AccessLogForm(request.GET or None)
    looks: list[reading.Look] = []
    more: int | None = None
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {}
    if not form.is_bound or form.is_valid():
        try:
            looks, more = reading.looks(
                by=actor, reference=asked.get("reference", ""), email=asked.get("email", ""),
                before=asked.get("before"),
            )  # fmt: skip
        except Invalid as problem:
            for error in problem.errors:
                form.add_error(error.pointer.strip("/"), error.detail)
    return render(request, "pages/access_log/show.html", _context(form, asked, looks, more))


def _context(
    form: AccessLogForm, asked: dict[str, Any], looks: list[reading.Look], more: int | None
) -> dict[str, Any]:
    kept = {k: v for k, v in asked.items() if v and k != "before"}
    return {
        "form": form,
        "columns": COLUMNS,
        "rows": [_row(look) for look in looks],
        "next_url": reverse("access-log", query={**kept, "before": more}) if more else "",
        "health": reading.health(),
    }


def _row(look: reading.Look) -> list[dict[str, str]]:
    values = (
        moment(look.at), look.who, look.roles.upper().replace(",", ", "),
        look.verb.replace("_", " "), look.reference, look.door, look.address, str(look.number),
    )  # fmt: skip
    return [
        {"label": column["label"], "text": value or "–"}
        for column, value in zip(COLUMNS, values, strict=True)
    ]
