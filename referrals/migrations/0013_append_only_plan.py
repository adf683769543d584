"""The plan is written on, never over: append-only on both engines."""

from __future__ import annotations

from django.db import migrations

from referrals.access import triggers


class Migration(migrations.Migration):
    dependencies = [("referrals", "0012_consent_plan_and_invited_clinicians")]

    operations = [triggers.append_only("referrals_plancontribution")]
