"""Web, relay and consumer as children: each does its work once, over a broker made of files."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.test import Client

from integrations import outbox
from integrations.inbox import storing
from integrations.inbox.parsing import Arrival
from integrations.inbox.service import process_all
from integrations.models import Delivery, DeliveryStatus, Partner
from integrations.relay import Relay
from integrations.relay.relay import Limits
from integrations.relay.transport import Condition, Outcome, Publication, Result
from tests.integrations.samples import MOMENT, SUBMITTED, payload

SLUG = "ehr-tests"
QUICK = Limits(retry_base=0.0, load_pause=0.0)


class FileBroker:
    """A queue that outlives every process: one line for each message."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._results: list[Result] = []

    def submit(self, publications: Sequence[Publication]) -> None:
        append(self.file, [publication.body for publication in publications])
        self._results += [Result(each.token, Outcome.CONFIRMED) for each in publications]

    def poll_results(self, timeout: float) -> list[Result]:
        found, self._results = self._results, []
        return found

    def state(self) -> Condition:
        return Condition.OPEN

    def close(self, timeout: float) -> None:
        return


def append(file: Path, bodies: Sequence[bytes]) -> None:
    with file.open("ab") as lines:
        lines.write(b"".join(base64.b64encode(body) + b"\n" for body in bodies))


def lines_of(file: Path) -> list[bytes]:
    return [base64.b64decode(line) for line in file.read_bytes().split(b"\n") if line]


# --- Web ---------------------------------------------------------------------------------------


def submit(person: Any, referral_id: uuid.UUID, version: int) -> int:
    """The therapist's or physician's click, with a key under which it may be repeated."""
    client = Client()
    client.force_login(person)
    response = client.post(
        f"/api/v1/referrals/{referral_id}/submit/",
        data="{}",
        content_type="application/json",
        headers={"If-Match": f'"{version}"', "Idempotency-Key": f"submit-{referral_id}"},
    )
    return answered(response.status_code)


def answered(status: int) -> int:
    return status


# --- Relay -------------------------------------------------------------------------------------


def relay(queue: Path) -> None:
    work = Relay(FileBroker(queue), owner="relay", limits=QUICK)
    while work.run_once() or Delivery.objects.filter(status=DeliveryStatus.PENDING).exists():
        pass
    work.close(1)


# --- Consumer ----------------------------------------------------------------------------------


def command(name: str) -> bytes:
    return json.dumps(
        {
            "specversion": "1.0", "id": name, "source": "urn:ehr",
            "type": "tandem.command.start_care.v1",
            "subject": str(uuid.uuid5(uuid.NAMESPACE_URL, name)), "data": {},
        }
    ).encode()  # fmt: skip


def consume(commands: Path, acknowledged: Path) -> None:
    """Take what is not acknowledged, as a consumer does; then apply what is stored."""
    partner = Partner.objects.get(slug=SLUG)
    for body in set(lines_of(commands)) - set(lines_of(acknowledged)):
        storing_begins()
        storing.store(
            Arrival(body, "application/cloudevents+json", SLUG, f"{SLUG}.start_care"),
            partner=partner,
        )
        acknowledge(acknowledged, body)
    process_all()


def storing_begins() -> None:
    """The next commit is the one that stores the message."""


def acknowledge(file: Path, body: bytes) -> None:
    append(file, [body])


def handler(**told: Any) -> tuple[bool, None]:
    """The effect of a command: an event that names it, which no guard keeps from being two."""
    outbox.emit(
        event=SUBMITTED,
        subject=uuid.UUID(told["subject"]),
        data=payload(),
        audience=told["partner"].scope_key,
        occurred_at=MOMENT,
        causation_id=told["command_id"],
    )
    return True, None
