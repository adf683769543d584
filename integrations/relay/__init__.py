"""From the table of deliveries to the broker: at least once, in order for each key."""

from integrations.relay.relay import Relay

__all__ = ["Relay"]
