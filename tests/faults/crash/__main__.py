"""`python -m tests.faults.crash --times 3`: one line of JSON for the run and for each control.

Run it with DATABASE_URL naming a fresh database of its own.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import django


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args().times
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    logging.disable(logging.CRITICAL)
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor == "sqlite":
        # What a process leaves behind when it ends is in the system's memory all the same.
        connection.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    call_command("migrate", verbosity=0, interactive=False)
    from tests.faults.crash import run

    cast = run.Run.prepare()
    with tempfile.TemporaryDirectory() as folder:
        figures = {"run": run.Run(Path(folder)).crash_everywhere(cast, times=times)}
        for control in (run.publishing_in_the_transaction, run.marking_before_the_confirm):
            # On top of the sound run, whose files it goes on with: what is new is the control's.
            figures[control.__name__] = control(run.Run(Path(folder)), cast)
    sys.stdout.write(json.dumps({name: asdict(each) for name, each in figures.items()}) + "\n")


if __name__ == "__main__":
    main()
