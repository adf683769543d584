"""Processes of web, relay and consumer end at 28 places: nothing lost, invented, doubled or stuck.

The portal has no crash points; the children of tests.faults.crash put them in.
"""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from portal.local.paths import PYTHON, ROOT
from tests.faults.crash.points import POINTS

TIMES = 3


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    database = tmp_path_factory.mktemp("crash") / "crash.sqlite3"
    done = subprocess.run(
        [str(PYTHON), "-m", "tests.faults.crash", "--times", str(TIMES)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database}", "AMQP_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_a_process_that_ends_anywhere_loses_and_doubles_nothing(figures, record_testsuite_property):
    found = figures["run"]
    record_testsuite_property("crash points", str(found))
    assert found["points"] == len(POINTS) >= 16
    assert (found["crashes"], found["not_reached"]) == (len(POINTS) * TIMES, [])
    assert {name: found[name] for name in ("lost", "phantom", "doubled", "stuck")} == dict.fromkeys(
        ("lost", "phantom", "doubled", "stuck"), 0
    )


def test_publishing_inside_the_transaction_would_be_seen(figures):
    assert figures["publishing_in_the_transaction"]["phantom"] > 0


def test_marking_before_the_confirm_would_be_seen(figures):
    assert figures["marking_before_the_confirm"]["lost"] > 0


def test_each_part_has_its_points():
    assert {point.part for point in POINTS} == {"web", "relay", "consumer"}
    assert len({point.name for point in POINTS}) == len(POINTS)
