"""The shapes of the API's answers, for the OpenAPI document."""

from __future__ import annotations

from rest_framework import serializers

from referrals.content.sections import LISTS, SECTIONS
from referrals.content_classes import ContentClass
from referrals.lifecycle import ALL_MOVES, Phase, State, Turn
from referrals.models import Origin, Priority
from referrals.operations.parties import Header

STATES = [s.value for s in State]
ACTIONS = [m.action.value for m in ALL_MOVES]


class FieldProblem(serializers.Serializer):
    pointer = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    instance = serializers.CharField(required=False)
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]
    available_actions = serializers.ListField(
        child=serializers.CharField(), required=False,
        help_text="With 409: what this caller may do instead.",
    )  # fmt: skip
    current_version = serializers.IntegerField(required=False)


class NamedOrganisation(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class NamedClinic(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


class NamedPerson(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class NamedClinician(NamedPerson):
    kind = serializers.CharField(allow_null=True)
    npi = serializers.CharField(allow_null=True, allow_blank=True)
    after_hours_phone = serializers.CharField(allow_null=True)


class ReferralHeader(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    phase = serializers.ChoiceField(choices=[p.value for p in Phase])
    whose_turn = serializers.ChoiceField(choices=[t.value for t in Turn])
    version = serializers.IntegerField()
    priority = serializers.ChoiceField(choices=Priority.values)
    origin = serializers.ChoiceField(choices=Origin.values)
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    expected_by = serializers.DateField(allow_null=True)
    review_on = serializers.DateField(
        allow_null=True, help_text="While it is waitlisted: the day to look at it again."
    )
    consent_revoked_at = serializers.DateTimeField(allow_null=True)
    practice = NamedOrganisation()
    clinic = NamedClinic(allow_null=True)
    service = serializers.CharField(allow_null=True)
    referring_clinician = NamedClinician(allow_null=True)
    submitted_by = NamedPerson(allow_null=True)
    reviewer = NamedPerson(allow_null=True)
    replaces = serializers.UUIDField(allow_null=True)
    available_actions = serializers.ListField(child=serializers.ChoiceField(choices=ACTIONS))


class PatientName(serializers.Serializer):
    given_name = serializers.CharField(allow_null=True)
    family_name = serializers.CharField(allow_null=True)
    birth_date = serializers.CharField(allow_null=True)


class ReferralSummary(ReferralHeader):
    patient = PatientName()


class Notice(serializers.Serializer):
    code = serializers.CharField()
    text = serializers.CharField()
    scope = serializers.CharField(help_text="What the consent covers, in words.")


class Disclosure(serializers.Serializer):
    """What of the content is open to this caller now, under the patient's consent."""

    open = serializers.ListField(
        child=serializers.ChoiceField(choices=[one.value for one in ContentClass])
    )
    closed_because = serializers.CharField(allow_null=True)
    words_open = serializers.BooleanField(
        help_text="False: what others wrote in words of their own, and their files, is left out."
    )
    notices = Notice(many=True)


def _read_fields() -> dict[str, serializers.Field]:
    # What was recorded is free-form here: the write shape names every field of a section.
    fields: dict[str, serializers.Field] = {
        name: serializers.ListField(child=serializers.DictField()) if name in LISTS
        else serializers.DictField()
        for name in SECTIONS
    }  # fmt: skip
    fields["assessment"] = serializers.DictField(allow_null=True)
    fields["disclosure"] = Disclosure()
    return fields


ReferralRead = type("ReferralRead", (ReferralHeader,), _read_fields())


def _write_fields(*, amend: bool) -> dict[str, serializers.Field]:
    fields: dict[str, serializers.Field] = {
        name: serializer(many=name in LISTS, required=False)
        for name, serializer in SECTIONS.items()
    }
    if amend:
        fields["amendment_reason"] = serializers.CharField(required=False, max_length=500)
    return fields


ReferralWrite = type("ReferralWrite", (Header,), _write_fields(amend=False))
ReferralPatch = type("ReferralPatch", (Header,), _write_fields(amend=True))


ReferralPage = type(
    "ReferralPage", (serializers.Serializer,),
    {
        "next": serializers.CharField(allow_null=True),
        "previous": serializers.CharField(allow_null=True),
        "results": ReferralSummary(many=True),
    },
)  # fmt: skip
SearchResult = type(
    "SearchResult", (serializers.Serializer,), {"results": ReferralSummary(many=True)}
)
