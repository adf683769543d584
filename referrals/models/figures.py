"""What the numbers are counted from: each referral's milestones and its spans in a state.

Both are taken from the timeline, entry by entry, as it is written; nothing in them comes from
a row's last change. They can be made anew from the timeline at any time.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from referrals.models.organisations import Organisation
from referrals.models.referral import Referral

COUNTED = models.Q(void=False)


def _organisation() -> models.ForeignKey:
    return models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")


class Milestones(models.Model):
    """The first time that each step was reached; `to_…` are seconds from sending to it.

    `to_closed` counts from the answer that was closed. `decision` is accept, decline or
    redirect. `out_at`: it left the clinic's hands. `void`: entered in error, counted nowhere.
    """

    referral = models.OneToOneField(
        Referral, on_delete=models.CASCADE, primary_key=True, related_name="milestones"
    )
    clinic = _organisation()
    practice = _organisation()
    sent_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    booked_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    outcome_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    out_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=10, blank=True)
    declined = models.BooleanField(default=False)
    reason_class = models.CharField(max_length=20, blank=True)
    void = models.BooleanField(default=False)
    to_look = models.PositiveIntegerField(null=True)
    to_decision = models.PositiveIntegerField(null=True)
    to_booking = models.PositiveIntegerField(null=True)
    to_outcome = models.PositiveIntegerField(null=True)
    to_closed = models.PositiveIntegerField(null=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "referral", "clinic", "practice", "sent_at", "looked_at", "decided_at", "booked_at",
        "seen_at", "outcome_at", "closed_at", "out_at", "answered_at", "decision", "declined",
        "reason_class", "void", "to_look", "to_decision", "to_booking", "to_outcome",
        "to_closed",
    )  # fmt: skip

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "sent_at"], name="milestones_of_clinic",
                         condition=COUNTED),
            models.Index(fields=["practice", "sent_at"], name="milestones_of_practice",
                         condition=COUNTED),
            models.Index(fields=["clinic", "out_at"], name="milestones_out_of_clinic",
                         condition=COUNTED),
            models.Index(fields=["practice", "out_at"], name="milestones_out_of_practice",
                         condition=COUNTED),
            models.Index(fields=["clinic", "decided_at"], name="milestones_decided",
                         condition=models.Q(decided_at__isnull=False)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"milestones of {self.referral_id}"


class StateSpan(models.Model):
    """One stay in one state, from the entry that led there to the entry that led away."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="spans")
    clinic = _organisation()
    practice = _organisation()
    state = models.CharField(max_length=20)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    seconds = models.PositiveIntegerField(null=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "clinic", "practice", "state", "entered_at", "left_at", "seconds",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral"], condition=models.Q(left_at__isnull=True),
                name="one_state_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(left_at__isnull=True, seconds__isnull=True)
                | models.Q(left_at__isnull=False, seconds__isnull=False),
                name="a_stay_that_ended_has_its_length",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["clinic", "left_at", "state"], name="spans_of_clinic",
                         include=["seconds"]),
            models.Index(fields=["practice", "left_at", "state"], name="spans_of_practice",
                         include=["seconds"]),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.state} of {self.referral_id}"
