"""A real gunicorn of the portal's, and clients that are spoken by hand."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from portal.local import processes
from portal.local.certificates import Authority
from tests.repository.files import ROOT

PATIENCE = 20  # for what has to come; no test waits so long for what must not


@dataclass(frozen=True)
class Server:
    port: int
    pid: int
    trusted: Path | None = None

    @property
    def base(self) -> str:
        return f"{'https' if self.trusted else 'http'}://localhost:{self.port}"

    def healthy(self, *, within: float = PATIENCE) -> int:
        """What somebody with a quick line is answered."""
        verify = str(self.trusted) if self.trusted else True
        return requests.get(f"{self.base}/livez", timeout=within, verify=verify).status_code

    def workers(self) -> list[int]:
        return processes.children_of(self.pid)

    def memory(self) -> int:
        """What all workers hold in memory, in KiB, and have held at most since `forget`."""
        return sum(_peak(pid) for pid in self.workers())

    def forget_peak(self) -> None:
        for pid in self.workers():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def connect(self) -> socket.socket:
        plain = socket.create_connection(("localhost", self.port), timeout=PATIENCE)
        if self.trusted is None:
            return plain
        context = ssl.create_default_context(cafile=str(self.trusted))
        return context.wrap_socket(plain, server_hostname="localhost")

    def say(self, request: bytes, *, end: bool = False) -> bytes:
        """Everything that comes back until the server closes."""
        with self.connect() as client:
            client.sendall(request)
            if end:
                client.shutdown(socket.SHUT_WR)
            return whole(client)


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def whole(client: socket.socket) -> bytes:
    """Until the server closes; that it breaks off after its answer is as good."""
    found = bytearray()
    try:
        while data := client.recv(65536):
            found += data
    except (ConnectionResetError, ssl.SSLEOFError):
        pass
    return bytes(found)


def one(client: socket.socket) -> bytes:
    """One answer of a view, whose body ends with the empty chunk."""
    found = b""
    while not found.endswith(b"\r\n0\r\n\r\n") and (data := client.recv(65536)):
        found += data
    return found


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def statuses(answer: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def status(answer: bytes) -> int:
    """Of the first answer; 0 where there is none."""
    return (statuses(answer) or [0])[0]


@contextmanager
def serving(
    home: Path, *options: str, app: str = "portal.wsgi", tls: bool = False, **settings: str
) -> Iterator[Server]:
    """One worker with two threads: fewer than any that the portal is run with."""
    port = processes.free_ports(1)[0]
    trusted = None
    if tls:
        authority, trusted = Authority(), home / "ca.crt"
        authority.write(trusted)
        public, private = authority.issue(home, "web", hosts=["localhost", "127.0.0.1"])
        options = (*options, f"--certfile={public}", f"--keyfile={private}")
    with ExitStack() as ended:
        output = ended.enter_context((home / "log").open("wb"))
        process = processes.spawn(
            [sys.executable, "-m", "gunicorn", "-c", "python:portal.gunicorn",
             "--no-control-socket", *options, app],
            cwd=ROOT, env=_environment(home, port) | settings, output=output,
        )  # fmt: skip
        ended.callback(processes.end, process, first=signal.SIGINT)
        processes.wait_until(
            lambda: processes.is_listening(port), process=process, seconds=60, what="gunicorn"
        )
        yield Server(port, process.pid, trusted)


def _environment(home: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{home / 'db.sqlite3'}",
        "TANDEM_BIND": f"127.0.0.1:{port}",
        "PROMETHEUS_MULTIPROC_DIR": str(processes.own(home / "metrics")),
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": "2",
    }
