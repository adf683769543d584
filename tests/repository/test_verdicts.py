"""Nothing that the portal writes is a verdict: its templates, its words, its documents."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.files import ROOT
from tests.repository.syntax import our_files
from tests.repository.verdicts import verdicts

WRITTEN = (
    *sorted((ROOT / "templates").rglob("*.html")),
    *sorted((ROOT / "templates").rglob("*.txt")),
    *sorted((ROOT / "portal" / "static" / "portal" / "js").glob("*.js")),
    *sorted((ROOT / "docs").glob("*.yaml")),
    *sorted((ROOT / "docs").rglob("*.json")),
)


def literals(source: str) -> Iterator[str]:
    """The texts of a module that may reach a reader: every string but the docstrings."""
    tree = ast.parse(source)
    said = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_read() -> None:
    assert len(WRITTEN) > 80


@pytest.mark.parametrize("path", WRITTEN, ids=shown)
def test_no_template_and_no_document_gives_a_verdict(path: Path) -> None:
    assert verdicts(path.read_text()) == []


def test_no_word_in_the_code_gives_a_verdict() -> None:
    found = {
        shown(path): hits
        for path in our_files()
        if (hits := [hit for text in literals(path.read_text()) for hit in verdicts(text)])
    }
    assert found == {}


@pytest.mark.parametrize(
    "text",
    ["The patient is eligible", "Not Ineligible", "approved for infusion", "contraindicated",
     "Contra-indicated", "The recommended dose is", "we recommend a starting dose",
     "0.5 mg/kg over 40 minutes", "Approval is likely", "dosing is recommended"],
)  # fmt: skip
def test_a_planted_verdict_is_found(text: str) -> None:
    assert verdicts(f"<p>{text}.</p>")
    assert any(verdicts(one) for one in literals(f'label = "{text}"'))


@pytest.mark.parametrize("text", ["improved", "the dose of the day", "Needs physician review"])
def test_other_words_are_left_alone(text: str) -> None:
    assert verdicts(text) == []
