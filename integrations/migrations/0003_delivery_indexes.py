"""Fewer indexes on the hot table, one of them for what holds a key back, and a vacuum of its own."""

import django.db.models.deletion
from django.db import migrations, models

# Every delivery is updated once, soon: by a share of the table the vacuum would come ever later.
VACUUM = (
    "ALTER TABLE integrations_delivery SET (autovacuum_vacuum_scale_factor = {scale}, "
    "autovacuum_vacuum_threshold = {threshold}, autovacuum_analyze_scale_factor = {scale}, "
    "autovacuum_analyze_threshold = {threshold})"
)


def vacuum_by_count(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(VACUUM.format(scale=0, threshold=5000))


def vacuum_as_usual(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE integrations_delivery RESET (autovacuum_vacuum_scale_factor, "
            "autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor, "
            "autovacuum_analyze_threshold)"
        )


class Migration(migrations.Migration):
    dependencies = [("integrations", "0002_signatures")]

    operations = [
        migrations.RemoveIndex(model_name="delivery", name="delivery_unsent_of_key"),
        migrations.AlterField(
            model_name="delivery",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="integrations.event",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="partner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="integrations.partner",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["pending", "parked"]),
                    models.Q(
                        ("status", "parked"), ("next_attempt_at__isnull", False), _connector="OR"
                    ),
                ),
                fields=["ordering_key", "key_seq"],
                name="delivery_held_of_key",
            ),
        ),
        migrations.RunPython(vacuum_by_count, vacuum_as_usual),
    ]
