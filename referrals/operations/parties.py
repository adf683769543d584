"""The referral's header: which practice, clinician, clinic and service are on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework import serializers

from referrals import clock, clocks
from referrals.actors import Actor, Role
from referrals.content.fields import Phone
from referrals.errors import FieldError, Forbidden, Invalid
from referrals.models import Membership, Organisation, Origin, Referral, Service
from referrals.strict import StrictSerializer, Text, checked

HEADER = ("clinic", "practice", "service", "referring_clinician", "origin", "received_on")
OLDEST_PAPER = timedelta(days=366)


class ReferringClinician(StrictSerializer):
    id = serializers.UUIDField(required=False, allow_null=True)
    after_hours_phone = Phone(required=False, allow_null=True, label="Reach you after hours")


class Header(StrictSerializer):
    """`clinic` is a slug, `practice` an id, `service` a code of the clinic's."""

    clinic = Text(max_length=50, required=False, allow_null=True)
    practice = serializers.UUIDField(required=False, allow_null=True)
    service = Text(max_length=50, required=False, allow_null=True)
    referring_clinician = ReferringClinician(required=False, allow_null=True)
    origin = serializers.ChoiceField(choices=["paper", "fax", "phone"], required=False)
    received_on = serializers.DateField(required=False, allow_null=True)


