"""Partners that are paused, their dead letters as last counted, commands that were discarded."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0003_delivery_indexes"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="inboxmessage",
            name="inbox_has_a_known_status",
        ),
        migrations.AddField(
            model_name="partner",
            name="dead_letters",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="partner",
            name="dead_letters_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="partner",
            name="paused",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="inboxmessage",
            name="status",
            field=models.CharField(
                choices=[
                    ("received", "Waiting"),
                    ("done", "Answered"),
                    ("parked", "Parked"),
                    ("quarantined", "Quarantined"),
                    ("discarded", "Discarded"),
                ],
                default="received",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="inboxmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["received", "done", "parked", "quarantined", "discarded"])
                ),
                name="inbox_has_a_known_status",
            ),
        ),
    ]
