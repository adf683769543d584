"""What can go wrong with messages, by name."""


class IntegrationError(Exception):
    """The root of this package's errors. Messages hold ids and names of fields only."""


class PayloadRefused(IntegrationError):
    """The data of an event does not fit its schema; the transaction must not commit."""


class NoTransaction(IntegrationError):
    """An event was emitted outside the transaction of the change that it tells of."""


class UnknownEvent(IntegrationError):
    """The event type is not in the registry."""


class NotPossible(IntegrationError):
    """An operation on messages that their present state does not allow; says why and what does."""
