"""The repository keeps its own house rules: layers, sizes, hosts, commands, versions."""

import re
import tomllib

import pytest

from tests.repository.files import (
    PACKAGES,
    ROOT,
    imported_modules,
    python_files,
    repository_files,
    shown,
)

MOST_LINES = 400
# What each package may not import; the direction is portal -> referrals -> integrations.
FORBIDDEN = {
    "integrations": {"referrals", "portal", "tests"},
    "referrals": {"portal", "tests"},
    "portal": {"tests"},
}
COMMANDS = ("run", "test", "check", "stack", "bench", "soak")
# Written in two parts, so that this file does not hold what it looks for.
HOSTS = ("pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "yarn" + "pkg.com")
# An absolute path of somebody's machine, not the end of a relative one.
MACHINE = re.compile(r"(?<![\w.}])/(?:work|root|home|opt)/\w")
UNSEARCHED = {".png", ".ico", ".woff2", ".jpg", ".pdf"}


def forbidden_imports(package: str, source: str) -> list[tuple[int, str]]:
    bad = FORBIDDEN[package]
    return [(line, name) for line, name in imported_modules(source) if name.split(".")[0] in bad]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    found = [
        f"{shown(path)}:{line} imports {name}"
        for path in python_files(package)
        for line, name in forbidden_imports(package, path.read_text())
    ]
    assert found == []


def test_an_import_against_the_direction_is_found() -> None:
    assert forbidden_imports("integrations", "def f():\n    from referrals import x\n") == [
        (2, "referrals")
    ]
    assert forbidden_imports("referrals", "import portal.settings") == [(1, "portal.settings")]
    assert forbidden_imports("portal", "import referrals, integrations") == []


def test_nothing_that_serves_imports_the_local_commands() -> None:
    found = [
        f"{shown(path)}:{line}"
        for package in PACKAGES
        for path in python_files(package)
        if "local" not in path.relative_to(ROOT).parts
        for line, name in imported_modules(path.read_text())
        if name.startswith("portal.local")
    ]
    assert found == []


def test_no_file_grows_beyond_what_one_can_read() -> None:
    lines = {shown(path): len(path.read_text().splitlines()) for path in python_files()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def held(text: str) -> list[str]:
    return [*(host for host in HOSTS if host in text), *MACHINE.findall(text)]


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = {
        shown(path): words
        for path in repository_files()
        if path.suffix not in UNSEARCHED and (words := held(path.read_text()))
    }
    assert found == {}


def test_a_registry_and_a_machine_are_found() -> None:
    assert held(f"https://{HOSTS[0]}/simple") == [HOSTS[0]]
    assert held("cd /" + "work/tandem") == ["/" + "work/t"]
    assert held("templates/pages/home/start.html") == []


def test_the_locks_hold_a_hash_for_every_package() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-node.txt"):
        entries = re.split(r"\n(?=\S)", (ROOT / name).read_text())
        packages = [entry for entry in entries if "==" in entry.splitlines()[0]]
        assert packages, name
        assert [entry for entry in packages if "--hash=sha256:" not in entry] == []
    for folder in (ROOT, ROOT / "tests" / "oracles"):
        lock = (folder / "package-lock.json").read_text()
        assert lock.count('"version"') == lock.count('"integrity"') > 0, folder


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_commands_of_the_contract_exist() -> None:
    assert set(COMMANDS) <= make_targets()


def test_documents_name_commands_that_exist() -> None:
    documents = [ROOT / "README.md", *(p for p in repository_files() if p.suffix == ".md")]
    found = {
        f"{shown(path)}: make {name}"
        for path in documents
        for name in re.findall(r"(?:`|^\s*\$?\s*)make ([a-z-]+)", path.read_text(), re.MULTILINE)
        if name not in make_targets()
    }
    assert found == set()


def test_the_pipeline_runs_the_checks_and_the_tests() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "set -euo pipefail" in script
    assert re.findall(r"^make (\w+)$", script, re.MULTILINE) == ["check", "test"]
    assert "|| true" not in script


def test_one_version_of_python_is_named_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    oldest = project["project"]["requires-python"].removeprefix(">=")
    assert project["tool"]["mypy"]["python_version"] == oldest
    assert project["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert f"PYTHON={oldest}-" in (ROOT / "Dockerfile").read_text()
    assert f"--python-version {oldest}" in (ROOT / "Makefile").read_text()
