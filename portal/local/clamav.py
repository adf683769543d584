"""A private ClamAV daemon: own folder, free port, signatures of the caller's own, no service.

For tests: the published signatures are fetched from elsewhere and take a gigabyte, while what
the daemon answers, and when, shows with one signature as well.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from portal.local import apt, processes
from portal.local.paths import stop


class ClamAV:
    """One daemon on loopback, over TCP and a local socket. `start` returns when it answers."""

    name = "clamav"

    def __init__(
        self,
        home: Path,
        *,
        signatures: Mapping[str, bytes],
        options: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.signatures = signatures
        self.options = options or {}
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        program = apt.clamd()
        if program is None:
            raise stop("ClamAV is not installed; run:  sudo apt-get install -y clamav-daemon")
        self.program = program

    @property
    def folder(self) -> Path:
        return self.home / "clamav"

    @property
    def log(self) -> Path:
        return self.home / "clamav.log"

    @property
    def address(self) -> str:
        """As CLAMD_SOCKET takes it."""
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def local_socket(self) -> str:
        return str(self.folder / "clamd.ctl")

    def start(self) -> None:
        self.port = self.port or processes.free_ports(1)[0]
        self._configure()
        with self.log.open("ab") as log:
            self.process = processes.spawn(
                [self.program, "--foreground", "--config-file", str(self.folder / "clamd.conf")],
                cwd=self.folder,
                as_user=processes.server_user(),
                output=log,
            )
        processes.wait_until(
            lambda: processes.is_listening(self.port),
            process=self.process,
            seconds=60,
            what=f"ClamAV (see {self.log})",
        )

    def stop(self) -> None:
        if self.process is not None:
            processes.end(self.process, patience=10)
            self.process = None

    def kill(self) -> None:
        if self.process is not None:
            processes.kill_group(self.process)

    def _configure(self) -> None:
        processes.own(self.folder)
        processes.own(self.folder / "signatures")
        lines = [f"{name}:0:*:{pattern.hex()}\n" for name, pattern in self.signatures.items()]
        self._write("signatures/own.ndb", "".join(lines))
        self._write("clamd.conf", "".join(f"{key} {value}\n" for key, value in self._settings()))

    def _settings(self) -> list[tuple[str, str]]:
        return list(
            {
                "TCPSocket": str(self.port),
                "TCPAddr": "127.0.0.1",
                "LocalSocket": self.local_socket,
                "DatabaseDirectory": str(self.folder / "signatures"),
                "TemporaryDirectory": str(self.folder),
                **self.options,
            }.items()
        )

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o644)
