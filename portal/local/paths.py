"""Where things are in a checkout. Standard library only: set-up runs before any package."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VAR = Path(os.environ.get("TANDEM_VAR", ROOT / "var"))
STAMPS = VAR / "stamps"
ASSETS = VAR / "assets"


def say(text: str) -> None:
    """One line for the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def stop(text: str) -> SystemExit:
    """The exception that ends a command with one clear line and a non-zero status."""
    return SystemExit(f"tandem: {text}")


def is_root() -> bool:
    return os.geteuid() == 0
