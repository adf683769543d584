"""Other outboxes, each driven as its own documentation says, in an environment of their own."""
