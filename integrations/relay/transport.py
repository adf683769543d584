"""What the relay needs of a broker: four calls, so that the client library can be replaced."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

COMMON, SUSPECTS = "", "suspects"


class Publication(NamedTuple):
    """One message to publish. `token` is the caller's own name for it in the results;
    `signature` is empty for who did not ask for one.

    What has the same `apart` shares a channel: COMMON for nearly all, SUSPECTS for what may make
    the broker close the channel, and any other name for whom the broker did not answer.
    """

    token: int
    routing_key: str
    body: bytes
    attempt: int = 1
    signature: str = ""
    apart: str = COMMON


class Outcome(StrEnum):
    """What became of a publication."""

    CONFIRMED = "confirmed"  # acknowledged, and no return came before
    RETURNED = "returned"  # no queue takes this routing key
    NACKED = "nacked"  # a queue refused it, for instance because it is full
    REFUSED = "refused"  # the broker closed the channel over this one
    SUSPECT = "suspect"  # the broker closed the channel over this one or another
    STALLED = "stalled"  # as unknown, and nobody on its channel was answered for long
    UNKNOWN = "unknown"  # the connection ended first; it may or may not be there


class Result(NamedTuple):
    token: int
    outcome: Outcome
    detail: str = ""


class Condition(StrEnum):
    """Whether publishing makes sense now."""

    OPEN = "open"
    CONNECTING = "connecting"
    BLOCKED = "blocked"  # the broker holds publishers back (memory or disk alarm)
    CLOSED = "closed"


class Transport(Protocol):
    """Every submitted token comes back in exactly one result, whatever happens."""

    def submit(self, publications: Sequence[Publication]) -> None:
        """Publish in this order, without waiting."""

    def poll_results(self, timeout: float) -> list[Result]:
        """What has been decided; waits up to `timeout` seconds for the first."""

    def state(self) -> Condition:
        """The present condition of the connection."""

    def close(self, timeout: float) -> None:
        """End the connection; what is not decided after `timeout` seconds is unknown."""
