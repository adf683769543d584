"""The tables of the messages, and the triggers that keep events as they were written."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import integrations.identifiers
from integrations import triggers


def install_triggers(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove_triggers(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Lane",
            fields=[
                ("number", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("owner", models.CharField(blank=True, max_length=80)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("epoch", models.BigIntegerField(default=0)),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Partner",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "slug",
                    models.CharField(
                        max_length=50,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?\\Z",
                                "Use lower-case letters, digits and hyphens.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("scope_key", models.UUIDField(db_index=True)),
                ("client_id", models.CharField(max_length=100, unique=True)),
                ("events", models.JSONField(blank=True, default=list)),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="Stream",
            fields=[
                ("source", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("last_sequence", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("ordinal", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "event_id",
                    models.UUIDField(
                        default=integrations.identifiers.uuid7, editable=False, unique=True
                    ),
                ),
                ("type", models.CharField(max_length=120)),
                ("source", models.CharField(max_length=200)),
                ("sequence", models.BigIntegerField()),
                ("subject", models.UUIDField()),
                ("time", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("dataschema", models.CharField(max_length=200)),
                ("data", models.JSONField()),
                ("body", models.BinaryField()),
                ("actor_kind", models.CharField(blank=True, max_length=20)),
                ("correlationid", models.CharField(blank=True, max_length=255)),
                ("causationid", models.CharField(blank=True, max_length=255)),
                ("traceparent", models.CharField(blank=True, max_length=55)),
                ("position", models.BigIntegerField(editable=False, null=True, unique=True)),
                (
                    "private_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="integrations.partner",
                    ),
                ),
            ],
            options={
                "ordering": ["ordinal"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ordering_key", models.CharField(max_length=120)),
                ("key_seq", models.BigIntegerField()),
                ("lane", models.PositiveSmallIntegerField()),
                ("routing_key", models.CharField(max_length=200)),
                ("type", models.CharField(max_length=120)),
                ("body", models.BinaryField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("sent", "Delivered to the queue"),
                            ("parked", "Parked"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="integrations.event"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="integrations.partner"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.CreateModel(
            name="InboxMessage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.CharField(blank=True, max_length=255)),
                ("message_id", models.CharField(max_length=255)),
                ("type", models.CharField(blank=True, max_length=120)),
                ("subject", models.CharField(blank=True, max_length=64)),
                ("body_sha256", models.CharField(max_length=64)),
                ("body", models.BinaryField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Waiting"),
                            ("done", "Answered"),
                            ("parked", "Parked"),
                            ("quarantined", "Quarantined"),
                        ],
                        default="received",
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("duplicates", models.PositiveIntegerField(default=0)),
                ("started_attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("accepted", models.BooleanField(blank=True, null=True)),
                ("problem_type", models.CharField(blank=True, max_length=80)),
                ("received_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="integrations.event",
                    ),
                ),
                (
                    "original",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="integrations.inboxmessage",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="integrations.partner"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "received")),
                        fields=["subject", "id"],
                        name="inbox_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("partner", "source", "message_id"),
                        name="inbox_message_is_one_for_its_id",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["received", "done", "parked", "quarantined"])
                        ),
                        name="inbox_has_a_known_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["parked", "quarantined"]), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="inbox_parked_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["subject", "position"], name="event_of_subject"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("position__isnull", True)),
                fields=["ordinal"],
                name="event_without_position",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(
                fields=("source", "sequence"), name="event_sequence_is_unique_in_its_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("sequence__gte", 1)), name="event_sequence_starts_at_one"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["partner", "id"],
                name="delivery_pending_of_partner",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("status__in", ["pending", "parked"])),
                fields=["ordering_key", "key_seq"],
                name="delivery_unsent_of_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("partner", "ordering_key", "key_seq"),
                name="delivery_sequence_is_unique_in_its_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("event", "partner"), name="delivery_is_one_for_event_and_partner"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "sent", "parked", "cancelled"])),
                name="delivery_has_a_known_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "sent"), _negated=True),
                    ("confirmed_at__isnull", False),
                    _connector="OR",
                ),
                name="delivery_sent_has_the_time_of_its_confirm",
            ),
        ),
        migrations.RunPython(install_triggers, remove_triggers),
    ]
