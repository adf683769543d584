"""No thread waits for a client: slow, lying and endless requests beside somebody healthy."""

from __future__ import annotations

import itertools
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
import requests

from portal.web import arrival
from portal.web.worker import MOST_ARRIVING
from tests.portal.web.server import PATIENCE, Server, head, one, serving, status, statuses, whole

PLAIN = "tests.portal.web.plain"
LOGIN = "/accounts/login/"
FORM = "Content-Type: application/x-www-form-urlencoded"
FILES = "Content-Type: multipart/form-data; boundary=b"
MIB = 1024 * 1024
CHUNK = b"10000\r\n" + bytes(65536) + b"\r\n"
# What 100 of one address send, and then nothing more.
SLOW = {
    "body": head("POST", LOGIN, FILES, "Content-Length: 1000000") + b"--b\r\n",
    "head": b"GET / HTTP/1.1\r\nHost: local",
    "nothing": b"",
    "refused": head("POST", "/api/v1/referrals/", "Transfer-Encoding: chunked") + b"5\r\nab",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With the portal's own times."""
    with serving(tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With short times, and TLS of its own as in the containers."""
    times = {
        "WEB_HEAD_SECONDS": "1.5",
        "WEB_BODY_SECONDS": "0.6",
        "WEB_BODY_RATE": "20000",
        "WEB_ANSWER_SECONDS": "1",
    }
    with serving(tmp_path_factory.mktemp("tls"), app=PLAIN, tls=True, **times) as running:
        yield running


def _slow(held: ExitStack, server: Server, sent: bytes) -> socket.socket:
    client = held.enter_context(server.connect())
    client.sendall(sent)
    return client


# --- Slow ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SLOW)
def test_a_hundred_slow_clients_keep_nobody_waiting(server: Server, kind: str) -> None:
    with ExitStack() as held:
        clients = [_slow(held, server, SLOW[kind]) for _ in range(100)]
        assert [server.healthy() for _ in range(5)] == [200] * 5
        if kind != "refused":
            for client in clients:  # nobody of them was sent away to make it so
                client.setblocking(False)
                with pytest.raises(BlockingIOError):
                    client.recv(1)


def test_without_our_worker_they_keep_everybody_waiting(tmp_path) -> None:
    with serving(tmp_path, "--worker-class=gthread", app=PLAIN) as plain, ExitStack() as held:
        assert plain.healthy() == 200
        for _ in range(10):
            _slow(held, plain, SLOW["body"])
        with pytest.raises(requests.Timeout):
            plain.healthy(within=1)


def test_more_than_can_be_held_make_room(server: Server) -> None:
    with ExitStack() as held:
        first = _slow(held, server, SLOW["head"])
        for _ in range(MOST_ARRIVING):
            _slow(held, server, SLOW["head"])
        assert server.healthy() == 200
        assert whole(first) == b""


def test_a_byte_now_and_then_does_not_lengthen_it(impatient: Server) -> None:
    begun = {SLOW["head"]: 408, head("POST", LOGIN, FORM, "Content-Length: 5000"): 408, b"": 0}
    with ExitStack() as held:
        clients = [(_slow(held, impatient, sent), bool(sent)) for sent in begun]
        answers = [status(_trickle(client, b"a" * sends)) for client, sends in clients]
    assert answers == list(begun.values())


def _trickle(client: socket.socket, byte: bytes) -> bytes:
    client.settimeout(0.1)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(TimeoutError):
            client.sendall(byte)
            return client.recv(100)
    raise AssertionError("it is still listened to")


def test_a_slow_and_steady_upload_passes(impatient: Server) -> None:
    """Over more than twice the time that a body has before the rate counts."""
    asked = head("POST", "/livez", FORM, "Connection: close", "Content-Length: 180000")
    with impatient.connect() as client:
        client.sendall(asked + bytes(30_000))
        for _ in range(15):
            time.sleep(0.1)
            client.sendall(bytes(10_000))
        assert status(whole(client)) == 405


def test_the_rate_that_must_be_kept() -> None:
    slow = arrival.Arrival(None, length=25 * MIB, since=0.0)
    for second in range(257):
        slow.size = second * 100 * 1024
        assert slow.deadline > second
    slow.size = 15 * 8 * 1024  # half of the rate, for as long as there is no rate
    assert slow.deadline < 23
    slow.file.close()


def test_who_does_not_read_the_answer_keeps_nobody_waiting(impatient: Server) -> None:
    with ExitStack() as held:
        for _ in range(4):
            _slow(held, impatient, head("GET", "/large"))
        assert impatient.healthy() == 200


# --- Lying and missing lengths ------------------------------------------------------------------

JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
API = "/api/v1/referrals/"
UNREAD = {400, 403, 413}
REFUSED = {
    "form too large": (head("POST", LOGIN, FORM, "Content-Length: 3000000"), UNREAD),
    "files too large": (head("POST", LOGIN, FILES, "Content-Length: 99999999999"), UNREAD),
    "beyond all numbers": (head("POST", LOGIN, FILES, f"Content-Length: {'9' * 400}"), UNREAD),
    "too large for the API": (head("POST", API, JSON, "Content-Length: 9000000"), {401, 413}),
    "negative": (head("POST", LOGIN, FORM, "Content-Length: -5"), {400}),
    "no number": (head("POST", LOGIN, FORM, "Content-Length: five"), {400}),
    "two": (head("POST", LOGIN, FORM, "Content-Length: 5", "Content-Length: 6"), {400}),
    "length and chunks": (head("POST", LOGIN, "Content-Length: 5", CHUNKED), {400}),
    "chunks": (head("POST", LOGIN, FORM, CHUNKED), {411}),
    "chunks for the API": (head("POST", API, JSON, CHUNKED), {411}),
    "bare line feeds": (b"GET /livez HTTP/1.1\nHost: localhost\n\n", {400}),
    "endless head": (b"GET /livez HTTP/1.1\r\n" + b"X-Filler: a\r\n" * 6000, {431}),
    "endless line": (b"GET /" + b"a" * 70_000, {431}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_a_body_is_sent(server: Server, name: str) -> None:
    request, answers = REFUSED[name]
    assert status(server.say(request)) in answers


def test_a_length_that_is_too_long(server: Server) -> None:
    assert (
        status(server.say(head("POST", LOGIN, FORM, "Content-Length: 100") + b"a=b", end=True))
        == 400
    )


def test_a_length_that_is_too_short(server: Server) -> None:
    """The rest is no part of the request, and is read as the next one."""
    answer = server.say(head("POST", "/livez", FORM, "Content-Length: 3") + b"a=bc=d\r\n\r\n")
    assert statuses(answer) == [405, 400]


def test_no_length_is_no_body(server: Server) -> None:
    assert status(server.say(head("POST", "/livez", FORM, "Connection: close") + b"a=b")) == 405


# --- Floods -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begun", "piece", "answers"),
    [
        (head("POST", LOGIN, FORM, "Transfer-Encoding: chunked"), CHUNK, {411}),
        (head("POST", LOGIN, FILES, f"Content-Length: {40 * MIB}"), bytes(65536), {400, 403}),
        (head("POST", LOGIN, FORM, f"Content-Length: {40 * MIB}"), bytes(65536), {400, 403, 413}),
    ],
    ids=["chunks", "files", "form"],
)
def test_a_flood_does_not_grow_the_worker(
    server: Server, begun: bytes, piece: bytes, answers: set[int]
) -> None:
    with server.connect() as client:  # what the first such answer loads stays, and is no flood
        client.sendall(
            head("POST", LOGIN, FORM, "Connection: close", "Content-Length: 9") + bytes(9)
        )
        assert status(whole(client)) in (400, 403)
    server.forget_peak()
    before = server.memory()
    with server.connect() as client:
        client.sendall(begun)
        with suppress(ConnectionError):
            for _ in range(40 * MIB // 65536):
                client.sendall(piece)
        answer = whole(client)
    assert status(answer) in answers or not answer
    assert server.healthy() == 200
    assert server.memory() - before < 12 * 1024


def test_no_more_is_kept_than_there_is_room_for(impatient: Server) -> None:
    begun = head("POST", "/livez", FILES, "Connection: close", "Content-Length: 900000")
    with impatient.connect() as first, impatient.connect() as second:
        for piece in (begun + bytes(800_000), bytes(100_000)):
            for client in (first, second):
                with suppress(ConnectionError, ssl.SSLError):
                    client.sendall(piece)
        assert {status(whole(first)), status(whole(second))} == {405, 503}


# --- What goes on as before ---------------------------------------------------------------------


@pytest.mark.parametrize("which", ["server", "impatient"])
def test_a_connection_is_kept_for_the_next_request(which: str, request) -> None:
    asked = head("POST", "/livez", FORM, "Content-Length: 20000") + bytes(20000)
    last = head("GET", "/livez", "Connection: close")
    with request.getfixturevalue(which).connect() as client:
        for _ in range(3):
            client.sendall(asked)
            assert status(one(client)) == 405
        client.sendall(last)
        assert status(whole(client)) == 200


def test_requests_may_be_sent_ahead_of_their_answers(server: Server) -> None:
    posted = head("POST", "/livez", FORM, "Content-Length: 4") + b"a=bc"
    asked = head("GET", "/livez") + posted * 30 + head("GET", "/livez", "Connection: close")
    assert statuses(server.say(asked)) == [200, *itertools.repeat(405, 30), 200]


def test_who_asks_first_is_told_to_go_on_once(server: Server) -> None:
    asking = head("POST", "/livez", FORM, "Expect: 100-continue", "Content-Length: 4")
    with server.connect() as client:
        client.sendall(asking)
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"a=bc")
        assert status(one(client)) == 405
    assert status(server.say(asking.replace(b": 4", b": 3000000"))) != 100
