"""The publisher without a broker: whatever it hangs up on, no socket stays open."""

import socket
import time
from contextlib import closing
from types import SimpleNamespace

import pytest

from integrations.rabbitmq.publisher import Publisher
from integrations.relay.transport import Condition


@pytest.fixture
def silent():
    """A listener that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield listener


def connected(listener):
    """A publisher, and the far end of its connection, after its first bytes."""
    port = listener.getsockname()[1]
    publisher = Publisher(f"amqp://u:p@127.0.0.1:{port}/", exchange="e", longest_pause=0.01)
    far, _ = listener.accept()
    far.settimeout(10)
    assert far.recv(8).startswith(b"AMQP")
    return publisher, far


def test_a_connection_that_never_opened_is_closed_when_it_ends(silent):
    publisher, far = connected(silent)
    with closing(far):
        publisher.close(10)
        assert publisher.state() is Condition.CLOSED
        assert far.recv(1) == b""


def test_a_fault_of_the_client_library_closes_the_socket_and_connects_again(silent):
    publisher, far = connected(silent)

    def fail():
        raise RuntimeError("a fault")

    with closing(far):
        publisher._connection.ioloop.add_callback_threadsafe(fail)
        assert far.recv(1) == b""
    again, _ = silent.accept()
    with closing(again):
        publisher.close(10)


def test_when_an_alarm_ends_the_wait_for_confirms_begins_anew(silent):
    """Nothing is answered while the broker holds publishers back; that is no silence."""
    publisher, far = connected(silent)
    with closing(far):
        channel = SimpleNamespace(settled_at=-1e6)
        publisher._channels["held back"] = channel
        publisher._on_unblocked(None, None)
        del publisher._channels["held back"]
        assert time.monotonic() - channel.settled_at < 60
        publisher.close(10)
