"""Load the coded reasons that the product ships with."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from referrals.lifecycle import reasons


def load(apps: Any, schema_editor: Any) -> None:
    reasons.load_shipped(apps.get_model("referrals", "Reason"))


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
