"""The acceptance set as a task list: each section with its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from portal.forms.steps import SECTION_OF, SECTION_TITLES
from portal.presenters.completeness import section_url
from referrals.models import Referral

MOST_NAMED = 3


def tasks(
    referral: Referral, assessment: Mapping[str, Any], *, may_write: bool = True
) -> list[dict[str, str]]:
    """Rows of components/task_list.html; `waiting` where the clinic obtains what is left."""
    accept = assessment["completeness"]["accept"]
    missing = _by_section(accept["missing"])
    obtained = _by_section(accept["clinic_to_obtain"])
    content = referral.content.as_dict()
    return [
        _task(referral, name, title, content.get(name), missing.get(name, []),
              bool(obtained.get(name)), may_write)
        for name, title in SECTION_TITLES
    ]  # fmt: skip


def _by_section(gaps: Any) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for gap in gaps:
        found.setdefault(gap["pointer"].split("/")[1], []).append(gap)
    return found


def _task(
    referral: Referral, name: str, title: str, held: Any, missing: list[Mapping[str, Any]],
    obtained: bool, may_write: bool,
) -> dict[str, str]:  # fmt: skip
    url = reverse("referrals:edit", args=[referral.pk, SECTION_OF[name].slug])
    if missing:
        labels = [gap["label"] for gap in missing]
        rest = f" and {len(labels) - MOST_NAMED} more" if len(labels) > MOST_NAMED else ""
        return {
            "title": title,
            "url": section_url(referral, name, missing[0]) if may_write else "",
            "state": "started" if held else "todo",
            "hint": f"{', '.join(labels[:MOST_NAMED])}{rest}",
        }
    waiting = obtained or _left_to_clinic(held)
    return {
        "title": title, "url": url if may_write else "", "state": "waiting" if waiting else "done",
    }  # fmt: skip


def _left_to_clinic(held: Any) -> bool:
    if not isinstance(held, Mapping):
        return False
    reasons = (held.get("absent_reasons") or {}).values()
    return "clinic_to_obtain" in [*held.values(), *reasons]
