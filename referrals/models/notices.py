"""What people are told: notices in the portal, mails on their way, and what each one chose.

No row says anything of a patient: a notice names a referral by its id, and a mail is made
from fixed sentences when it is sent.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.encryption import EncryptedTextField
from referrals.models.organisations import Organisation
from referrals.models.referral import Referral


class How(models.TextChoices):
    """When a person is written to about a kind of news."""

    AT_ONCE = "at_once", "At once"
    DIGEST = "digest", "Once a day"
    NONE = "none", "No mail"


class Notice(models.Model):
    """One piece of news for one person. `what` is a row of the table of notifications.

    `key` names the occasion, so that an occasion that is told twice is told once in effect.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    referral = models.ForeignKey(
        Referral, on_delete=models.CASCADE, null=True, related_name="notices"
    )
    what = models.CharField(max_length=30)
    link = models.CharField(max_length=200)  # a path of this site
    key = models.CharField(max_length=120)
    how = models.CharField(max_length=8, choices=How.choices)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)
    gathered_at = models.DateTimeField(null=True)  # when the daily mail took it up

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "user", "referral", "what", "link", "key", "how", "created_at", "read_at",
        "gathered_at",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_notice_per_person_and_key"),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at", "id"], name="notices_latest"),
            models.Index(fields=["user"], name="notices_unread",
                         condition=models.Q(read_at__isnull=True)),
            models.Index(fields=["user", "created_at"], name="notices_to_gather",
                         condition=models.Q(how="digest", gathered_at__isnull=True)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"notice {self.pk}"


class MailStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    REFUSED = "refused", "Refused"  # the server would not take it, again and again
    DROPPED = "dropped", "Dropped"  # nobody to send it to any more


class Mail(models.Model):
    """One mail to one address, written in the transaction of its occasion.

    The address is looked up when it is sent: of the person, or of the organization's team.
    `address` and `secret_link` are for somebody without a sign-in. The Message-ID is made
    from `id`, so a mail that is sent twice is the same mail.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, related_name="+"
    )
    address = EncryptedTextField(null=True)
    what = models.CharField(max_length=30)
    link = models.CharField(max_length=200, blank=True)
    secret_link = EncryptedTextField(null=True)
    key = models.CharField(max_length=160, unique=True)
    urgent = models.BooleanField(default=False)
    status = models.CharField(max_length=8, choices=MailStatus.choices, default=MailStatus.WAITING)
    created_at = models.DateTimeField(default=clock.now)
    next_try_at = models.DateTimeField(default=clock.now)
    tries = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=60, blank=True)  # the class of the last error

    sensitive_fields: ClassVar[tuple[str, ...]] = ("address", "secret_link")
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "user", "organisation", "what", "link", "key", "urgent", "status", "created_at",
        "next_try_at", "tries", "leased_until", "sent_at", "problem",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=False)
                | models.Q(organisation__isnull=False)
                | models.Q(address__isnull=False),
                name="a_mail_is_to_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(status="sent", sent_at__isnull=False)
                | (~models.Q(status="sent") & models.Q(sent_at__isnull=True)),
                name="a_sent_mail_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-urgent", "next_try_at", "id"], name="mails_waiting",
                         condition=models.Q(status="waiting")),
            models.Index(fields=["created_at"], name="mails_by_age"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"mail {self.pk}"


class NotificationChoice(models.Model):
    """How one person wants to hear of one kind; without a row the table's default holds."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_choices"
    )
    kind = models.CharField(max_length=20)
    how = models.CharField(max_length=8, choices=How.choices)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = ("id", "user", "kind", "how")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_choice_per_person_and_kind")
        ]

    def __str__(self) -> str:
        return f"choice {self.pk}"
