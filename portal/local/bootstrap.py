"""Set-up from a clean checkout: a virtual environment with the locked packages, and the assets.

Started by the system's own Python (`python3 -m portal.local.bootstrap run|dev`), so it uses the
standard library alone. A stamp under var/ makes a second start cost nothing.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from portal.local import apt, assets, oracles, stamps
from portal.local.paths import PYTHON, ROOT, VENV, is_root, say, stop

RUN_TIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
OLDEST = (3, 11)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("run", "dev"), help="run time alone, or tests as well")
    what = parser.parse_args().what
    if sys.version_info < OLDEST:
        raise stop(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}")
    create_environment()
    install_all(DEVELOPMENT if what == "dev" else RUN_TIME)
    if what == "dev":
        oracles.install()


def create_environment() -> None:
    if PYTHON.exists():
        return
    if importlib.util.find_spec("ensurepip") is None:
        install_venv_package()
    say("Creating the virtual environment")
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise stop(f"could not create {VENV.name}: {(done.stderr or done.stdout).strip()}")


def install_venv_package() -> None:
    """Debian keeps the part of Python that makes environments in a package of its own."""
    package = f"python3.{sys.version_info.minor}-venv"
    if not (is_root() and shutil.which("apt-get")):
        raise stop(f"missing on this machine; run:  sudo apt-get install -y {package}")
    apt.install([package])


def install_all(lock: str) -> None:
    """Packages and assets side by side; one after the other where npm itself has to be fetched."""
    with ThreadPoolExecutor(1) as beside:
        fetched = beside.submit(assets.install) if assets.has_npm() else None
        install(lock)
        if fetched is None:
            assets.install()
        else:
            fetched.result()


def install(lock: str) -> None:
    """pip, with hashes. The development set holds the run-time set, so either stamp serves that."""
    if is_installed(lock) or (lock == RUN_TIME and is_installed(DEVELOPMENT)):
        return
    say(f"Installing the Python packages of {lock}")
    # The lock is the whole set, so pip has nothing to resolve. Left to resolve, older pips look
    # for the newest release of a package that another one wants with an extra, find it without
    # a hash, and give up: a lock would stop working on the day of somebody else's release.
    # What is imported is compiled then; to compile all of it now would double the wait.
    options = ("--quiet", "--no-compile", "--no-deps", "--require-hashes")
    command = [str(PYTHON), "-m", "pip", "install", *options, "-r", lock]
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
        raise stop("pip could not install the locked packages; its message is above")
    stamps.write(lock, mark_of(lock))


def is_installed(lock: str) -> bool:
    return PYTHON.exists() and stamps.is_fresh(lock, mark_of(lock))


def mark_of(lock: str) -> str:
    """Changes with the locks, the interpreter, and a virtual environment made anew."""
    made = VENV.stat().st_ino if VENV.exists() else 0
    files = {ROOT / RUN_TIME, ROOT / lock}
    return stamps.fingerprint(files, extra=f"{sys.version} {made}")


if __name__ == "__main__":
    main()
