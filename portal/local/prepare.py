"""Bring a database and the static files to the state in which the portal can be served.

Works in this process, so that Django is loaded once for migrations and demo data; the static
files are collected beside it.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from portal.local import apt, environment, processes, stamps
from portal.local.paths import ASSETS, ROOT, VAR, say, stop

STATIC_SOURCES = (ROOT / "portal" / "static", ASSETS)


def everything(env: Mapping[str, str]) -> None:
    """Migrations, static files, demo data; each only where it is missing."""
    apt.offer(*apt.PAPER)
    begin_metrics(Path(env["PROMETHEUS_MULTIPROC_DIR"]))
    with static_files(env):
        load_django(env)
        database(Path(env["AUDIT_ANCHOR"]))


def begin_metrics(folder: Path) -> None:
    """Empty, before the first process counts: what earlier processes counted is over."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


@contextmanager
def static_files(env: Mapping[str, str]) -> Iterator[None]:
    """Collect the static files, where they changed, in a process beside the body's work."""
    files = [f for source in STATIC_SOURCES for f in source.rglob("*") if f.is_file()]
    mark = stamps.fingerprint([*files, ROOT / "requirements.txt"])
    if stamps.is_fresh("static", mark) and (VAR / "static" / "staticfiles.json").exists():
        yield
        return
    command = environment.manage("collectstatic", "--noinput", "--clear", "--verbosity", "0")
    process = processes.spawn(command, env=env, cwd=ROOT, output=subprocess.PIPE)
    try:
        yield
        say("Collecting the static files")
        output, _ = process.communicate()
    finally:
        processes.end(process)
    if process.returncode:
        raise stop(f"the static files could not be collected:\n{output.decode().strip()}")
    stamps.write("static", mark)


def load_django(env: Mapping[str, str]) -> None:
    # For the processes that follow the level is their own; here it would bury the progress.
    os.environ.update({**env, "LOG_LEVEL": "WARNING"})
    import django

    django.setup()


def database(anchor: Path) -> None:
    from django.core.management import call_command
    from django.db import connection, connections

    if not connection.introspection.table_names():
        # A new database has a new access log; the old one's head would read as a cut tail.
        anchor.unlink(missing_ok=True)
    say("Bringing the database up to date")
    call_command("migrate", verbosity=0, interactive=False)
    if not has_demo_data():
        say("Writing the demo data")
        call_command("seed_demo")
    connections.close_all()


def has_demo_data() -> bool:
    """Whether the last thing that the demo data brings, its referrals, is there."""
    from referrals.models import Referral

    return Referral.objects.exists()
