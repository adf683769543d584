"""The shapes of a referral's parts, of reference data and of the feed, for the document."""

from __future__ import annotations

from functools import cache

from rest_framework import serializers

from referrals.actors import ActorKind, Role
from referrals.api.representation import INPUT_TYPES
from referrals.api.shapes import ACTIONS, STATES
from referrals.models import (
    AdviceStage,
    AppointmentStatus,
    BlockedBy,
    ContributorSide,
    DuplicateVerdict,
    InvitationStatus,
    PlanSide,
    PlanTopic,
    ScanState,
)


@cache
def results_of(child: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """`{"results": [child, ...]}` under a name of its own."""
    return type(f"{child.__name__}List", (serializers.Serializer,), {"results": child(many=True)})


class Doer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=[kind.value for kind in ActorKind])
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=[role.value for role in Role])


class TimelineRow(serializers.Serializer):
    number = serializers.IntegerField()
    action = serializers.CharField()
    from_state = serializers.ChoiceField(choices=STATES, allow_null=True)
    to_state = serializers.ChoiceField(choices=STATES)
    version = serializers.IntegerField()
    by = Doer()
    on_behalf_of = serializers.UUIDField(allow_null=True)
    reason_class = serializers.CharField(allow_null=True)
    detail = serializers.DictField(allow_null=True, help_text="What was said with the move.")
    automatic = serializers.BooleanField()
    late = serializers.BooleanField()
    again = serializers.BooleanField()
    event_id = serializers.UUIDField(allow_null=True)
    occurred_at = serializers.DateTimeField()


class MessageRow(serializers.Serializer):
    id = serializers.UUIDField()
    side = serializers.ChoiceField(choices=["practice", "clinic"])
    author = serializers.CharField()
    body = serializers.CharField()
    item = serializers.CharField(allow_null=True, help_text="The coded item that is asked about.")
    answers = serializers.UUIDField(allow_null=True, help_text="The question that it answers.")
    answered = serializers.BooleanField()
    documents = serializers.ListField(child=serializers.UUIDField())
    read = serializers.BooleanField(help_text="Whether somebody of the other side has read it.")
    created_at = serializers.DateTimeField()


