"""Practices that do not work with the portal, written down by the clinic that they refer to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.text import slugify
from rest_framework import serializers

from referrals import access
from referrals.actors import Actor, Role
from referrals.content.fields import Phone
from referrals.errors import FieldError, Forbidden, Invalid
from referrals.models import (
    ClinicianKind,
    ClinicianProfile,
    Membership,
    Organisation,
    OrganisationKind,
)
from referrals.npi import validate_npi
from referrals.strict import StrictSerializer, Text, checked


class Recorded(StrictSerializer):
    """A clinician, and either a practice that was written down before or a new one."""

    practice = serializers.UUIDField(required=False, allow_null=True)
    practice_name = Text(max_length=120, required=False, allow_null=True)
    practice_phone = Phone(required=False, allow_null=True)
    state = Text(max_length=2, required=False, allow_null=True)
    clinician_name = Text(max_length=120)
    kind = serializers.ChoiceField(choices=ClinicianKind.choices)
    npi = serializers.CharField(
        max_length=10, required=False, allow_null=True, validators=[validate_npi]
    )
    after_hours_phone = Phone(required=False, allow_null=True)


def record(*, clinic_id: UUID, by: Actor, data: Mapping[str, Any], door: str) -> Membership:
    """The seat of a clinician who signs in nowhere. Only a coordinator of the clinic writes it."""
    if clinic_id not in by.organisations(Role.CO):
        raise Forbidden()
    given = dict(checked(Recorded(data=dict(data))))
    with transaction.atomic():
        practice = _practice(clinic_id, given)
        seat = Membership.objects.create(
            user=_person(given), organisation=practice, role=Role.RC.value
        )
        access.record(
            by=by, verb="record_practice", referral_id=None, door=door,
            organisation_id=clinic_id, detail={"id": str(practice.pk), "ids": [str(seat.user_id)]},
        )  # fmt: skip
    return seat


def _practice(clinic_id: UUID, given: Mapping[str, Any]) -> Organisation:
    if given.get("practice"):
        known = Organisation.objects.filter(pk=given["practice"], recorded_by_id=clinic_id).first()
        if known is None:
            raise Invalid(
                errors=[FieldError("/practice", "unknown_practice", "Choose a practice.")]
            )
        return known
    missing = [
        FieldError(f"/{name}", "required", words)
        for name, words in (("practice_name", "Write the practice's name."),
                            ("practice_phone", "Write the practice's phone number."))
        if not given.get(name)
    ]  # fmt: skip
    if missing:
        raise Invalid(errors=missing)
    return Organisation.objects.create(
        kind=OrganisationKind.PRACTICE, name=given["practice_name"],
        slug=f"{slugify(given['practice_name'])[:36]}-{uuid.uuid4().hex[:12]}".strip("-"),
        phone=given["practice_phone"], state=given.get("state") or "FL",
        recorded_by_id=clinic_id,
    )  # fmt: skip


def _person(given: Mapping[str, Any]) -> Any:
    """Somebody with a name and no way in: inactive, without password, without an address."""
    users = get_user_model()
    person = users(
        email=f"{uuid.uuid4()}@external.invalid", full_name=given["clinician_name"],
        is_active=False,
    )  # fmt: skip
    person.set_unusable_password()
    person.save()
    ClinicianProfile.objects.create(
        user=person,
        kind=given["kind"],
        npi=given.get("npi") or "",
        after_hours_phone=given.get("after_hours_phone") or "",
    )
    return person
