"""Two small tables with encrypted columns, made for these tests alone."""

import uuid

from django.db import models

from referrals.encryption import EncryptedJSONField, EncryptedTextField


class Letter(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=20, default="letter")
    body = EncryptedTextField(null=True, max_length=1000)
    second = EncryptedTextField(null=True)
    content = EncryptedJSONField(null=True)

    class Meta:
        app_label = "encryption_probe"

    def __str__(self) -> str:
        return str(self.pk)


class Postcard(models.Model):
    """The key last, so that the row's columns are set before its key is known."""

    body = EncryptedTextField()
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)

    class Meta:
        app_label = "encryption_probe"

    def __str__(self) -> str:
        return str(self.pk)


MODELS = (Letter, Postcard)
