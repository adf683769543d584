"""Run several processes as one: prefixed output, one end, and nothing left behind."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Protocol

from portal.local import processes
from portal.local.paths import ROOT, say

# How often a child that `lasts` may be started again within a minute before we give up.
MOST_RESTARTS = 5


class Child(Protocol):
    """A private server, or a program of ours: whatever can be started, watched and stopped."""

    @property
    def name(self) -> str: ...
    @property
    def process(self) -> subprocess.Popen[bytes] | None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass
class Program:
    """A command of ours, whose output is passed on line by line under its name."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        self.process = processes.spawn(self.argv, env=self.env, cwd=ROOT, output=subprocess.PIPE)
        threading.Thread(target=self._pass_on, args=[self.process], daemon=True).start()

    def stop(self) -> None:
        if self.process is not None:
            processes.end(self.process, patience=15)

    def _pass_on(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                sys.stdout.write(f"{self.name:<10} | {line.decode(errors='replace')}")
                sys.stdout.flush()


class Interrupted(Exception):
    """Somebody asked us to end."""


class Supervisor:
    """Holds children in the order in which they were started; ends them in the other order.

    With `revive`, a child that dies is started again, as an init system would, until it dies
    too often; without it, the first death ends everything with a non-zero status.
    """

    def __init__(self, *, revive: bool = False) -> None:
        self.revive = revive
        self.children: list[Child] = []
        self.deaths: dict[str, list[float]] = {}

    def __enter__(self) -> "Supervisor":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._interrupt)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(self.children):
            child.stop()
        return kind is Interrupted

    def start(self, child: Child) -> None:
        # In the list before it starts: what is half started has to be ended too.
        self.children.append(child)
        child.start()

    def watch(self) -> None:
        """Return never: ends by a signal, or by SystemExit when a child dies for good."""
        while True:
            for child in self.children:
                if child.process is not None and child.process.poll() is not None:
                    self._bury(child, child.process.returncode)
            time.sleep(0.2)

    def _bury(self, child: Child, status: int) -> None:
        now = time.monotonic()
        recent = [at for at in self.deaths.get(child.name, []) if now - at < 60]
        self.deaths[child.name] = [*recent, now]
        if not self.revive or len(recent) >= MOST_RESTARTS:
            raise SystemExit(f"tandem: {child.name} ended with status {status}; ending the rest")
        say(f"{child.name} ended with status {status}; starting it again")
        # Its group may hold survivors of the one that died.
        child.stop()
        child.start()

    @staticmethod
    def _interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted
