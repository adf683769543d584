"""A relay as a process of its own, with a short lease: to be frozen, ended and left without a
database. `python -m tests.live.relay_process` with the environment of the tests."""

import os
from datetime import timedelta

import django

LEASE = timedelta(seconds=1)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.conf import settings

    from integrations.management.signals import stopped_by_signal
    from integrations.rabbitmq.publisher import Publisher
    from integrations.relay import Relay, service
    from integrations.relay.lanes import Lanes
    from integrations.relay.relay import Limits
    from integrations.topology import EVENTS

    transport = Publisher(settings.AMQP_URL, exchange=EVENTS, longest_pause=0.5)
    relay = Relay(transport, limits=Limits(retry_base=0.05))
    relay.lanes = Lanes(relay.lanes.owner, lease=LEASE)
    service.run(relay, stop=stopped_by_signal(), interval=0.05)


if __name__ == "__main__":
    main()
