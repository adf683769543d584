"""A broker that is away is waited for; one that cannot keep the promises is refused."""

import threading

import pytest
from django.core.management import CommandError, call_command

from integrations.rabbitmq.findings import Finding, exchange_missing, swallowed
from integrations.relay import startup
from portal.local import processes


@pytest.fixture
def nobody_there():
    return f"amqp://tandem:x@127.0.0.1:{processes.free_ports(1)[0]}/"


def test_a_broker_that_is_away_is_waited_for_and_the_feed_goes_on(nobody_there):
    stop, rounds = threading.Event(), []

    def meanwhile():
        rounds.append(1)
        if len(rounds) == 3:
            stop.set()

    startup.wait_for_broker(nobody_there, stop=stop, meanwhile=meanwhile, every=0.01)
    assert len(rounds) == 3


def test_what_lets_messages_get_lost_refuses_the_broker(settings):
    settings.DEMO = False
    for fault in (
        exchange_missing("tandem.events", stops=True),
        swallowed("tandem.events", "does not return what has no queue", overheard=True),
    ):
        with pytest.raises(startup.BrokerUnfit, match=fault.problem):
            startup._judge([fault])
    startup._judge([])


def test_in_the_demo_somebody_may_listen_in(settings):
    settings.DEMO = True
    startup._judge([swallowed("tandem.events", "does not return", overheard=True)])
    with pytest.raises(startup.BrokerUnfit):
        startup._judge([swallowed("tandem.events", "has an alternate exchange")])


@pytest.mark.django_db
def test_the_command_says_why_in_one_line_and_ends_with_1(settings, monkeypatch, nobody_there):
    settings.AMQP_URL = nobody_there
    finding = Finding("tandem.events", "is missing", stops=True)

    def unfit(url):
        raise startup.BrokerUnfit(str(finding))

    monkeypatch.setattr(startup, "check", unfit)
    for once in (True, False):
        with pytest.raises(CommandError, match=r"^Refusing to run: tandem\.events") as refused:
            call_command("relay_events", once=once)
        assert refused.value.returncode == 1 and "\n" not in str(refused.value)
