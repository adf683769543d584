"""What goes wrong between the relay, the broker and the database, one function for each fault.

Each takes a rig with a relay at work, and returns when the fault is over.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection

from integrations import topology
from integrations.models import Delivery, DeliveryStatus
from integrations.rabbitmq import administration
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from integrations.relay.relay import Limits
from portal.local.paths import PYTHON, ROOT
from portal.local.rabbitmq import APPLICATION, RabbitMQ
from tests.integrations.samples import an_event
from tests.live.oracle import Account, account, take_all
from tests.live.proxy import Proxy

SLUG = "ehr"
QUEUE = topology.partner_queue(SLUG)
SUBJECTS = 25


@dataclass
class Rig:
    """A broker, the wire to it, and what was taken from the queue so far."""

    broker: RabbitMQ
    proxy: Proxy
    taken: list[bytes] = field(default_factory=list)
    before: set[bytes] = field(default_factory=set)
    subjects: list[uuid.UUID] = field(
        default_factory=lambda: [uuid.uuid4() for _ in range(SUBJECTS)]
    )

    @property
    def url(self) -> str:
        return self.broker.url.replace(f":{self.broker.port}/", f":{self.proxy.port}/")

    def write(self, count: int) -> None:
        for number in range(count):
            an_event(self.subjects[number % SUBJECTS])

    def sent(self) -> int:
        return Delivery.objects.filter(status=DeliveryStatus.SENT).count()

    def all_sent(self) -> bool:
        return not Delivery.objects.exclude(status=DeliveryStatus.SENT).exists()

    def stored(self) -> int:
        """What the queue holds, asked past the proxy."""
        with administration._channel(self.broker.admin_url) as channel:
            return int(channel.queue_declare(QUEUE, passive=True).method.message_count)

    def take(self) -> None:
        self.taken += take_all(self.broker.admin_url, QUEUE)

    def settle_from_here(self) -> None:
        """What is in the table by now is not counted."""
        self.before = set(self.bodies())

    def bodies(self) -> list[bytes]:
        rows = Delivery.objects.filter(partner__slug=SLUG).values_list("body", flat=True)
        return list(map(bytes, rows))

    def settle(self) -> Account:
        """Heal, wait until all is sent, and count."""
        self.proxy.heal()
        Delivery.objects.filter(status=DeliveryStatus.PARKED).update(status=DeliveryStatus.PENDING)
        Delivery.objects.update(next_attempt_at=None)
        until(self.all_sent)
        self.take()
        return account(set(self.bodies()) - self.before, self.taken)


def until(done: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it does not come to pass"
        time.sleep(0.02)


@contextmanager
def relaying(rig: Rig, *, confirm_deadline: float = 2.0) -> Iterator[Relay]:
    """A relay on a thread, through the proxy."""
    transport = Publisher(
        rig.url, exchange=topology.EVENTS, longest_pause=0.5, confirm_deadline=confirm_deadline
    )
    relay = Relay(transport, limits=Limits(retry_base=0.05, window=64))
    stop, failed = threading.Event(), []

    def work() -> None:
        try:
            while not stop.is_set():
                if not relay.run_once(wait=0.02):
                    stop.wait(0.01)
            relay.close(5)
        except BaseException as error:
            failed.append(error)
            transport.close(5)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield relay
    finally:
        stop.set()
        thread.join()
    assert not failed, failed


@contextmanager
def relay_processes(rig: Rig, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Real processes, each with a lease of a second, on the database of this test."""
    name = connection.settings_dict["NAME"]
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    env = {**os.environ, "DATABASE_URL": f"{base}/{name}", "AMQP_URL": rig.url}
    started = [
        subprocess.Popen(
            [str(PYTHON), "-m", "tests.live.relay_process"],
            cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for _ in range(count)
    ]  # fmt: skip
    try:
        yield started
    finally:
        for process in started:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in started:
            assert process.wait(30) == 0


# --- Faults of the broker ----------------------------------------------------------------------


def memory_alarm(rig: Rig) -> None:
    rig.broker.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        rig.write(40)
        time.sleep(0.5)
    finally:
        rig.broker.control("set_vm_memory_high_watermark", "0.4")


def queue_deleted(rig: Rig) -> None:
    """What was confirmed and not taken goes with the queue, so it is taken first."""
    until(rig.all_sent)
    rig.take()
    with administration._channel(rig.broker.admin_url) as channel:
        channel.queue_delete(QUEUE)
    rig.write(40)
    until(lambda: Delivery.objects.filter(last_error__startswith="returned").exists())
    administration.declare(rig.broker.admin_url, [SLUG])


def length_reached(rig: Rig) -> None:
    rig.broker.control(
        "set_policy", "short", f"^{QUEUE}$".replace(".", r"\."), '{"max-length": 5}',
        "--priority", "10", "--apply-to", "queues",
    )  # fmt: skip
    try:
        rig.write(60)
        until(lambda: Delivery.objects.filter(last_error__startswith="nacked").exists())
    finally:
        rig.broker.control("clear_policy", "short")


def permission_revoked(rig: Rig) -> None:
    rights = topology.PORTAL_RIGHTS
    rig.broker.control("set_permissions", APPLICATION, "^$", "^$", rights["read"])
    # A channel that is busy remembers for a while what it was allowed.
    rig.proxy.cut()
    try:
        rig.write(20)
        until(lambda: Delivery.objects.filter(last_error__startswith="refused").exists())
    finally:
        rig.broker.control(
            "set_permissions", APPLICATION, rights["configure"], rights["write"], rights["read"]
        )


def exchange_deleted(rig: Rig) -> None:
    with administration._channel(rig.broker.admin_url) as channel:
        channel.exchange_delete(topology.EVENTS)
    rig.write(20)
    time.sleep(0.3)
    administration.declare(rig.broker.admin_url, [SLUG])


def killed(rig: Rig) -> None:
    rig.broker.kill()
    rig.broker.start()


# --- Faults of the wire ------------------------------------------------------------------------


def wire_cut(rig: Rig) -> None:
    rig.proxy.cut()


def half_open(rig: Rig) -> None:
    """No byte gets through and nobody says so, until the relay loses patience and hangs up."""
    until(rig.all_sent)
    before = rig.proxy.hung_up
    rig.proxy.freeze()
    rig.write(40)
    until(lambda: rig.proxy.hung_up > before)
    rig.proxy.heal()
    rig.proxy.reset()


def slow(rig: Rig) -> None:
    rig.proxy.pause = 0.02
    rig.write(40)
    time.sleep(0.5)


def reset_before_confirm(rig: Rig) -> None:
    """The broker stores what the relay does not hear of."""
    until(rig.all_sent)
    before = rig.stored()
    rig.proxy.swallow_answers = True
    rig.write(40)
    until(lambda: rig.stored() > before)
    rig.proxy.heal()
    rig.proxy.reset()


def reset_after_confirm(rig: Rig) -> None:
    before = rig.sent()
    rig.write(40)
    until(lambda: rig.sent() >= before + 5)
    rig.proxy.reset()


# --- Faults of the relay and its database ------------------------------------------------------


def database_gone(rig: Rig) -> None:
    """Every connection but ours is ended at once, as a restart does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def frozen(rig: Rig, process: subprocess.Popen[bytes], *, seconds: float = 1.3) -> None:
    """Beyond its lease of a second, while the other relay goes on."""
    process.send_signal(signal.SIGSTOP)
    rig.write(30)
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)


OF_THE_WIRE = (wire_cut, half_open, slow, reset_before_confirm, reset_after_confirm)
OF_THE_BROKER = (
    memory_alarm, queue_deleted, length_reached, permission_revoked, exchange_deleted,
)  # fmt: skip
