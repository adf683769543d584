"""Consent as an access rule: does what was recorded cover this clinic?"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from referrals import clinic_rules, clock
from referrals import content_classes as classes
from referrals.content_classes import ContentClass
from referrals.errors import FieldError
from referrals.recipients import names_clinic
from referrals.rules.consent import (
    expiry_days,
    part2_withheld,
    states_of,
    written_consent_needed,
    written_expired,
)

if TYPE_CHECKING:
    from referrals.models import Organisation, Referral

REVOKED, EXPIRED, MISSING = "consent_revoked", "consent_expired", "consent_missing"


def today_at(practice: Organisation) -> date:
    """The day on the calendar of the practice, which holds the signed consent."""
    return clock.now().astimezone(zoneinfo.ZoneInfo(practice.time_zone)).date()


def revoked_on(referral: Referral) -> date | None:
    """The day of the whole revocation, on the same calendar as the days of signed consents."""
    revoked = referral.consent_revoked_at
    zone = zoneinfo.ZoneInfo(referral.practice.time_zone)
    return revoked.astimezone(zone).date() if revoked else None


def open_classes(
    referral: Referral, content: Mapping[str, Any]
) -> tuple[frozenset[ContentClass], str]:
    """What the receiving side may read today, and the reason where that is nothing.

    The patient's identity stays open with whatever else is open: nothing can be read of
    nobody. A Part 2 source that is not settled keeps the substance content closed.
    """
    if referral.consent_revoked_at is not None:
        return classes.NONE, REVOKED
    today = today_at(referral.practice)
    if written_expired(content, today):
        return classes.NONE, EXPIRED
    if problem(referral, content) is not None:
        return classes.NONE, MISSING
    found = _in_scope(content) - _revoked_classes(referral)
    if part2_unsettled(referral, content):
        found -= {ContentClass.SUBSTANCE}
    return found | {ContentClass.IDENTITY}, ""


def part2_unsettled(referral: Referral, content: Mapping[str, Any]) -> bool:
    """True while a Part 2 source, or not knowing of one, keeps the substance content closed."""
    withheld = part2_withheld(content, today_at(referral.practice))
    return withheld or not _part2_names(referral, content)


def opens_words(
    referral: Referral, content: Mapping[str, Any], found: frozenset[ContentClass]
) -> bool:
    """Whether the receiving side may read what has no class, with `found` open.

    A text cannot be taken apart: it is read only while nothing that it may tell of is closed.
    Closed is what the patient took back, what a written consent leaves out though the referral
    holds it, and what comes from a Part 2 source without a consent that stands. Where nobody
    knows yet whether there is such a source, the section waits for the answer and the words do
    not: they are what the clinic asks with.
    """
    left_out = (classes.SUBJECTS - _in_scope(content)) & classes.held_in(content)
    consent = content.get("consent") or {}
    part2 = consent.get("part2_source") == "yes" and ContentClass.SUBSTANCE not in found
    return not (left_out or part2 or _revoked_classes(referral) & classes.SUBJECTS)


def _in_scope(content: Mapping[str, Any]) -> frozenset[ContentClass]:
    consent = content.get("consent") or {}
    named = (consent.get("written") or {}).get("content_classes")
    if consent.get("basis") != "written" or not named:
        return classes.ALL
    return frozenset(ContentClass(name) for name in named)


def _revoked_classes(referral: Referral) -> frozenset[ContentClass]:
    return frozenset(map(ContentClass, referral.content.revoked_classes or {}))


def _part2_names(referral: Referral, content: Mapping[str, Any]) -> bool:
    consent = content.get("consent") or {}
    recipients = (consent.get("part2_consent") or {}).get("recipients")
    if consent.get("part2_source") != "yes" or not recipients or referral.clinic is None:
        return True
    return names_clinic(recipients, referral.clinic)


def next_expiry(referral: Referral, content: Mapping[str, Any]) -> date | None:
    """The last day of the consent that ends first from today on; None where none ends."""
    today = today_at(referral.practice)
    return next((day for day in expiry_days(content) if day >= today), None)


def problem(referral: Referral, content: Mapping[str, Any]) -> FieldError | None:
    """What stands between this consent and the clinic, or None."""
    consent = content.get("consent") or {}
    if consent.get("patient_agrees") is not True:
        return FieldError(
            "/consent/patient_agrees", "consent_missing",
            "The patient has to know of this referral and agree to it.",
        )  # fmt: skip
    if referral.consent_revoked_at:
        return FieldError(
            "/consent", "consent_revoked",
            "The consent was revoked. The practice can send this again with a new one.",
        )  # fmt: skip
    return _basis_problem(referral, content, consent.get("basis")) or _scope_problem(
        referral, content
    )


def _scope_problem(referral: Referral, content: Mapping[str, Any]) -> FieldError | None:
    """A written consent that is over, or that names other recipients than this clinic."""
    if written_expired(content, today_at(referral.practice)):
        return FieldError(
            "/consent/written/expires_on", EXPIRED,
            "The written consent has expired. Record a new one.",
        )  # fmt: skip
    consent = content.get("consent") or {}
    recipients = (consent.get("written") or {}).get("recipients")
    if consent.get("basis") != "written" or not recipients or referral.clinic is None:
        return None
    if names_clinic(recipients, referral.clinic):
        return None
    return FieldError(
        "/consent/written/recipients", "recipient_not_named",
        "The written consent names other recipients. Ask the patient for one that names "
        f"{referral.clinic.name}.",
    )  # fmt: skip


def _basis_problem(
    referral: Referral, content: Mapping[str, Any], basis: str | None
) -> FieldError | None:
    if basis == "written" or not _needs_written(referral, content):
        return None
    return FieldError(
        "/consent/basis", "written_consent_needed",
        "A therapist's referral needs the patient's written consent.",
    )  # fmt: skip


def _needs_written(referral: Referral, content: Mapping[str, Any]) -> bool:
    profile = getattr(referral.referring_clinician, "clinician", None)
    states = states_of(content, referral.practice.state)
    rules = clinic_rules.of_clinic(referral.clinic)
    return profile is not None and written_consent_needed(profile.kind, *states, rules=rules)


def covers_other_clinic(
    referral: Referral, content: Mapping[str, Any], new: Mapping[str, Any] | None
) -> bool:
    """Treatment covers every treating clinic; a written consent names one, so ask again."""
    if new:
        return True
    consent = content.get("consent") or {}
    return consent.get("basis") == "treatment" and not referral.consent_revoked_at


def problem_with_new(
    referral: Referral, content: Mapping[str, Any], new: Mapping[str, Any] | None
) -> FieldError | None:
    """What stands between a consent recorded on the way to another clinic and that clinic.

    After a revocation only a written one counts, obtained on that day or later: a word of the
    receiving side does not undo what the patient said.
    """
    if not new:
        return None
    obtained: date | None = new.get("obtained_on")
    # A date is in the future only if it is so everywhere on earth (clinical reference A-13).
    if obtained and obtained > (clock.now() + timedelta(hours=14)).date():
        return FieldError("/consent/obtained_on", "in_the_future", "This day is still to come.")
    revoked = revoked_on(referral)
    written_on = obtained if new["basis"] == "written" else None
    if revoked and not (written_on and written_on >= revoked):
        return FieldError(
            "/consent", "consent_revoked",
            "The consent was revoked. Only a new written one, with its date, stands after that.",
        )  # fmt: skip
    return _basis_problem(referral, content, new["basis"])


def reopened(
    referral: Referral, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[bool, dict[str, str]]:
    """What a change of the consent's record gives back: (all of it, the classes still closed).

    Only a written consent that was recorded anew counts, signed on the day of the revocation
    or later, and only for the classes that it names.
    """
    closed = dict(referral.content.revoked_classes or {})
    consent = after.get("consent") or {}
    written = consent.get("written") or {}
    signed = _day(written.get("signed_on"))
    anew = written != ((before.get("consent") or {}).get("written") or {})
    if consent.get("basis") != "written" or signed is None or not anew:
        return False, closed
    scope = set(_in_scope(after))
    closed = {
        name: since for name, since in closed.items()
        if name not in scope or since > signed.isoformat()
    }  # fmt: skip
    revoked = revoked_on(referral)
    return revoked is not None and signed >= revoked, closed


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


def renewed(
    old: Mapping[str, Any], new: Mapping[str, Any], *, closed: Iterable[str] = ()
) -> dict[str, Any]:
    """The consent's record with the new one in it; recipients named before count no more.

    A class that the patient took back stays `closed`: the new one does not name it.
    """
    signed = {"signed_on": new["obtained_on"].isoformat()} if new.get("obtained_on") else {}
    obtained = {"obtained_on": new["obtained_on"].isoformat()} if signed else {}
    record = {**old, "basis": new["basis"], **obtained}
    if new["basis"] == "written":
        written = {k: v for k, v in (old.get("written") or {}).items() if k != "recipients"}
        record["written"] = {**written, **signed, **_without(written, closed)}
    else:
        record.pop("written", None)
    return record


def _without(written: Mapping[str, Any], closed: Iterable[str]) -> dict[str, list[str]]:
    """The classes that are left; an empty list would name all of them again."""
    gone = frozenset(closed)
    named = written.get("content_classes") or [one.value for one in ContentClass]
    left = [name for name in named if name not in gone] or [ContentClass.IDENTITY.value]
    return {"content_classes": left} if gone else {}
