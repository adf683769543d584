"""A thread for what the database does, so that a connection is never left alone meanwhile."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class StoreThread:
    """Does one piece of work after the other.

    `leave` is called on it at its end, to close what the work has opened there. A process does
    not wait for it: it may hang in a database that is gone.
    """

    def __init__(self, *, leave: Callable[[], None]) -> None:
        self._leave = leave
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="consumer-store", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """The future of `work(*arguments)`; what it raises is raised by `result()`."""
        future: Future[Any] = Future()
        self._work.put(lambda: _do(future, work, arguments))
        return future

    def end(self, timeout: float) -> None:
        """After what was submitted; waits for it up to `timeout` seconds."""
        self._work.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            while work := self._work.get():
                work()
        finally:
            self._leave()


def _do(future: Future[Any], work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        future.set_result(work(*arguments))
    except BaseException as error:  # whoever asked for it gets it
        future.set_exception(error)
