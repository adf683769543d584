"""End real processes at each named point, begin again, and count what is lost or doubled."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import timezone

from integrations import outbox
from integrations.models import (
    Delivery,
    DeliveryStatus,
    Event,
    InboxMessage,
    InboxStatus,
    Lane,
    Partner,
)
from integrations.relay import recording
from referrals.lifecycle import State
from referrals.models import IdempotencyRecord, Referral
from tests.cast import Cast, assemble
from tests.faults.crash import parts
from tests.faults.crash.points import POINTS, STATUS, Point, arm
from tests.walks import draft


@dataclass
class Figures:
    """Of one run; all but the first three must be 0."""

    points: int = 0
    crashes: int = 0
    not_reached: list[str] = field(default_factory=list)
    lost: int = 0
    phantom: int = 0
    doubled: int = 0
    stuck: int = 0

    @property
    def sound(self) -> bool:
        return not (self.lost or self.phantom or self.doubled or self.stuck or self.not_reached)


class Run:
    """The files of one run stand for the broker; the database is the one of the settings."""

    def __init__(self, home: Path) -> None:
        settings.INTEGRATIONS_COMMAND_HANDLER = "tests.faults.crash.parts.handler"
        self.queue, self.commands, self.acknowledged = (
            home / name for name in ("queue", "commands", "acknowledged")
        )
        for file in (self.queue, self.commands, self.acknowledged):
            file.touch()
        self.figures = Figures()

    @staticmethod
    def prepare() -> Cast:
        cast = assemble()
        Partner.objects.create(
            slug=parts.SLUG, name="Test EHR", scope_key=cast.clinic.pk, client_id=parts.SLUG
        )
        return cast

    def crash_everywhere(self, cast: Cast, *, times: int) -> Figures:
        work = {"web": self.web, "relay": self.relay, "consumer": self.consumer}
        for point in POINTS:
            for number in range(times):
                ended = work[point.part](cast, point, f"{point.name} {number}")
                self.figures.crashes += ended
                if not ended:
                    self.figures.not_reached.append(point.name)
        self.figures.points = len(POINTS)
        self.settle()
        return self.count()

    def web(self, cast: Cast, point: Point, name: str) -> bool:
        referral = draft(cast, patient={"given_name": f"Crash {name} {timezone.now()}"})
        click = (cast.physician, referral.pk, referral.version)
        ended = in_child(lambda: parts.submit(*click), point) == STATUS
        # The person waits until the claim of the first try is over, and tries again.
        IdempotencyRecord.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        self.figures.stuck += parts.submit(*click) != 200
        return ended

    def relay(self, cast: Cast, point: Point, name: str) -> bool:
        """Each time with a message that waits."""
        self.a_command(name)
        parts.consume(self.commands, self.acknowledged)
        ended = in_child(lambda: parts.relay(self.queue), point) == STATUS
        self.let_leases_end()
        parts.relay(self.queue)
        return ended

    def consumer(self, cast: Cast, point: Point, name: str) -> bool:
        self.a_command(name)
        consume = lambda: parts.consume(self.commands, self.acknowledged)  # noqa: E731
        ended = in_child(consume, point) == STATUS
        self.let_leases_end()
        consume()
        return ended

    def a_command(self, name: str) -> None:
        parts.append(self.commands, [parts.command(name.replace(" ", "-"))])

    def settle(self) -> None:
        self.let_leases_end()
        parts.consume(self.commands, self.acknowledged)
        parts.relay(self.queue)

    def let_leases_end(self) -> None:
        """The time after which another process takes over what one has left."""
        InboxMessage.objects.filter(status=InboxStatus.RECEIVED).update(next_attempt_at=None)
        Lane.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    def count(self) -> Figures:
        figures = self.figures
        queue = set(parts.lines_of(self.queue))
        owed = {bytes(body) for body in Delivery.objects.values_list("body", flat=True)}
        submitted = set(Referral.objects.filter(state=State.SUBMITTED).values_list("pk", flat=True))
        told = Counter(
            Event.objects.filter(type="tandem.referral.submitted.v1", causationid="").values_list(
                "subject", flat=True
            )
        )
        effects = Counter(
            Event.objects.exclude(causationid="").exclude(private_to__isnull=False)
            .values_list("causationid", flat=True)
        )  # fmt: skip
        commands = len(set(parts.lines_of(self.commands)))
        figures.lost += len(owed - queue) + len(submitted - told.keys()) + commands - len(effects)
        figures.phantom += len(queue - owed) + len(told.keys() - submitted)
        figures.doubled += sum(n - 1 for n in [*told.values(), *effects.values()])
        figures.stuck += Delivery.objects.exclude(status=DeliveryStatus.SENT).count()
        figures.stuck += InboxMessage.objects.exclude(status=InboxStatus.DONE).count()
        figures.stuck += Referral.objects.exclude(state=State.SUBMITTED).count()
        return figures


def in_child(work: Callable[[], Any], point: Point | None) -> int:
    """Do the work in a process of its own that ends at the point; its status."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        try:
            if point:
                arm(point)
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# --- Controls: two mistakes that must show --------------------------------------------------------


def publishing_in_the_transaction(run: Run, cast: Cast) -> Figures:
    """The event is published where it is written; the process ends before the commit."""
    original = outbox._owe

    def owe(*args: Any, **more: Any) -> Any:
        deliveries = original(*args, **more)
        parts.append(run.queue, [bytes(each.body) for each in deliveries])
        return deliveries

    outbox._owe = owe  # type: ignore[assignment]
    try:
        run.web(cast, named("before commit"), "in the transaction")
        run.settle()
    finally:
        outbox._owe = original
    return run.count()


def marking_before_the_confirm(run: Run, cast: Cast) -> Figures:
    """The row is marked as sent, then published; the process ends between the two."""
    original = parts.FileBroker.submit

    def submit(broker: parts.FileBroker, publications: Any) -> None:
        recording.sent([each.token for each in publications], now=timezone.now())
        original(broker, publications)

    run.a_command("marked-early")
    parts.consume(run.commands, run.acknowledged)
    last = Point("", "relay", "integrations.relay.recording.sent")
    parts.FileBroker.submit = submit  # type: ignore[method-assign]
    try:
        in_child(lambda: parts.relay(run.queue), last)
    finally:
        parts.FileBroker.submit = original  # type: ignore[method-assign]
    run.settle()
    return run.count()


def named(name: str) -> Point:
    return next(point for point in POINTS if point.name == name)
