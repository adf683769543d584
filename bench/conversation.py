"""A contestant is a process of its own that is asked, one line of JSON at a time.

Nothing but the standard library here: a peer's environment has none of our packages.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Contestant:
    """The asking side. A contestant that ends early says why on standard error."""

    def __init__(self, name: str, *, python: Path, module: str, env: Mapping[str, str]) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [str(python), "-m", module], cwd=ROOT, env=dict(env), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, action: str, **more: Any) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"action": action, **more}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"void: {self.name} ended while asked to {action}")
        return json.loads(line)

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def answer(actions: Mapping[str, Callable[..., Any]]) -> None:
    """The asked side: until the other one hangs up. What else is printed goes to stderr."""
    replies, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        asked = json.loads(line)
        found = actions[asked.pop("action")](**asked)
        replies.write(json.dumps(found) + "\n")
        replies.flush()
