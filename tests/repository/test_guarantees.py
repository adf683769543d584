"""The guarantee page names tests that exist, and has one for each promise."""

import ast
import re
from functools import lru_cache

from tests.repository.files import ROOT

PAGE = ROOT / "docs" / "guarantees.md"
PROMISES = [f"G{number}" for number in range(1, 11)]


@lru_cache
def names_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.exists():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text()))
    return frozenset(
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def missing(text: str) -> list[str]:
    """The node ids in the text that lead to no test."""
    named = re.findall(r"`(tests/[^`]+)`", text)
    return [node for node in named if not exists(*node.split("::"))]


def exists(path: str, name: str = "") -> bool:
    return name in names_in(path)


def test_every_named_test_exists() -> None:
    assert missing(PAGE.read_text()) == []


def test_each_promise_is_made_once_and_proven() -> None:
    promises, _, proofs = PAGE.read_text().partition("## How each is proven")
    assert re.findall(r"^\| (G\d+) \|", promises, re.MULTILINE) == PROMISES
    proven = dict(re.findall(r"^\| (G\d+) \| (.*) \|$", proofs, re.MULTILINE))
    assert list(proven) == PROMISES
    assert all("tests/" in named for named in proven.values())


def test_a_test_that_is_gone_is_found() -> None:
    gone = "tests/integrations/test_relay.py::test_that_is_not_there"
    assert missing(f"`{gone}` `tests/nowhere.py::test_x` `tests/nowhere.py`") == [
        gone, "tests/nowhere.py::test_x", "tests/nowhere.py",
    ]  # fmt: skip
