"""Load the coded reasons that the product ships with."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def load(apps: Any, schema_editor: Any) -> None:
    from referrals.lifecycle.reasons import SHIPPED

    reason = apps.get_model("referrals", "Reason")
    for position, row in enumerate(SHIPPED):
        reason.objects.update_or_create(
            kind=row.kind,
            code=row.code,
            defaults={
                "label": row.label,
                "reason_class": row.reason_class,
                "roles": [role.value for role in row.roles],
                "comment_mandatory": row.comment_mandatory,
                "position": position,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
