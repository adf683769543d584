"""What each action must be given, as one serializer per action.

API bodies, portal forms, partners' messages and the OpenAPI document are all read from
here. Free text is capped; unknown fields are refused.
"""

from __future__ import annotations

import zoneinfo
from datetime import datetime

from rest_framework import serializers

from referrals.content.codes import CONTENT_CLASSES
from referrals.lifecycle.actions import Action
from referrals.strict import StrictSerializer, Text


def _zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise serializers.ValidationError(
            "Use a time zone name such as America/New_York.", code="time_zone"
        )


class Moment(serializers.DateTimeField):
    """An RFC 3339 time with its offset: a bare one would be an hour somewhere else."""

    default_error_messages = {"naive": "Write the time with its offset, like -05:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)


class Nothing(StrictSerializer):
    """No input."""


class Submit(StrictSerializer):
    duplicate_reason = Text(
        max_length=500, required=False, allow_null=True, label="Why this is not a duplicate"
    )
    danger_acknowledged = serializers.BooleanField(
        required=False,
        label="I have acted on the immediate danger; I know that nobody watches this portal",
    )


class InfoItem(StrictSerializer):
    code = Text(max_length=60, label="What is missing")
    note = Text(max_length=500, required=False, allow_null=True, label="Note")


class RequestInfo(StrictSerializer):
    items = serializers.ListField(
        child=InfoItem(), allow_empty=False, max_length=40, label="What you need"
    )
    due_on = serializers.DateField(label="Needed by")
    message = Text(max_length=2000, label="Message to the practice")


class InfoAnswer(StrictSerializer):
    item = Text(max_length=60, label="Item")
    answer = Text(max_length=4000, required=False, allow_null=True, label="Answer")
    declined_because = Text(
        max_length=500, required=False, allow_null=True, label="Why you cannot answer"
    )

    def validate(self, attrs: dict) -> dict:
        if bool(attrs.get("answer")) == bool(attrs.get("declined_because")):
            raise serializers.ValidationError(
                {"answer": "Give an answer, or say why you cannot."}, code="one_of"
            )
        return attrs


class ProvideInfo(StrictSerializer):
    answers = serializers.ListField(
        child=InfoAnswer(), allow_empty=False, max_length=40, label="Your answers"
    )


class Accept(StrictSerializer):
    expected_by = serializers.DateField(label="You expect to start by")
    licensed_reviewer = serializers.UUIDField(
        required=False, allow_null=True, label="Licensed reviewer"
    )


class Decline(StrictSerializer):
    reason = Text(max_length=50, label="Reason")
    comment = Text(max_length=1000, required=False, allow_null=True, label="Comment")
    alternative = Text(max_length=1000, label="What you suggest instead")


class Waitlist(StrictSerializer):
    estimate = Text(max_length=120, label="Estimate, in words")
    review_on = serializers.DateField(label="Look at it again on")


class Schedule(StrictSerializer):
    start = Moment(label="Starts")
    end = Moment(label="Ends")
    time_zone = serializers.CharField(max_length=50, validators=[_zone], label="Time zone")
    mode = serializers.ChoiceField(
        choices=[("in_person", "In person"), ("video", "By video")], label="How"
    )
    place = Text(max_length=300, required=False, allow_null=True, label="Place")

    def validate(self, attrs: dict) -> dict:
        if attrs["mode"] == "in_person" and not attrs.get("place"):
            raise serializers.ValidationError(
                {"place": "Say where the patient should go."}, code="required"
            )
        return ends_after_start(attrs)


class Reschedule(StrictSerializer):
    start = Moment(label="New start")
    end = Moment(label="New end")
    reason = Text(max_length=50, label="Reason")

    def validate(self, attrs: dict) -> dict:
        return ends_after_start(attrs)


def ends_after_start(attrs: dict) -> dict:
    if attrs["end"] <= attrs["start"]:
        raise serializers.ValidationError({"end": "The end must be after the start."}, code="order")
    return attrs


class CancelAppointment(StrictSerializer):
    by = serializers.ChoiceField(
        choices=[("patient", "The patient"), ("clinic", "The clinic")], label="Who cancelled"
    )
    reason = Text(max_length=50, label="Reason")


class CodedReason(StrictSerializer):
    reason = Text(max_length=50, label="Reason")


class CodedReasonWithComment(CodedReason):
    comment = Text(max_length=1000, required=False, allow_null=True, label="Comment")


class WrittenReason(StrictSerializer):
    reason = Text(max_length=1000, label="Reason")


class ErrorReason(StrictSerializer):
    reason = Text(
        max_length=1000, required=False, allow_null=True, label="Reason",
        help_text="The administrator who asks gives it; the confirmation needs none.",
    )  # fmt: skip


class InterimNoteInput(StrictSerializer):
    note = Text(max_length=4000, label="Note")


class SharedPlan(StrictSerializer):
    pain = Text(max_length=4000, label="Pain")
    trauma = Text(max_length=4000, label="Trauma")
    daily_life = Text(max_length=4000, required=False, allow_null=True, label="Daily life")


class Complete(StrictSerializer):
    disposition = Text(max_length=50, label="Disposition")
    report = Text(max_length=10000, label="Outcome report")
    plan = SharedPlan(label="The plan for both conditions")


class RedirectConsent(StrictSerializer):
    basis = serializers.ChoiceField(
        choices=[("treatment", "For treatment"), ("written", "Written consent")],
        label="Consent for the new clinic",
    )
    obtained_on = serializers.DateField(required=False, allow_null=True, label="Obtained on")


class Redirect(StrictSerializer):
    clinic = Text(max_length=50, label="Clinic")
    consent = RedirectConsent(required=False, allow_null=True, label="New consent")


class MarkUnable(StrictSerializer):
    clinical_reason = Text(
        max_length=1000, required=False, allow_null=True, label="Clinical reason"
    )


class Assign(StrictSerializer):
    reviewer = serializers.UUIDField(label="Reviewer")


class ChangePriority(StrictSerializer):
    priority = serializers.ChoiceField(
        choices=[("p0", "P0"), ("p1", "P1"), ("p2", "P2"), ("p3", "P3")], label="Priority"
    )
    comment = Text(max_length=1000, label="Comment")


class ReviewFlag(StrictSerializer):
    rule = Text(max_length=10, label="Flag")
    note = Text(max_length=2000, label="Your review")


class LogContact(StrictSerializer):
    means = serializers.ChoiceField(
        choices=[("phone", "Phone"), ("text", "Text message"), ("email", "E-mail"),
                 ("letter", "Letter"), ("portal", "Patient portal"), ("in_person", "In person")],
        label="By",
    )  # fmt: skip
    result = serializers.ChoiceField(
        choices=[("reached", "Reached"), ("left_message", "Left a message"),
                 ("no_answer", "No answer"), ("wrong_number", "Wrong number"),
                 ("refused", "Does not want to talk")],
        label="Result",
    )  # fmt: skip


# Name and contact close with everything else: nothing can be read of nobody.
REVOCABLE: tuple[tuple[str, str], ...] = (("all", "Everything"), *CONTENT_CLASSES[1:])


class RevokeConsent(StrictSerializer):
    """Without a scope, or with `all`, nothing stays open to the clinic."""

    scope = serializers.ChoiceField(
        choices=REVOCABLE, required=False, allow_null=True, label="What is revoked"
    )
    reason = Text(max_length=1000, required=False, allow_null=True, label="Reason")


INPUTS: dict[Action, type[StrictSerializer]] = {
    Action.SUBMIT: Submit,
    Action.REQUEST_INFO: RequestInfo,
    Action.PROVIDE_INFO: ProvideInfo,
    Action.ACCEPT: Accept,
    Action.DECLINE: Decline,
    Action.WAITLIST: Waitlist,
    Action.SCHEDULE: Schedule,
    Action.RESCHEDULE: Reschedule,
    Action.CANCEL_APPOINTMENT: CancelAppointment,
    Action.RECORD_NO_SHOW: CodedReason,
    Action.ADD_INTERIM_NOTE: InterimNoteInput,
    Action.COMPLETE: Complete,
    Action.CANCEL: CodedReasonWithComment,
    Action.REQUEST_CANCEL: CodedReasonWithComment,
    Action.REFUSE_CANCEL: WrittenReason,
    Action.REDIRECT: Redirect,
    Action.MARK_UNABLE: MarkUnable,
    Action.REOPEN: WrittenReason,
    Action.MARK_ERROR: ErrorReason,
    Action.ASSIGN: Assign,
    Action.CHANGE_PRIORITY: ChangePriority,
    Action.REVIEW_FLAG: ReviewFlag,
    Action.LOG_CONTACT: LogContact,
    Action.REVOKE_CONSENT: RevokeConsent,
}


def inputs_of(action: Action) -> type[StrictSerializer]:
    return INPUTS.get(action, Nothing)
