"""Bring a database and the static files to the state in which the portal can be served.

Works in this process, so that Django is loaded once for migrations, static files and demo data.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from portal.local import stamps
from portal.local.paths import ROOT, VAR, say

STATIC_SOURCES = ("portal/static", "var/assets")


def database(env: Mapping[str, str]) -> None:
    """Migrations, static files, demo data; each only where it is missing."""
    load_django(env)
    from django.core.management import call_command
    from django.db import connection, connections

    if not connection.introspection.table_names():
        # A new database has a new access log; the old one's head would read as a cut tail.
        Path(env["AUDIT_ANCHOR"]).unlink(missing_ok=True)
    say("Bringing the database up to date")
    call_command("migrate", verbosity=0, interactive=False)
    static_files()
    if not has_demo_data():
        say("Writing the demo data")
        call_command("seed_demo")
    connections.close_all()


def load_django(env: Mapping[str, str]) -> None:
    VAR.mkdir(exist_ok=True)
    os.environ.update(env)
    import django

    django.setup()


def static_files() -> None:
    from django.conf import settings
    from django.core.management import call_command

    files = [f for source in STATIC_SOURCES for f in (ROOT / source).rglob("*") if f.is_file()]
    mark = stamps.fingerprint([*files, ROOT / "requirements.txt"])
    manifest = os.path.join(settings.STATIC_ROOT, "staticfiles.json")
    if stamps.is_fresh("static", mark) and os.path.exists(manifest):
        return
    say("Collecting the static files")
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamps.write("static", mark)


def has_demo_data() -> bool:
    """Whether the last thing that the demo data brings, its referrals, is there."""
    from referrals.models import Referral

    return Referral.objects.exists()
