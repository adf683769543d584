"""Probes tell the truth, and nothing else."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Delivery, DeliveryStatus
from portal import health
from portal.backlog import BacklogCollector
from tests.integrations.samples import a_partner, an_event


@pytest.fixture
def broken_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("host=db.internal user=tandem")

    monkeypatch.setattr(health.connection, "cursor", fail)


def test_alive_asks_nothing_of_the_database(client: Client) -> None:
    """No database mark: a query would fail this test."""
    assert client.get("/livez").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_without_a_broker(client: Client, settings) -> None:
    settings.AMQP_URL = ""
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200, {"status": "ready", "database": "ok", "broker": "none"},
    )  # fmt: skip


@pytest.mark.django_db
def test_a_broker_that_is_down_is_degraded_not_unready(client: Client, settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.AMQP_URL = f"amqp://tandem:x@127.0.0.1:{free.getsockname()[1]}/"
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


@pytest.mark.django_db
def test_a_broker_that_listens_is_ready(client: Client, settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        settings.AMQP_URL = f"amqp://tandem:x@127.0.0.1:{broker.getsockname()[1]}/"
        assert client.get("/readyz").json()["broker"] == "ok"


def test_without_the_database_unready_and_mute(client: Client, broken_database: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "internal" not in answer.content.decode()


@pytest.mark.django_db
def test_metrics_need_the_token(client: Client, settings) -> None:
    settings.METRICS_TOKEN = "m" * 40
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {'m' * 40}"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'tandem_deliveries{status="pending"} 0.0' in text
    assert 'tandem_mails{status="refused"} 0.0' in text and "tandem_oldest_mail_seconds" in text
    assert "tandem_database_up 1.0" in text


@pytest.mark.django_db
def test_metrics_tell_each_partners_lag_whoever_has_ended(client: Client, settings) -> None:
    """Read from the tables at each scrape: no relay and no consumer is there to tell them."""
    settings.METRICS_TOKEN = ""
    for slug in ("ehr", "desk"):
        a_partner(slug)
    an_event()
    Delivery.objects.filter(partner__slug="ehr").update(
        created_at=timezone.now() - timedelta(hours=2)
    )
    Delivery.objects.filter(partner__slug="desk").update(status=DeliveryStatus.PARKED)
    lines = dict(
        line.rsplit(" ", 1)
        for line in client.get("/metrics").content.decode().splitlines()
        if not line.startswith("#")
    )
    assert 7200 <= float(lines['outbox_oldest_pending_seconds{partner="ehr"}']) < 7260
    assert float(lines['outbox_oldest_pending_seconds{partner="desk"}']) == 0
    assert float(lines['outbox_pending{partner="ehr"}']) == 1
    assert float(lines['outbox_parked{partner="desk"}']) == 1
    for name in ('dead_letters{partner="ehr"}', "inbox_lag_seconds", "inbox_parked"):
        assert float(lines[name]) == 0


@pytest.mark.django_db
def test_the_metrics_take_the_same_statements_for_any_number_of_partners(client: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            list(BacklogCollector().collect())
        return len(captured)

    a_partner("first")
    few = statements()
    for number in range(5):
        a_partner(f"more-{number}")
    an_event()
    assert statements() == few


@pytest.mark.django_db
def test_without_a_token_metrics_are_for_the_demos_own_machine(client: Client, settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 404
    settings.DEMO = False
    assert client.get("/metrics").status_code == 404


@pytest.mark.django_db
def test_requests_are_counted_by_route_never_by_path(client: Client, settings) -> None:
    settings.METRICS_TOKEN = ""
    client.get("/accounts/login/?name=Marisol")
    client.get("/invitations/Quintrell-secret/")
    text = client.get("/metrics").content.decode()
    assert 'view="account_login"' in text
    assert "Marisol" not in text
    assert "Quintrell" not in text


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_are_read_only_and_ask_no_host_name(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
    assert client.get("/livez", HTTP_HOST="10.1.2.3:8000").status_code == 200