class AskedItem(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    note = serializers.CharField(allow_null=True)
    answer = serializers.CharField(allow_null=True)
    declined_because = serializers.CharField(allow_null=True)


class InformationRequestRow(serializers.Serializer):
    id = serializers.UUIDField()
    asked_at = serializers.DateTimeField()
    due_on = serializers.DateField()
    message = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    items = AskedItem(many=True)


class Named(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class InterimNoteRow(serializers.Serializer):
    id = serializers.UUIDField()
    note = serializers.CharField()
    by = serializers.CharField()
    written_at = serializers.DateTimeField()


class FlagReviewRow(serializers.Serializer):
    id = serializers.UUIDField()
    rule = serializers.CharField(help_text="The safety flag, by its rule.")
    note = serializers.CharField()
    by = Named()
    reviewed_at = serializers.DateTimeField()


class InvitationRow(serializers.Serializer):
    id = serializers.UUIDField()
    email = serializers.CharField()
    status = serializers.ChoiceField(choices=InvitationStatus.values)
    clinician = Named(allow_null=True, help_text="Who took it up.")
    practice_name = serializers.CharField(allow_null=True)
    invited_by = serializers.CharField()
    invited_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class DocumentRow(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    scan_state = serializers.ChoiceField(choices=ScanState.values)
    side = serializers.ChoiceField(choices=["practice", "clinic"], allow_null=True)
    message = serializers.UUIDField(allow_null=True, help_text="The message it came with.")
    blocked_by = serializers.ChoiceField(choices=BlockedBy.values, allow_null=True)
    blocked_because = serializers.CharField(allow_null=True)
    added_at = serializers.DateTimeField()


class DocumentUpload(serializers.Serializer):
    """A form: `files` once or several times."""

    files = serializers.ListField(child=serializers.FileField(), min_length=1, max_length=10)
    no_psychotherapy_notes = serializers.BooleanField(
        help_text="That no file holds psychotherapy notes; a file is not taken without."
    )


class AppointmentRow(serializers.Serializer):
    id = serializers.UUIDField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    time_zone = serializers.CharField()
    mode = serializers.ChoiceField(choices=["in_person", "video"])
    place = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=AppointmentStatus.values)
    ended_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class Contribution(serializers.Serializer):
    id = serializers.UUIDField()
    side = serializers.ChoiceField(choices=PlanSide.values)
    topic = serializers.ChoiceField(choices=PlanTopic.values, allow_null=True)
    text = serializers.CharField()
    by = serializers.CharField()
    by_side = serializers.ChoiceField(choices=ContributorSide.values)
    with_outcome = serializers.BooleanField()
    written_at = serializers.DateTimeField()


class TeamMember(serializers.Serializer):
    name = serializers.CharField()
    role = serializers.CharField()
    organisation = serializers.CharField(allow_null=True)
    may_be_told = serializers.CharField(allow_null=True)


class Plan(serializers.Serializer):
    pain = serializers.CharField(allow_null=True)
    trauma = serializers.CharField(allow_null=True)
    daily_life = serializers.CharField(allow_null=True)
    report = serializers.CharField(allow_null=True)
    disposition = serializers.CharField(allow_null=True)
    goals = serializers.CharField(allow_null=True, help_text="In the patient's words.")
    by = serializers.CharField(allow_null=True)
    updated_at = serializers.DateTimeField(allow_null=True)
    contributions = Contribution(many=True)
    care_team = TeamMember(many=True)


class VersionRow(serializers.Serializer):
    number = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text="Why it was amended.")
    changed = serializers.ListField(
        child=serializers.CharField(), help_text="Names of fields, never values."
    )
    sha256 = serializers.CharField(help_text="Over the canonical JSON of the content.")
    unaltered = serializers.BooleanField(help_text="Whether the content still has this sum.")
    read_by_clinic = serializers.BooleanField()


class VersionRead(VersionRow):
    content = serializers.DictField(help_text="The sections, in the shape of a referral.")


class OtherReferral(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    practice = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)


class DuplicateRow(serializers.Serializer):
    referral = OtherReferral()
    verdict = serializers.ChoiceField(choices=DuplicateVerdict.values, allow_null=True)
    note = serializers.CharField(allow_null=True)
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class DuplicatesFound(serializers.Serializer):
    results = DuplicateRow(many=True, help_text="For the clinic's reviewers alone.")
    acknowledged = DuplicateRow(many=True, help_text="What the practice said of its own.")


class ActionInput(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    required = serializers.BooleanField()  # type: ignore[assignment]
    type = serializers.ChoiceField(choices=[word for _, word in INPUT_TYPES])
    choices = serializers.ListField(child=serializers.CharField(), required=False)


class ActionReason(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    reason_class = serializers.CharField()
    comment_mandatory = serializers.BooleanField()


class ActionOffer(serializers.Serializer):
    action = serializers.ChoiceField(choices=ACTIONS)
    label = serializers.CharField()  # type: ignore[assignment]
    inputs = ActionInput(many=True)
    reasons = ActionReason(many=True)


class ActionOffers(serializers.Serializer):
    version = serializers.IntegerField()
    actions = ActionOffer(many=True)


class CodedRole(serializers.Serializer):
    code = serializers.ChoiceField(choices=[role.value for role in Role])
    label = serializers.CharField()  # type: ignore[assignment]


class MyOrganisation(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["practice", "clinic"])
    slug = serializers.CharField()
    name = serializers.CharField()
    roles = CodedRole(many=True)


class Myself(serializers.Serializer):
    kind = serializers.ChoiceField(choices=["person", "partner"])
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    partner = serializers.CharField(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField())
    installation_roles = CodedRole(many=True)
    organisations = MyOrganisation(many=True)


class ReasonRow(serializers.Serializer):
    kind = serializers.CharField()
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    roles = serializers.ListField(child=serializers.CharField())
    reason_class = serializers.CharField()
    comment_mandatory = serializers.BooleanField()
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)


class ClinicRow(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField(allow_blank=True)
    state = serializers.CharField(allow_blank=True)
    time_zone = serializers.CharField()


class ServiceRow(serializers.Serializer):
    clinic = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()


class InstrumentBand(serializers.Serializer):
    low = serializers.IntegerField()
    high = serializers.IntegerField()
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


def _range(*, allow_null: bool = False) -> serializers.ListField:
    child = serializers.IntegerField()
    return serializers.ListField(child=child, min_length=2, max_length=2, allow_null=allow_null)


class InstrumentRow(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    rule = serializers.CharField()
    accepts = serializers.ListField(child=serializers.CharField())
    topics = serializers.ListField(child=serializers.CharField())
    item_range = _range()
    total_range = _range(allow_null=True)
    look_back = serializers.CharField(allow_blank=True)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    licence = serializers.CharField(allow_blank=True)
    bands = InstrumentBand(many=True)
    choices = serializers.ListField(child=serializers.CharField())
    loinc_panel = serializers.CharField(allow_blank=True)
    loinc_total = serializers.CharField(allow_blank=True)
    loinc_items = serializers.ListField(child=serializers.CharField())
    version = serializers.CharField()


class CodeRow(serializers.Serializer):
    code = serializers.CharField()
    billable = serializers.BooleanField()
    name = serializers.CharField()


class CodesFound(serializers.Serializer):
    release = serializers.CharField()
    part_of_release = serializers.BooleanField()
    results = CodeRow(many=True)


class AdviceBrief(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField()
    stage = serializers.ChoiceField(choices=AdviceStage.values)
    practice = serializers.DictField(help_text="{id, name}")
    clinic = serializers.DictField(help_text="{slug, name}")
    clinician = serializers.DictField(help_text="{id, name}: for whom it is asked")
    topic = serializers.CharField()
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    referral = serializers.UUIDField(allow_null=True, help_text="The referral that came of it.")


class AdvicePage(serializers.Serializer):
    results = AdviceBrief(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class AdviceEntryRow(serializers.Serializer):
    number = serializers.IntegerField()
    act = serializers.ChoiceField(choices=["asked", "answered", "asked_on", "closed", "referred"])
    side = serializers.ChoiceField(choices=["practice", "clinic"])
    author = serializers.CharField()
    role = serializers.ChoiceField(choices=[role.value for role in Role])
    text = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()


class AdviceRead(AdviceBrief):
    service = serializers.CharField(allow_null=True)
    body = serializers.DictField(help_text="What was said, in the sections of a referral.")
    patient_agreed_in_writing = serializers.BooleanField(
        help_text="Whoever asked confirmed the patient's written agreement to be named."
    )
    entries = AdviceEntryRow(many=True)
    available_actions = serializers.ListField(child=serializers.CharField())


class FeedPage(serializers.Serializer):
    results = serializers.ListField(
        child=serializers.DictField(), help_text="CloudEvents 1.0, oldest first."
    )
    next_after = serializers.CharField(help_text="Give it as `after` next time; never null.")


class FhirBundle(serializers.Serializer):
    resourceType = serializers.ChoiceField(choices=["Bundle"])
    id = serializers.UUIDField()
    meta = serializers.DictField()
    type = serializers.ChoiceField(choices=["collection"])
    timestamp = serializers.DateTimeField()
    entry = serializers.ListField(child=serializers.DictField())
