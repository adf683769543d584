"""Telling people that there is something to see: in the portal, and by mail."""

from referrals.notifications.table import KINDS, TOLD, Kind, Told, Whom
from referrals.notifications.tell import notify, of_event, write_to

__all__ = ["KINDS", "TOLD", "Kind", "Told", "Whom", "notify", "of_event", "write_to"]
