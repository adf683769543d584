"""Child processes that cannot outlive us, free ports, and a user that is not root."""

import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from portal.local.paths import VAR, is_root, stop

UNPRIVILEGED = "nobody"


def free_ports(count: int) -> list[int]:
    """Ports that are free at this moment, all different; chosen by the kernel."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def leash(*, as_user: str | None = None) -> list[str]:
    """The command prefix that ties a child to our life and, when root, takes root away."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if as_user:
            raise stop("setpriv is missing; run:  apt-get install -y util-linux")
        return []
    command = [setpriv, "--pdeathsig", "TERM"]
    if as_user:
        group = pwd.getpwnam(as_user).pw_gid
        command += [f"--reuid={as_user}", f"--regid={group}", "--clear-groups"]
    return [*command, "--"]


def server_user() -> str | None:
    """Whom a private server runs as: nobody when we are root, else ourselves (None)."""
    return UNPRIVILEGED if is_root() else None


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    as_user: str | None = None,
    output: IO[bytes] | int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a child in its own process group; its two outputs go to one place."""
    return subprocess.Popen(
        [*leash(as_user=as_user), *argv],
        env=dict(env) if env is not None else None,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the child and all of its group; returns when the last of them is gone."""
    signal_group(process, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 5
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(0.01)


def end(
    process: subprocess.Popen[bytes], *, first: int = signal.SIGTERM, patience: float = 10
) -> None:
    """Ask a child to stop, wait `patience` seconds, then end its whole group."""
    if process.poll() is None:
        process.send_signal(first)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    kill_group(process)


def children_of(pid: int) -> list[int]:
    """The processes that this one started, where the system tells (Linux)."""
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listing.read_text().split()] if listing.exists() else []


def kill_all(pids: Iterable[int], *, seconds: float) -> None:
    """End these at once and wait until they are gone."""
    left, deadline = set(pids), time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        for pid in list(left):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                left.discard(pid)
        time.sleep(0.02)


def wait_until(
    ready: Callable[[], bool], *, process: subprocess.Popen[bytes], seconds: float, what: str
) -> None:
    """Poll until ready; a child that dies first, or takes too long, is an error."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise stop(f"{what} ended with status {process.returncode} while starting")
        if time.monotonic() > deadline:
            raise stop(f"{what} was not ready within {seconds:.0f} seconds")
        time.sleep(0.1)


def give(path: Path) -> None:
    """Make a file or folder the server's user's own."""
    user = server_user()
    if user:
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)


def own(folder: Path) -> Path:
    """Create a folder that the server's user owns, closed to others."""
    folder.mkdir(parents=True, exist_ok=True)
    give(folder)
    folder.chmod(0o700)
    return folder


def reachable(folder: Path) -> bool:
    """Whether the server's user can get into this folder's parents."""
    user = server_user()
    if user is None:
        return True
    probe = subprocess.run(
        [*leash(as_user=user), "test", "-x", str(folder)], check=False, capture_output=True
    )
    return probe.returncode == 0


def server_home(name: str) -> Path:
    """A lasting folder for private servers: under var/, or, where root's checkout is closed to
    the servers' user, under /var/tmp with a name of its own for each such folder."""
    home = VAR / name
    home.mkdir(parents=True, exist_ok=True)
    if reachable(home):
        return home
    mark = hashlib.sha256(str(VAR.resolve()).encode()).hexdigest()[:12]
    home = Path("/var/tmp") / f"tandem-{name}-{mark}"  # noqa: S108 - the owner is checked below
    home.mkdir(mode=0o755, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.geteuid():
        raise stop(f"{home} belongs to somebody else; remove it")
    return home
