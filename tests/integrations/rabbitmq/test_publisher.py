"""The publisher without a broker: whatever it hangs up on, no socket stays open."""

import socket
import threading
import time
from contextlib import closing
from types import SimpleNamespace

import pytest
from prometheus_client import REGISTRY

from integrations.rabbitmq.consumer import Consumer
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


def reconnects(process):
    return REGISTRY.get_sample_value("broker_reconnects_total", {"process": process}) or 0


def test_a_fault_of_the_client_library_closes_the_socket_and_connects_again(silent):
    publisher, far = connected(silent)
    before = reconnects("relay")

    def fail():
        raise RuntimeError("a fault")

    with closing(far):
        publisher._connection.ioloop.add_callback_threadsafe(fail)
        assert far.recv(1) == b""
    again, _ = silent.accept()
    with closing(again):
        publisher.close(10)
    # One that was hung up on purpose does not count.
    assert reconnects("relay") == before + 1


def test_a_consumer_counts_what_it_connects_anew(silent):
    before, stop = reconnects("consumer"), threading.Event()
    port = silent.getsockname()[1]
    consumer = Consumer(f"amqp://u:p@127.0.0.1:{port}/", lambda: (), lambda slug, arrivals: True)
    thread = threading.Thread(target=consumer.run, args=[stop])
    thread.start()
    far, _ = silent.accept()
    far.close()
    deadline = time.monotonic() + 10
    while reconnects("consumer") == before and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    silent.close()
    thread.join(20)
    assert reconnects("consumer") == before + 1


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
