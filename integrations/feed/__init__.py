"""The pull side of the events: one order that never changes, nothing skipped."""

from integrations.feed.cursors import BadCursor
from integrations.feed.reader import MAX_LIMIT, FeedPage, read
from integrations.feed.sequencer import assign_positions

__all__ = ["MAX_LIMIT", "BadCursor", "FeedPage", "assign_positions", "read"]
