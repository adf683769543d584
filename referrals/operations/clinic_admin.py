"""What a clinic's administrator keeps: services, reasons, holidays.

Everything is a row that ends or is hidden rather than deleted where a referral may name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import holidays
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from rest_framework import serializers

from referrals import access, clock, clocks
from referrals.actors import Actor, Role
from referrals.errors import FieldError, Forbidden, Invalid, NotFound
from referrals.models import (
    HiddenReason,
    Holiday,
    Organisation,
    OrganisationKind,
    Reason,
    Service,
)
from referrals.strict import StrictSerializer, Text, checked

DOOR = "portal"
# The kinds that a clinic offers itself; what a practice gives as a reason is for everybody.
OWN_KINDS: dict[str, tuple[Role, ...]] = {
    "decline": (Role.CO, Role.CL),
    "appointment": (Role.CO, Role.PS),
    "no_show": (Role.CO, Role.PS),
    "info_item": (Role.CO, Role.CL),
}
CLASSES = ("information", "clinical", "capacity", "patient", "administrative")
FIRST_YEAR, YEARS_AHEAD = 2020, 5


def clinic(clinic_id: UUID, *, by: Actor) -> Organisation:
    """The clinic, for its administrators alone."""
    if clinic_id not in by.organisations(Role.CA):
        raise Forbidden()
    return Organisation.objects.get(pk=clinic_id, kind=OrganisationKind.CLINIC)


def _audit(by: Actor, of: Organisation, what: str, row_id: Any) -> None:
    access.record(
        by=by, verb="settings", referral_id=None, door=DOOR, organisation_id=of.pk,
        detail={"action": what, "id": row_id if isinstance(row_id, int) else str(row_id)},
    )  # fmt: skip


def _refused(pointer: str, code: str, words: str) -> Invalid:
    return Invalid(errors=[FieldError(pointer, code, words)])


# --- Services -----------------------------------------------------------------------------------


class ServiceInput(StrictSerializer):
    name = Text(max_length=120)
    active = serializers.BooleanField(default=True)
    slots_per_week = serializers.IntegerField(
        min_value=1, max_value=500, required=False, allow_null=True
    )
    at_once = serializers.IntegerField(min_value=1, max_value=100, required=False, allow_null=True)
    stated_wait_days = serializers.IntegerField(
        min_value=0, max_value=730, required=False, allow_null=True
    )


def save_service(
    clinic_id: UUID, service_id: int | None, *, by: Actor, data: Mapping[str, Any]
) -> Service:
    """Add a service, or change one. Its code never changes: referrals name it."""
    owner = clinic(clinic_id, by=by)
    given = {"slots_per_week": None, "at_once": None, "stated_wait_days": None}
    given |= dict(checked(ServiceInput(data=dict(data))))
    with transaction.atomic():
        if service_id is None:
            service = _new_service(owner, given)
        else:
            if not owner.services.filter(pk=service_id).update(**given):
                raise NotFound()
            service = Service.objects.get(pk=service_id)
        _audit(by, owner, "service", service.pk)
    return service


def _new_service(owner: Organisation, given: Mapping[str, Any]) -> Service:
    code = slugify(given["name"])[:50].strip("-")
    if not code or owner.services.filter(code=code).exists():
        raise _refused("/name", "taken", "There is a service with this name. Choose another name.")
    return Service.objects.create(clinic=owner, code=code, **given)


# --- Reasons ------------------------------------------------------------------------------------


class ReasonInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=list(OWN_KINDS))
    label = Text(max_length=120)  # type: ignore[assignment]
    reason_class = serializers.ChoiceField(choices=CLASSES)
    comment_mandatory = serializers.BooleanField(default=False)
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_to = serializers.DateField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        begins = attrs.get("valid_from") or self.context["today"]
        if attrs.get("valid_to") and attrs["valid_to"] < begins:
            raise serializers.ValidationError(
                {"valid_to": "The last day is not before the first."}, code="order"
            )
        return attrs


def add_reason(clinic_id: UUID, *, by: Actor, data: Mapping[str, Any]) -> Reason:
    """A reason of the clinic's own, in one of the classes that events may tell."""
    owner = clinic(clinic_id, by=by)
    today = clocks.local_day(owner, clock.now())
    given = dict(checked(ReasonInput(data=dict(data), context={"today": today})))
    clinical = given["kind"] == "decline" and given["reason_class"] == "clinical"
    roles = (Role.CL,) if clinical else OWN_KINDS[given["kind"]]
    with transaction.atomic():
        try:
            with transaction.atomic():
                reason = Reason.objects.create(
                    **{**given, "valid_from": given.get("valid_from") or today},
                    code=_own_code(owner, given["label"]), clinic=owner, position=900,
                    roles=[role.value for role in roles],
                )  # fmt: skip
        except IntegrityError:
            words = "There is a reason with this label already."
            raise _refused("/label", "taken", words) from None
        _audit(by, owner, "reason", reason.pk)
    return reason


