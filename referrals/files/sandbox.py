"""Looking at a file in a process of its own, with limits of memory and time.

A parser that runs wild over a hostile file takes that process down and nothing else: no answer
in time, or none at all, is a refusal. The process inherits the open file, no settings and no
keys.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

from referrals.files.limits import CHECK_CPU_SECONDS, CHECK_MEMORY, CHECK_SECONDS
from referrals.files.refusal import REASONS, Refused

ROOT = Path(__file__).resolve().parent.parent.parent
SOUND = "sound"


def check(file: BinaryIO, media_type: str, *, seconds: float = CHECK_SECONDS) -> None:
    """`Refused` unless the process of its own finds a sound file of this type."""
    file.flush()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "referrals.files.sandbox", media_type],
            stdin=file.fileno(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
            env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Refused("complex") from None
    said = done.stdout.decode("ascii", errors="replace").strip()
    if said != SOUND:
        raise Refused(said if said in REASONS else "complex")


def _limit_this_process() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (CHECK_MEMORY, CHECK_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CHECK_CPU_SECONDS, CHECK_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(media_type: str) -> str:
    """One word: sound, or why not."""
    from referrals.files import checking

    _limit_this_process()
    try:
        with os.fdopen(os.dup(0), "rb") as file:
            checking.check(file, media_type)
    except Refused as refused:
        return refused.code
    return SOUND


if __name__ == "__main__":
    print(main(sys.argv[1]))  # noqa: T201  (its answer to the process that asked)
