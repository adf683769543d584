"""Before the first message: can this broker keep the promises? If it is away, wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from django.conf import settings
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from integrations.errors import IntegrationError
from integrations.rabbitmq.administration import connected
from integrations.rabbitmq.findings import Finding
from integrations.rabbitmq.inspection import vital
from integrations.rabbitmq.parameters import is_distrust

log = structlog.get_logger(__name__)

# Seconds between two looks for a broker that is away.
LOOK_EVERY = 2.0
_REFUSED = (AuthenticationError, ProbableAuthenticationError, ProbableAccessDeniedError)


class BrokerUnfit(IntegrationError):
    """The broker is there and cannot keep the promises; the message says how to mend it."""


def wait_for_broker(
    url: str, *, stop: threading.Event, meanwhile: Callable[[], object], every: float = LOOK_EVERY
) -> None:
    """Return when the broker answers and is fit, or at `stop`; BrokerUnfit if it is not fit.

    `meanwhile` is called between two looks.
    """
    told = False
    while not stop.is_set():
        if check(url):
            return
        if not told:
            log.warning("broker_away")
            told = True
        meanwhile()
        stop.wait(every)


def check(url: str) -> bool:
    """Whether the broker answers; BrokerUnfit if it answers and is not fit."""
    try:
        with connected(url) as connection:
            found = [finding for finding in vital(connection) if finding.stops]
    except _REFUSED as error:
        raise BrokerUnfit(
            "The broker does not let the account of AMQP_URL in: look at its name and password."
        ) from error
    except ChannelClosedByBroker as closed:
        raise BrokerUnfit(
            f"The broker refuses the account of AMQP_URL what it needs ({closed.reply_code})."
        ) from closed
    except (AMQPError, OSError) as error:
        if is_distrust(error):
            raise BrokerUnfit(
                "The broker's certificate does not prove its name to the authority of AMQP_URL."
            ) from error
        return False
    _judge(found)
    return True


def _judge(found: list[Finding]) -> None:
    # In the demo anybody may listen in, with a queue of their own that is bound with #.
    if settings.DEMO:
        for finding in found:
            if finding.overheard:
                log.warning("broker_hides_what_has_no_queue", exchange=finding.name)
        found = [finding for finding in found if not finding.overheard]
    if found:
        raise BrokerUnfit(" ".join(map(str, found)))
