"""What a browser sends from the pages of a new referral."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from referrals.models import Referral

INPUT = re.compile(r"<input\b[^>]*>")
ATTRIBUTE = re.compile(r'(\w[\w-]*)="([^"]*)"')
SELECTED = re.compile(r'<select name="([^"]+)".*?</select>', re.S)
OPTION = re.compile(r'<option value="([^"]*)"[^>]*selected')
AREA = re.compile(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', re.S)

PATIENT = {
    "clinic": "apopka",
    "service": "dual-diagnosis-evaluation",
    "patient-given_name": "Ottilie",
    "patient-family_name": "Brandvold",
    "patient-birth_date": "04/12/1979",
    "patient-phone": "(407) 555-0142",
    "patient-ok_to_leave_message": "true",
    "patient-state": "FL",
    "consent-patient_agrees": "true",
    "consent-basis": "treatment",
    "consent-part2_source": "no",
}
WHY = {
    "request-reason": "Both conditions; tried treatments help little.",
    "request-urgency": "routine",
    "pain-diagnoses": "m54.16, G89.4",
    "pain-onset": "03/2021",
    "trauma-ptsd_status": "positive_screen",
}
SAFETY = {
    "safety-danger_now": "false",
    **{f"phq-9-{n}": "1" for n in range(8)},
    "phq-9-8": "0",
    "phq-9-on": "01/05/2026",
}


def edit_url(referral: Referral, step: str) -> str:
    return reverse("referrals:edit", args=[referral.pk, step])


def fields(page: Any) -> dict[str, Any]:
    """Every field that the page's form would send as it stands."""
    text = page.content.decode().split('id="step-form"')[-1]
    found: dict[str, Any] = {}
    for tag in INPUT.findall(text):
        one = dict(ATTRIBUTE.findall(tag))
        if one.get("type") in ("radio", "checkbox") and " checked" not in tag:
            continue
        if "name" in one and one["name"] != "csrfmiddlewaretoken":
            found[one["name"]] = unescape(one.get("value", _blank(one)))
    for select in SELECTED.finditer(text):
        if chosen := OPTION.search(select.group(0)):
            found[select.group(1)] = chosen.group(1)
    found.update({name: unescape(value) for name, value in AREA.findall(text)})
    return found


def _blank(one: dict[str, str]) -> str:
    return "on" if one.get("type") == "checkbox" else ""


def save(client: Client, referral: Referral, step: str, *, go: str = "next", **typed: Any) -> Any:
    """Open the step, type, and press a button."""
    page = client.get(edit_url(referral, step))
    assert page.status_code == 200, page.status_code
    return client.post(edit_url(referral, step), {**fields(page), "go": go, **typed})


def begin(client: Client, **typed: Any) -> Any:
    page = client.get(reverse("referrals:new"))
    return client.post(reverse("referrals:new"), {**fields(page), "go": "next", **typed})


def written(client: Client) -> Referral:
    """A draft written through the pages, ready to send."""
    before = set(Referral.objects.values_list("pk", flat=True))
    assert begin(client, **PATIENT).status_code == 302
    draft = Referral.objects.exclude(pk__in=before).get()
    assert save(client, draft, "why", **WHY).status_code == 302
    assert save(client, draft, "safety", **SAFETY).status_code == 302
    draft.refresh_from_db()
    return draft


def content(referral: Referral) -> dict[str, Any]:
    return Referral.objects.select_related("content").get(pk=referral.pk).content.as_dict()
