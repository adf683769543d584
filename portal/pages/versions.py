"""What was sent, version by version: what changed, who read it, and each as it was on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.http import posts_only
from portal.pages.doorway import actor_of, person_page
from portal.presenters import differences, referral_page
from portal.presenters import referral_sections as sections
from referrals import clock, disclosure
from referrals import versions as frozen
from referrals.models import ContentVersion
from referrals.operations import versions
from referrals.operations.versions import Opened

DOOR = "portal"


@require_safe
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Every version with what it changed, the newest first; unread ones stand on top."""
    actor = actor_of(request)
    opened = versions.open_all(referral_id, by=actor, door=DOOR)
    referral = opened.referral
    context = {
        **_frame(request, opened),
        "rows": _rows(opened),
        "unread": _unread(opened),
        "may_mark": versions.may_mark_read(referral, by=actor),
        "newest": referral.content_version,
    }
    return render(request, "pages/versions/list.html", context)


def _frame(request: HttpRequest, opened: Opened) -> dict[str, Any]:
    referral = opened.referral
    reader = referral_page.Reader.of(referral, actor_of(request))
    return {
        "referral": referral,
        "reader": reader,
        "header": referral_page.header(referral, reader),
        "closed": opened.closed,
        "closed_notice": sections.CLOSED_NOTICES.get(opened.reading.closed_because, ""),
        "notices": opened.reading.notices,
        "back_url": reverse("referrals:detail", args=[referral.pk]),
    }


def _rows(opened: Opened) -> list[dict[str, Any]]:
    earlier = [None, *opened.versions]
    pairs = zip(opened.versions, earlier, strict=False)
    rows = [_row(opened, version, before) for version, before in pairs]
    return rows[::-1]


def _row(opened: Opened, version: ContentVersion, before: ContentVersion | None) -> dict[str, Any]:
    referral = opened.referral
    return {
        "version": version,
        "reason": opened.reason(version),
        "unchanged": frozen.is_unchanged(version),
        "first": before is None,
        "differences": _between(opened, before, version) if before else [],
        "unread": version.number > referral.clinic_read_version,
        "print_url": reverse("referrals:version", args=[referral.pk, version.number]),
    }


def _unread(opened: Opened) -> dict[str, Any] | None:
    """All that changed since the version which the clinic read last, taken together."""
    referral = opened.referral
    if opened.closed or referral.content_version <= referral.clinic_read_version:
        return None
    since = opened.number(referral.clinic_read_version)
    newest = opened.versions[-1]
    return {"since": since, "newest": newest, "differences": _between(opened, since, newest)}


def _between(
    opened: Opened, old: ContentVersion, new: ContentVersion
) -> list[differences.Difference]:
    def scored(body: Mapping[str, Any]) -> list[dict[str, Any]]:
        return disclosure.instruments_for(opened.referral, opened.by, body)

    return differences.between(opened.body(old), opened.body(new), scored=scored)


@require_safe
@person_page
def printed(request: HttpRequest, referral_id: UUID, number: int) -> HttpResponse:
    """One version as it was sent, for the chart; the printing is logged with its number."""
    opened = versions.open_all(
        referral_id, by=actor_of(request), door=DOOR, verb="print", number=number
    )
    context = {**_frame(request, opened), "reference": opened.referral.reference}
    if not opened.closed:
        context |= _as_it_was(opened, opened.number(number))
    return render(request, "pages/versions/print.html", context)


def _as_it_was(opened: Opened, version: ContentVersion) -> dict[str, Any]:
    referral, body = opened.referral, opened.body(version)
    scored = disclosure.instruments_for(referral, opened.by, body)
    return {
        "version": version,
        "reason": opened.reason(version),
        "count": len(opened.versions),
        "unchanged": frozen.is_unchanged(version),
        "patient": referral_page.patient_name(body),
        "sections": sections.build(body, gaps=[], instruments=scored, reading=opened.reading),
        "who": referral_page.who(referral),
        "now": clock.now(),
    }


@posts_only
@person_page
def read(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The clinic has read the changes up to the version that the page showed."""
    typed = request.POST.get("number", "")
    number = int(typed) if typed.isdecimal() and len(typed) < 6 else 0
    versions.mark_read(referral_id, number=number, by=actor_of(request), door=DOOR)
    messages.success(request, "Marked as read.")
    return HttpResponseRedirect(reverse("referrals:detail", args=[referral_id]), status=303)
