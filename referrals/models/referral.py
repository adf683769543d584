"""The referral's own row: workflow facts in plain, people and content elsewhere and sealed."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock, references
from referrals.encryption import EncryptedJSONField, EncryptedTextField
from referrals.lifecycle import OPEN_STATES, STATES, Phase, State, StateInfo, Turn
from referrals.lifecycle.states import TO_SCHEDULE, states_in, waiting_on
from referrals.models.organisations import Organisation, Service
from referrals.queries import ReferralQuerySet


class Priority(models.TextChoices):
    P0 = "p0", "P0"
    P1 = "p1", "P1"
    P2 = "p2", "P2"
    P3 = "p3", "P3"


class Origin(models.TextChoices):
    PORTAL = "portal", "Portal"
    API = "api", "API"
    PAPER = "paper", "Paper"
    FAX = "fax", "Fax"
    PHONE = "phone", "Phone"


IS_OPEN = models.Q(state__in=sorted(OPEN_STATES))
TO_REVIEW = models.Q(state__in=sorted(states_in(Phase.DECIDING)), awaits_review=True)
WAITS_FOR_PRACTICE = models.Q(state__in=sorted(waiting_on(Turn.PRACTICE)))


def _user(related: str, *, null: bool = True) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=null, related_name=related
    )


class Referral(models.Model):
    """One request for evaluation, from one practice to one clinic.

    `version` is what If-Match names; it rises with each move, amendment, assignment, change
    of priority and change of consent. `due_at` is when the running clock ends; null when it
    is nobody's turn or a routine clock is paused.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=11, unique=True, default=references.draw)
    state = models.CharField(
        max_length=20, default=State.DRAFT, choices=[(s.value, STATES[s].label) for s in State]
    )
    version = models.PositiveIntegerField(default=1)
    priority = models.CharField(max_length=2, choices=Priority.choices, default=Priority.P3)
    # What the rules computed last; `priority` may stand higher, never lower by itself.
    computed_priority = models.CharField(
        max_length=2, choices=Priority.choices, default=Priority.P3
    )
    practice = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="sent_referrals"
    )
    clinic = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="received_referrals"
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.PORTAL)
    referring_clinician = _user("referred")
    after_hours_phone = models.CharField(max_length=20, blank=True)
    created_by = _user("drafted", null=False)
    submitted_by = _user("submitted")
    reviewer = _user("reviewing")
    licensed_reviewer = _user("license_reviewing")
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = _user("accepted")
    expected_by = models.DateField(null=True)
    review_on = models.DateField(null=True)
    first_completed_at = models.DateTimeField(null=True)
    state_since = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(null=True)
    # When the last word went out that something is about to happen by itself.
    announced_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(null=True)  # a draft that was left alone too long
    consent_revoked_at = models.DateTimeField(null=True)
    # The last day of the consent that ends first; null once its end was told.
    consent_expires_on = models.DateField(null=True)
    consent_reminded_of = models.DateField(null=True)  # the last day that was announced
    state_before_cancel = models.CharField(max_length=20, blank=True)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="successors"
    )
    copied_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="copies"
    )
    # The newest frozen version, and the newest that somebody at the clinic marked as read.
    content_version = models.PositiveIntegerField(default=0)
    clinic_read_version = models.PositiveIntegerField(default=0)
    # The day on which the fax, the letter or the call came in.
    received_on = models.DateField(null=True)
    # Blind indexes: exact search without readable names (HMAC-SHA-256, hex).
    patient_index = models.CharField(max_length=64, blank=True)
    # Whether a safety flag waits for a clinician's note; null until it was looked at.
    awaits_review = models.BooleanField(null=True)
    duplicate_reason = EncryptedTextField(null=True)

    objects = ReferralQuerySet.as_manager()

    sensitive_fields: ClassVar[tuple[str, ...]] = ("duplicate_reason",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "reference", "state", "version", "priority", "computed_priority", "practice",
        "clinic", "service", "origin", "referring_clinician", "after_hours_phone", "created_by",
        "submitted_by", "reviewer", "licensed_reviewer", "created_at", "updated_at",
        "submitted_at", "accepted_at", "accepted_by", "expected_by", "review_on",
        "first_completed_at", "state_since", "due_at", "announced_at", "discarded_at",
        "consent_revoked_at", "consent_expires_on", "consent_reminded_of",
        "state_before_cancel", "replaces", "copied_from", "content_version", "clinic_read_version",
        "received_on", "patient_index", "awaits_review",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[s.value for s in State]),
                name="state_is_one_of_the_lifecycle",
            ),
            models.CheckConstraint(
                condition=models.Q(submitted_at__isnull=True, submitted_by__isnull=True)
                | models.Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="submission_has_its_time_and_its_person",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(expected_by__isnull=False),
                name="acceptance_has_an_expected_by_date",
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.DRAFT)
                | models.Q(state=State.ENTERED_IN_ERROR)
                | models.Q(submitted_at__isnull=False, clinic__isnull=False),
                name="only_a_draft_lacks_submission_and_clinic",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=State.CANCEL_REQUESTED)
                | ~models.Q(state_before_cancel=""),
                name="a_cancellation_request_remembers_where_it_came_from",
            ),
            models.CheckConstraint(
                condition=models.Q(received_on__isnull=True)
                | models.Q(origin__in=[Origin.PAPER, Origin.FAX, Origin.PHONE]),
                name="only_paper_fax_and_phone_have_a_day_of_receipt",
            ),
            models.CheckConstraint(
                condition=models.Q(clinic_read_version__lte=models.F("content_version")),
                name="nobody_read_a_version_that_is_not_there",
            ),
        ]
        indexes = [
            # A list without an index of its own order is read whole: tests/faults/test_crowd.py.
            models.Index(fields=["clinic", "priority", "due_at", "id"], name="worklist_order",
                         condition=IS_OPEN),
            models.Index(fields=["clinic", "priority", "due_at", "id"],
                         name="worklist_to_schedule",
                         condition=models.Q(state__in=sorted(TO_SCHEDULE))),
            models.Index(fields=["reviewer", "clinic", "priority", "due_at", "id"],
                         name="worklist_mine", condition=IS_OPEN),
            models.Index(fields=["clinic", "priority", "due_at", "id"], name="worklist_to_review",
                         condition=TO_REVIEW),
            models.Index(fields=["clinic", "state_since", "id"], name="worklist_oldest",
                         condition=IS_OPEN, include=["state"]),
            models.Index(
                fields=["clinic", "state", "priority", "due_at", "id"], name="folder_order"
            ),
            models.Index(
                fields=["clinic", "practice", "priority", "due_at", "id"], name="pair_order"
            ),
            models.Index(fields=["practice", "-updated_at", "id"], name="practice_latest"),
            models.Index(
                fields=["practice", "state", "-updated_at", "id"], name="practice_folder"
            ),
            models.Index(fields=["practice", "due_at", "id"], name="practice_due"),
            models.Index(fields=["practice", "state_since", "id"], name="practice_oldest"),
            models.Index(fields=["practice", "due_at", "-updated_at", "id"],
                         name="practice_waiting", condition=WAITS_FOR_PRACTICE),
            models.Index(fields=["clinic", "-updated_at", "id"], name="clinic_latest"),
            models.Index(fields=["patient_index"], name="patient_exact",
                         condition=~models.Q(patient_index="")),
            models.Index(fields=["due_at"], name="clock_due",
                         condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["review_on"], name="waitlist_review",
                         condition=models.Q(state=State.WAITLISTED)),
            models.Index(fields=["consent_expires_on"], name="consent_ends",
                         condition=models.Q(consent_expires_on__isnull=False)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.reference

    @property
    def info(self) -> StateInfo:
        return STATES[State(self.state)]

    @property
    def phase(self) -> Phase:
        return self.info.phase

    @property
    def is_open(self) -> bool:
        return State(self.state) in OPEN_STATES


SECTION_NAMES = (
    "patient", "consent", "request", "pain", "trauma", "mental_health", "safety",
    "substance", "medical", "care_team", "instruments",
)  # fmt: skip


class ReferralContent(models.Model):
    """What the referral says today, one sealed JSON document for each section.

    `revoked_classes` are the content classes that the patient closed to the receiving side
    one by one, each with the day: {"substance": "2026-11-23"}.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.OneToOneField(Referral, on_delete=models.CASCADE, related_name="content")
    patient = EncryptedJSONField(null=True)
    consent = EncryptedJSONField(null=True)
    request = EncryptedJSONField(null=True)
    pain = EncryptedJSONField(null=True)
    trauma = EncryptedJSONField(null=True)
    mental_health = EncryptedJSONField(null=True)
    safety = EncryptedJSONField(null=True)
    substance = EncryptedJSONField(null=True)
    medical = EncryptedJSONField(null=True)
    care_team = EncryptedJSONField(null=True)
    instruments = EncryptedJSONField(null=True)
    revoked_classes = EncryptedJSONField(null=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = (*SECTION_NAMES, "revoked_classes")
    plain_fields: ClassVar[tuple[str, ...]] = ("id", "referral")

    def __str__(self) -> str:
        return f"content of {self.referral_id}"

    def as_dict(self) -> dict:
        """The content in the API's read shape; sections without answers are left out."""
        sections = {name: getattr(self, name) for name in SECTION_NAMES}
        return {name: value for name, value in sections.items() if value}

    def fill(self, data: dict) -> None:
        for name in SECTION_NAMES:
            setattr(self, name, data.get(name) or None)


class ContentVersion(models.Model):
    """What was submitted, frozen: never changed, only followed by the next version.

    `sha256` is over the canonical JSON of the content (sorted keys, no spaces, UTF-8).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = EncryptedJSONField()
    sha256 = models.CharField(max_length=64)
    changed = models.JSONField(default=list)  # names of fields, never values
    reason = EncryptedTextField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = _user("content_versions")

    sensitive_fields: ClassVar[tuple[str, ...]] = ("content", "reason")
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "number", "sha256", "changed", "created_at", "created_by",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "number"], name="one_content_version_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.referral_id}"
