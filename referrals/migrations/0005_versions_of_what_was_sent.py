"""Number the frozen versions of what was sent before they were counted on the referral."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import Max


def count(apps: Any, schema_editor: Any) -> None:
    versions = apps.get_model("referrals", "ContentVersion").objects.order_by()
    newest = versions.values("referral_id").annotate(newest=Max("number"))
    referrals = apps.get_model("referrals", "Referral").objects
    for referral_id, number in newest.values_list("referral_id", "newest").iterator():
        referrals.filter(pk=referral_id).update(content_version=number, clinic_read_version=number)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0004_versions_duplicates_capacity")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
