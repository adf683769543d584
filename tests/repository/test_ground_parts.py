"""The parts of `make test`: one that waits runs beside those after it, and none is forgotten."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from portal.local import testing
from portal.local.testing import Part, Run, run_parts

# In the place of pytest: says what it is, takes its time, and leaves a report.
STAND_IN = """#!{python}
import os, sys, time
name = os.environ["NAME"]
print(f"{{name}} says so", flush=True)
with open(os.environ["LOG"], "a") as log:
    log.write(f"{{name}} begins\\n")
    log.flush()
    time.sleep(float(os.environ["TAKES"]))
    log.write(f"{{name}} ends\\n")
report = next(each for each in sys.argv if each.startswith("--junitxml=")).partition("=")[2]
failed = int(os.environ.get("FAILED", "0"))
open(report, "w").write(
    f'<testsuites><testsuite tests="3" failures="{{failed}}" time="1.5"/></testsuites>'
)
sys.exit(failed)
"""

FIRST, WAITING, LAST = Part("first", ""), Part("waiting", "", beside=True), Part("last", "")


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    program = tmp_path / "python"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setattr(testing, "PYTHON", program)
    return {
        name: {"NAME": name, "LOG": str(tmp_path / "log"), "TAKES": takes}
        for name, takes in (("first", "0"), ("waiting", "2"), ("last", "0"))
    }


def log(tmp_path: Path) -> list[str]:
    return (tmp_path / "log").read_text().splitlines()


def test_what_waits_runs_beside_those_after_it(
    env: dict[str, dict[str, str]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    env["last"]["TAKES"] = "0.1"
    outcomes = run_parts([FIRST, WAITING, LAST], env, tmp_path, [])
    assert [outcome.part for outcome in outcomes] == ["first", "last", "waiting"]
    assert {(each.passed, each.failed, each.status) for each in outcomes} == {(3, 0, 0)}
    assert log(tmp_path)[:2] == ["first begins", "first ends"]
    assert log(tmp_path)[-1] == "waiting ends"
    printed = capfd.readouterr().out
    assert printed.index("last says so") < printed.index("waiting says so")


def test_a_failure_beside_the_others_counts(env: dict[str, dict[str, str]], tmp_path: Path) -> None:
    env["waiting"] |= {"FAILED": "1", "TAKES": "0"}
    outcomes = {each.part: each for each in run_parts([WAITING, LAST], env, tmp_path, [])}
    assert (outcomes["waiting"].status, outcomes["waiting"].failed) == (1, 1)
    assert (outcomes["last"].status, outcomes["last"].passed) == (0, 3)


def test_what_runs_beside_is_ended_when_the_others_cannot_go_on(
    env: dict[str, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Run] = []

    class Seen(Run):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            begun.append(self)

    monkeypatch.setattr(testing, "Run", Seen)
    env["waiting"]["TAKES"] = "60"
    del env["last"]
    with pytest.raises(KeyError):
        run_parts([WAITING, LAST], env, tmp_path, [])
    assert [run.process.poll() is None for run in begun] == [False]
