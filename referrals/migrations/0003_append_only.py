"""Make history append-only on both engines: access log, timeline, frozen versions."""

from __future__ import annotations

from django.db import migrations

from referrals.access import triggers


class Migration(migrations.Migration):
    dependencies = [("referrals", "0002_reference_data")]

    operations = [
        triggers.append_only(table)
        for table in (
            "referrals_accessentry",
            "referrals_accessseal",
            "referrals_timelineentry",
            "referrals_contentversion",
        )
    ]
