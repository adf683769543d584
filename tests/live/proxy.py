"""A wire that can be cut, frozen, slowed and reset: a small TCP proxy on a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

CHUNK = 4096


class Proxy:
    """Forwards 127.0.0.1:<port> to a port of this machine. Use it as a context manager."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        # Seconds of pause after each 4 KiB; whether a direction is swallowed.
        self.pause = 0.0
        self.swallow_requests = False
        self.swallow_answers = False
        # Clients whose connection has ended, whoever ended it.
        self.hung_up = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *rest: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def heal(self) -> None:
        """New connections are as they should be; what was swallowed is gone."""
        self.pause, self.swallow_requests, self.swallow_answers = 0.0, False, False

    def cut(self) -> None:
        """Both ends see the end of the connection."""
        self._loop.call_soon_threadsafe(self._each, _close)

    def reset(self) -> None:
        """Both ends see a reset, as from a machine that restarted."""
        self._loop.call_soon_threadsafe(self._each, _abort)

    def freeze(self) -> None:
        """Half open: the connections stay, and nothing gets through."""
        self.swallow_requests = self.swallow_answers = True

    def _each(self, end: Callable[[asyncio.StreamWriter], None]) -> None:
        for writer in list(self._writers):
            end(writer)

    def _do(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _end(self) -> None:
        self._server.close()
        self._each(_abort)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _close(writer)
            return
        self._writers |= {writer, far_writer}
        for source, sink, name in (
            (reader, far_writer, "swallow_requests"),
            (far_reader, writer, "swallow_answers"),
        ):
            task = asyncio.ensure_future(self._forward(source, sink, name))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _forward(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, swallows: str
    ) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while data := await source.read(CHUNK):
                if getattr(self, swallows):
                    continue
                sink.write(data)
                await sink.drain()
                if self.pause:
                    await asyncio.sleep(self.pause)
        self.hung_up += swallows == "swallow_requests"
        self._writers.discard(sink)
        _close(sink)


def _close(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, RuntimeError):
        writer.close()


def _abort(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    with suppress(OSError, RuntimeError):
        if connection is not None and connection.fileno() >= 0:
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
