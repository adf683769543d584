"""System packages: found, or installed where that is allowed, or named in one line."""

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from portal.local.paths import is_root, say, stop

POLICY = Path("/usr/sbin/policy-rc.d")


@dataclass(frozen=True)
class Package:
    """One Debian package, and how to see that what it brings is already there."""

    name: str
    present: Callable[[], bool]


def postgresql_programs() -> Path | None:
    """The folder of the newest installed PostgreSQL server's programs."""
    found = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda folder: int(folder.parent.name))
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def rabbitmq_programs() -> Path | None:
    """The folder of the scripts themselves: the wrappers in sbin insist on the system's user."""
    folder = Path("/usr/lib/rabbitmq/bin")
    return folder if (folder / "rabbitmq-server").exists() else None


def clamd() -> str | None:
    """The scanner's daemon; its folder is in the path of root alone."""
    return shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


POSTGRESQL = Package("postgresql", lambda: postgresql_programs() is not None)
RABBITMQ = Package("rabbitmq-server", lambda: rabbitmq_programs() is not None)
CLAMAV = Package("clamav-daemon", lambda: clamd() is not None)
CHROMIUM = Package("chromium", lambda: chromium() is not None)
FONTS = Package("fonts-liberation", lambda: Path("/usr/share/fonts/truetype/liberation").exists())
# What draws the text of a PDF.
PANGO = Package("libpangoft2-1.0-0", lambda: find_library("pangoft2-1.0") is not None)
HARFBUZZ = Package("libharfbuzz-subset0", lambda: find_library("harfbuzz-subset") is not None)
PAPER = (PANGO, HARFBUZZ, FONTS)


def offer(*packages: Package) -> None:
    """Install these where that is allowed; else name the line and go on without them."""
    missing = [p.name for p in packages if not p.present()]
    if missing and is_root() and shutil.which("apt-get"):
        install(missing)
    elif missing:
        say(f"No PDF without:  sudo apt-get install -y {' '.join(missing)}")


def require(*packages: Package) -> None:
    """Leave with these packages present, or stop with the line that installs them."""
    missing = [p.name for p in packages if not p.present()]
    if not missing:
        return
    if not (is_root() and shutil.which("apt-get")):
        raise stop(f"missing on this machine; run:  sudo apt-get install -y {' '.join(missing)}")
    install(missing)
    absent = [p.name for p in packages if not p.present()]
    if absent:
        raise stop(f"apt-get installed {' '.join(absent)}, but its programs are not found")


def install(names: list[str]) -> None:
    say(f"Installing with apt-get: {' '.join(names)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with no_services():
        for command in (["update", "-q"], ["install", "-yq", "--no-install-recommends", *names]):
            done = subprocess.run(
                ["apt-get", *command], env=env, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise stop(f"apt-get {' '.join(command)} failed:\n{done.stderr.strip()}")


@contextmanager
def no_services(policy: Path = POLICY) -> Iterator[None]:
    """Keep apt from starting the system's own services while it installs them."""
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(policy.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
