"""A skip that nobody listed fails the run; a test runs in the suite to show that it does."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.repository.files import ROOT
from tests.skips import allowed_skips, is_listed

SKIPPING = """
import pytest
{line}
def test_it():
    {body}
"""


def run_pytest(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.skips", "-p", "no:django"]
    options = ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(folder), str(folder)]
    return subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("", "pytest.skip('not today')"),
        ("@pytest.mark.skip(reason='not today')", "pass"),
        ("@pytest.mark.xfail", "assert False"),
        ("pytest.importorskip('no_such_module')", "pass"),
    ],
)
def test_an_unlisted_skip_fails(tmp_path: Path, line: str, body: str) -> None:
    done = run_pytest(tmp_path, SKIPPING.format(line=line, body=body))
    assert done.returncode != 0
    assert "allowed_skips has no reason for it" in done.stdout


def test_a_test_that_runs_passes(tmp_path: Path) -> None:
    assert run_pytest(tmp_path, SKIPPING.format(line="", body="pass")).returncode == 0


def test_a_listed_skip_needs_a_reason() -> None:
    assert is_listed("tests/a.py::test[x]", {"tests/a.py::test": "no such device"})
    assert not is_listed("tests/a.py::test[x]", {"tests/a.py::test": " "})
    assert not is_listed("tests/a.py::other", {"tests/a.py::test": "no such device"})


def test_every_listed_skip_names_a_file_that_exists() -> None:
    missing = [name for name in allowed_skips() if not (ROOT / name.split("::")[0]).exists()]
    assert missing == []


def test_warnings_are_errors() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["pytest"]["ini_options"]["filterwarnings"][0] == "error"
