"""The acceptance set as a task list: each section with its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from portal.presenters.completeness import SECTION_TITLES
from referrals.models import Referral

MOST_NAMED = 3


def tasks(referral: Referral, assessment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Rows of components/task_list.html; `waiting` where the clinic obtains what is left."""
    missing: dict[str, list[str]] = {}
    for gap in assessment["completeness"]["accept"]["missing"]:
        missing.setdefault(gap["pointer"].split("/")[1], []).append(gap["label"])
    url = reverse("referrals:detail", args=[referral.pk])
    content = referral.content.as_dict()
    return [
        _task(title, url, content.get(name), missing.get(name, []))
        for name, title in SECTION_TITLES
    ]


def _task(title: str, url: str, held: Any, missing: list[str]) -> dict[str, str]:
    if missing:
        state = "started" if held else "todo"
        named = ", ".join(missing[:MOST_NAMED])
        rest = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        return {"title": title, "url": url, "state": state, "hint": f"{named}{rest}"}
    return {"title": title, "url": "", "state": "waiting" if _left_to_clinic(held) else "done"}


def _left_to_clinic(held: Any) -> bool:
    if not isinstance(held, Mapping):
        return False
    reasons = (held.get("absent_reasons") or {}).values()
    return "clinic_to_obtain" in [*held.values(), *reasons]
