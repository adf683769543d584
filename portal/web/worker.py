"""gunicorn's threaded worker, with requests received whole before a thread is given to them.

The event loop receives all requests at once; the threads see none that could still keep them
waiting. So a hundred slow clients hold a hundred sockets and no thread (decision 26).
"""

from __future__ import annotations

import os
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from socket import SHUT_WR
from typing import Any

from gunicorn import sock as gunicorn_sock
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker

from portal.web.arrival import AT_ONCE, IN_MEMORY, Arrival, Received, Step

# Of one worker. Where more come at once, the one that has taken longest makes room.
MOST_ARRIVING = 300
MOST_HELD = 1024**3
LINGER_SECONDS = 2.0
SWEEP_SECONDS = 0.25
ANSWER_SECONDS = float(os.environ.get("WEB_ANSWER_SECONDS", "30"))


class Outlet:
    """The socket of an answer: the client must take each piece in its time."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        sock.settimeout(ANSWER_SECONDS)

    def sendall(self, data: bytes) -> None:
        for begin in range(0, len(data), AT_ONCE):
            self._sock.sendall(memoryview(data)[begin : begin + AT_ONCE])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class ReceivingWorker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arrivals: dict[TConn, Arrival] = {}
        self.leaving: dict[TConn, float] = {}
        self.swept = 0.0
        self.tls = gunicorn_sock.ssl_context(self.cfg) if self.cfg.is_ssl else None

    # --- A request comes in: from a new connection, a kept one, or behind another request ---------

    def enqueue_req(self, conn: TConn) -> None:
        if len(self.arrivals) >= MOST_ARRIVING:
            self._close(next(iter(self.arrivals)))
        try:
            conn.sock.setblocking(False)
            self._prepare(conn)
            self.poller.register(conn.sock, EVENT_READ, partial(self._receive, conn))
        except OSError:
            self._close(conn)
            return
        arrival = self.arrivals[conn] = Arrival(conn.sock)
        ahead = conn.parser.unreader.take_buffered()
        self._receive(conn, step=arrival.take(ahead) if ahead else None)

    def _prepare(self, conn: TConn) -> None:
        """What TConn.init does on a thread, where a handshake could keep it."""
        if conn.parser is not None:
            return
        if self.tls is not None:
            conn.sock = self.tls.wrap_socket(
                conn.sock, server_side=True, do_handshake_on_connect=False,
                suppress_ragged_eofs=self.cfg.suppress_ragged_eofs,
            )  # fmt: skip
        conn.parser = RequestParser(self.cfg, conn.sock, conn.client)
        conn.parser.unreader = Received(conn.sock)
        conn.data_ready = True

    def _receive(self, conn: TConn, _: object = None, *, step: Step | None = None) -> None:
        if conn not in self.arrivals:
            return  # it made room for another in this same round
        arrival = self.arrivals[conn]
        try:
            step = step or arrival.read()
        except OSError:
            step = Step.GONE
        if step in (Step.WHOLE, Step.EARLY):
            self._hand_over(conn, arrival, early=step is Step.EARLY)
        elif step is Step.GONE:
            self._close(conn)
        elif step is not Step.MORE:
            self._refuse(conn, step.value)
        elif arrival.size > IN_MEMORY and self._held() > MOST_HELD:
            self._refuse(conn, HTTPStatus.SERVICE_UNAVAILABLE)

    def _held(self) -> int:
        return sum(arrival.size for arrival in self.arrivals.values())

    def _hand_over(self, conn: TConn, arrival: Arrival, *, early: bool) -> None:
        del self.arrivals[conn]
        self.poller.unregister(conn.sock)
        conn.parser.unreader.begin(arrival, early=early)
        super().enqueue_req(conn)

    # --- A thread works on it -----------------------------------------------------------------

    def handle_request(self, req: Any, conn: TConn) -> bool:
        req._expected_100_continue = False  # it was told to go on while it arrived
        if conn.parser.unreader.early:
            req.force_close()
        bare, conn.sock = conn.sock, Outlet(conn.sock)
        try:
            return bool(super().handle_request(req, conn))
        finally:
            conn.sock = bare

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        conn.parser.unreader.end()
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
        else:
            self._leave(conn)

    # --- It ends ------------------------------------------------------------------------------

    def murder_pending(self) -> None:
        """The loop calls this about once a second, and after whatever happens."""
        super().murder_pending()
        now = time.monotonic()
        if now < self.swept + SWEEP_SECONDS:
            return
        self.swept = now
        for conn, arrival in list(self.arrivals.items()):
            if not arrival.begun and (now > arrival.deadline or not self.alive):
                self._close(conn)
            elif now > arrival.deadline:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
        for conn, until in list(self.leaving.items()):
            if now > until:
                self._close(conn)

    def _refuse(self, conn: TConn, status: HTTPStatus) -> None:
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        with suppress(OSError):
            conn.sock.send(f"{head}Content-Length: 0\r\n\r\n".encode())
        self._leave(conn)

    def _leave(self, conn: TConn) -> None:
        """Let the client read the answer, whatever it still sends; no thread waits for that."""
        self._forget(conn)
        try:
            conn.sock.shutdown(SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, EVENT_READ, partial(self._discard, conn))
        except (OSError, ValueError):
            self._close(conn)
            return
        self.leaving[conn] = time.monotonic() + LINGER_SECONDS

    def _discard(self, conn: TConn, _: object) -> None:
        try:
            more = bool(conn.sock.recv(AT_ONCE))
        except BlockingIOError:
            return
        except OSError:
            more = False
        if not more and conn in self.leaving:
            self._close(conn)

    def _close(self, conn: TConn) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def _forget(self, conn: TConn) -> None:
        if conn in self.arrivals:
            self.arrivals.pop(conn).file.close()
        self.leaving.pop(conn, None)
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