def split(data: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Content sections and validated header of what was sent."""
    if not isinstance(data, Mapping):
        raise Invalid(errors=[FieldError("", "invalid", "Send a JSON object.")])
    header = checked(Header(data={k: v for k, v in data.items() if k in HEADER}))
    return {k: v for k, v in data.items() if k not in HEADER}, dict(header)


def for_new(header: dict[str, Any], *, by: Actor, origin: Origin) -> dict[str, Any]:
    """The columns of a new referral. Raises `Forbidden` or `Invalid`."""
    own = by.organisations(Role.RC, Role.RD)
    paper = header.get("origin")
    if paper or not own:
        return _for_clinic(header, by=by)
    practice = _one_of(own, header.get("practice"), "/practice")
    if header.get("received_on"):
        raise Invalid(errors=[_received("only_paper", "Only paper, a fax or a call is received.")])
    columns: dict[str, Any] = {"practice_id": practice, "origin": origin}
    columns |= _clinic_and_service(header, current=None)
    columns |= _clinician(header.get("referring_clinician") or {}, practice, by=by)
    return columns


def _for_clinic(header: dict[str, Any], *, by: Actor) -> dict[str, Any]:
    """A coordinator types what came by paper, fax or phone: origin, practice, clinician."""
    own = by.organisations(Role.CO)
    if not own:
        raise Forbidden()
    clinician = header.get("referring_clinician") or {}
    missing = [
        FieldError(f"/{name}", "required", "A referral that you type in needs this.")
        for name, value in (("origin", header.get("origin")), ("practice", header.get("practice")),
                            ("referring_clinician/id", clinician.get("id")))
        if not value
    ]  # fmt: skip
    if missing:
        raise Invalid(errors=missing)
    practice = practices_open_to(own).filter(pk=header["practice"]).first()
    if practice is None:
        raise Invalid(errors=[FieldError("/practice", "unknown_practice", "Choose a practice.")])
    clinic = header.get("clinic") or _slug_of(own)
    columns = {"practice_id": practice.pk, "origin": header["origin"]}
    columns |= _clinic_and_service({**header, "clinic": clinic}, current=None)
    _stays_with(own, columns)
    columns |= _received_on(header, by=by)
    return columns | _clinician(clinician, practice.pk, by=by)


def practices_open_to(clinics: frozenset[UUID]) -> QuerySet[Organisation]:
    """The practices in whose name these clinics type: the portal's own, and those they wrote
    down themselves."""
    mine = Q(recorded_by__isnull=True) | Q(recorded_by__in=clinics)
    return Organisation.objects.filter(mine, kind="practice", active=True)


def _received_on(header: dict[str, Any], *, by: Actor) -> dict[str, Any]:
    """The day on which the paper came: not to come where it came, nor more than a year ago."""
    if "received_on" not in header:
        return {}
    day, today = header["received_on"], _today_of(by.organisations(Role.CO))
    if day is not None and day > today:
        raise Invalid(errors=[_received("in_the_future", "Choose a day that has been.")])
    if day is not None and day < today - OLDEST_PAPER:
        raise Invalid(errors=[_received("too_old", "Choose a day within the last year.")])
    return {"received_on": day}


def _today_of(clinics: frozenset[UUID]) -> date:
    """The day at these clinics; the later one where they lie in two time zones."""
    own = Organisation.objects.filter(pk__in=clinics).only("time_zone")
    now = clock.now()
    return max((clocks.local_day(clinic, now) for clinic in own), default=now.date())


def _received(code: str, words: str) -> FieldError:
    return FieldError("/received_on", code, words)


def _slug_of(own: frozenset[UUID]) -> str:
    only = _one_of(own, None, "/clinic", "Choose one of your clinics.")
    return Organisation.objects.values_list("slug", flat=True).get(pk=only)


def _stays_with(own: frozenset[UUID], columns: dict[str, Any]) -> None:
    """What came to a clinic on paper is typed in for that clinic, not for another one."""
    if columns.get("clinic_id") not in own:
        raise Forbidden()


def changes(referral: Referral, header: dict[str, Any], *, by: Actor) -> dict[str, Any]:
    """The columns that a draft's new header sets."""
    columns: dict[str, Any] = {}
    if header.get("practice") and header["practice"] != referral.practice_id:
        raise Invalid(errors=[FieldError("/practice", "fixed", "A draft stays with its practice.")])
    if header.get("origin", referral.origin) != referral.origin:
        raise Invalid(errors=[FieldError("/origin", "fixed", "This cannot change any more.")])
    if "received_on" in header:
        if referral.origin in (Origin.PORTAL, Origin.API):
            raise Invalid(
                errors=[_received("only_paper", "Only paper, a fax or a call is received.")]
            )
        columns |= _received_on(header, by=by)
    if "clinic" in header or "service" in header:
        columns |= _clinic_and_service(header, current=referral)
    if "clinic_id" in columns and referral.origin not in (Origin.PORTAL, Origin.API):
        _stays_with(by.organisations(Role.CO), columns)
    if header.get("referring_clinician") is not None:
        columns |= _clinician(header["referring_clinician"], referral.practice_id, by=by,
                              current=referral)  # fmt: skip
    return columns


def _one_of(
    own: frozenset[UUID], asked: UUID | None, pointer: str,
    words: str = "Choose one of your practices.",
) -> UUID:  # fmt: skip
    if asked in own:
        return asked
    if asked is None and len(own) == 1:
        return next(iter(own))
    raise Invalid(errors=[FieldError(pointer, "choose", words)])


def _clinic_and_service(header: dict[str, Any], *, current: Referral | None) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    clinic = current.clinic if current else None
    if "clinic" in header:
        clinic = _clinic(header["clinic"])
        columns["clinic_id"] = clinic.pk if clinic else None
    code = header.get("service")
    if code:
        columns["service_id"] = _service(clinic, code).pk
    elif "service" in header:
        columns["service_id"] = None
    elif clinic and current and current.service and current.service.clinic_id != clinic.pk:
        same = clinic.services.filter(code=current.service.code, active=True).first()
        columns["service_id"] = same.pk if same else None
    return columns


def _clinic(slug: str | None) -> Organisation | None:
    if not slug:
        return None
    found = Organisation.objects.filter(kind="clinic", slug=slug, active=True).first()
    if found is None:
        raise Invalid(
            errors=[FieldError("/clinic", "unknown_clinic", "Choose a clinic from the list.")]
        )
    return found


def _service(clinic: Organisation | None, code: str) -> Service:
    found = clinic.services.filter(code=code, active=True).first() if clinic else None
    if found is None:
        raise Invalid(
            errors=[FieldError("/service", "unknown_service",
                               "Choose one of the clinic's services.")]
        )  # fmt: skip
    return found


def clinician_seat(user_id: UUID, practice_id: UUID) -> Membership | None:
    """The seat of somebody who refers for this practice today; None for everybody else."""
    works = Q(user__is_active=True) | Q(organisation__recorded_by__isnull=False)
    return (
        Membership.objects.in_force()
        .filter(works, user_id=user_id, organisation_id=practice_id, role=Role.RC)
        .select_related("user__clinician")
        .first()
    )


def _clinician(
    asked: Mapping[str, Any], practice_id: UUID, *, by: Actor, current: Referral | None = None
) -> dict[str, Any]:
    """The named clinician: given, the caller if she is one, or what stands already."""
    columns: dict[str, Any] = {}
    user_id = asked.get("id")
    if user_id is None and current is None and Role.RC in by.roles_at(practice_id):
        user_id = by.user_id
    # Naming the one who stands there already changes nothing, least of all her phone.
    if user_id is not None and not (current and current.referring_clinician_id == user_id):
        seat = clinician_seat(user_id, practice_id)
        if seat is None:
            raise Invalid(
                errors=[FieldError("/referring_clinician/id", "unknown_clinician",
                                   "Choose a clinician of the practice.")]
            )  # fmt: skip
        columns["referring_clinician_id"] = user_id
        profile = getattr(seat.user, "clinician", None)
        columns["after_hours_phone"] = profile.after_hours_phone if profile else ""
    if "after_hours_phone" in asked:
        columns["after_hours_phone"] = asked["after_hours_phone"] or ""
    return columns
