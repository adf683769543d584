"""Tables of the messages: what happened, who is owed it, and what came in."""

from integrations.models.command_keys import CommandKey
from integrations.models.deliveries import Delivery, DeliveryStatus, Lane, lane_of
from integrations.models.events import Event, Stream
from integrations.models.inbox import InboxMessage, InboxStatus
from integrations.models.partners import Partner

__all__ = [
    "CommandKey",
    "Delivery",
    "DeliveryStatus",
    "Event",
    "InboxMessage",
    "InboxStatus",
    "Lane",
    "Partner",
    "Stream",
    "lane_of",
]
