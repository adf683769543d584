"""Reading the syntax tree: what the checks of the repository share."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.repository.files import PACKAGES, ROOT, python_files, shown

Fault = tuple[int, str]
Check = Callable[[str], Iterator[Fault]]


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of attributes; the inner calls are passed over."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return dotted(node.func)
    return node.id if isinstance(node, ast.Name) else ""


def files_under(*folders: str) -> list[Path]:
    return [p for p in python_files() if any(p.is_relative_to(ROOT / f) for f in folders)]


def our_files() -> list[Path]:
    """What is shipped, without tests."""
    return [p for package in PACKAGES for p in python_files(package)]


def faults(check: Check, files: list[Path]) -> list[str]:
    return [f"{shown(p)}:{line} {what}" for p in files for line, what in check(p.read_text())]