def _own_code(owner: Organisation, label: str) -> str:
    """`apopka_no_interpreter`: told apart from everybody's codes and other clinics'."""
    return f"{owner.slug}-{slugify(label)}".replace("-", "_")[:50].strip("_")


def end_reason(clinic_id: UUID, reason_id: int, *, on: date, by: Actor) -> None:
    """The last day of one of the clinic's own; referrals that name it keep its words."""
    owner = clinic(clinic_id, by=by)
    with transaction.atomic():
        reason = owner.own_reasons.filter(pk=reason_id).first()
        if reason is None:
            raise NotFound()
        if on < reason.valid_from:
            raise _refused("/valid_to", "order", "The last day is not before the first.")
        owner.own_reasons.filter(pk=reason.pk).update(valid_to=on)
        _audit(by, owner, "end_reason", reason.pk)


def hide_reason(clinic_id: UUID, *, kind: str, code: str, hidden: bool, by: Actor) -> None:
    """Whether one of everybody's reasons is offered at this clinic."""
    owner = clinic(clinic_id, by=by)
    shared = Reason.objects.filter(clinic__isnull=True, kind=kind, code=code).first()
    if shared is None or kind not in OWN_KINDS:
        raise NotFound()
    with transaction.atomic():
        if hidden:
            HiddenReason.objects.get_or_create(clinic=owner, kind=kind, code=code)
        else:
            HiddenReason.objects.filter(clinic=owner, kind=kind, code=code).delete()
        _audit(by, owner, "hide_reason" if hidden else "show_reason", shared.pk)


# --- Holidays -----------------------------------------------------------------------------------


class HolidayInput(StrictSerializer):
    day = serializers.DateField()
    name = Text(max_length=80)


def add_holiday(clinic_id: UUID, *, by: Actor, data: Mapping[str, Any]) -> Holiday:
    owner = clinic(clinic_id, by=by)
    given = dict(checked(HolidayInput(data=dict(data))))
    with transaction.atomic():
        holiday, made = Holiday.objects.get_or_create(
            clinic=owner, day=given["day"], defaults={"name": given["name"]}
        )
        if not made:
            raise _refused("/day", "taken", "This day is a holiday already.")
        _audit(by, owner, "holiday", holiday.pk)
    return holiday


def prefill_holidays(clinic_id: UUID, *, year: int, by: Actor) -> int:
    """The public holidays of the clinic's state in one year; returns how many were added."""
    owner = clinic(clinic_id, by=by)
    if not FIRST_YEAR <= year <= clock.now().year + YEARS_AHEAD:
        raise _refused("/year", "range", f"Choose a year from {FIRST_YEAR} on.")
    known = set(owner.holidays.values_list("day", flat=True))
    public = holidays.country_holidays("US", subdiv=owner.state or None, years=year)
    rows = [Holiday(clinic=owner, day=day, name=name[:80])
            for day, name in sorted(public.items()) if day not in known]  # fmt: skip
    with transaction.atomic():
        Holiday.objects.bulk_create(rows)
        _audit(by, owner, "prefill_holidays", year)
    return len(rows)


def remove_holiday(clinic_id: UUID, holiday_id: int, *, by: Actor) -> None:
    owner = clinic(clinic_id, by=by)
    with transaction.atomic():
        deleted, _ = owner.holidays.filter(pk=holiday_id).delete()
        if not deleted:
            raise NotFound()
        _audit(by, owner, "remove_holiday", holiday_id)
