"""A skip is a failure unless pyproject.toml lists it with its reason."""

import tomllib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def allowed_skips(pyproject: Path = PYPROJECT) -> dict[str, str]:
    """Test id (with or without its parameters) to the reason for which it may be skipped."""
    table: dict[str, str] = tomllib.loads(pyproject.read_text())["tool"]["tandem"]["allowed_skips"]
    return table


def is_listed(nodeid: str, listed: dict[str, str]) -> bool:
    return any(listed.get(name, "").strip() for name in (nodeid, nodeid.partition("[")[0]))


def condemn(report: Any) -> None:
    """Turn an unlisted skip (or an expected failure, which hides one as well) into a failure."""
    if report.skipped and not is_listed(report.nodeid, allowed_skips()):
        report.outcome = "failed"
        report.longrepr = (
            f"{report.nodeid} was skipped, and [tool.tandem] allowed_skips has no reason for it"
        )
        if hasattr(report, "wasxfail"):
            del report.wasxfail


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    condemn(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    report = yield
    condemn(report)
    return report
