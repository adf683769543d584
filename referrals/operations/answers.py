"""Which asked item an answer means: by the item's id, or by its code where that is the only one."""

from __future__ import annotations

from collections.abc import Iterable

from referrals.models import InformationItem


def items_meant(asked: Iterable[InformationItem], name: str) -> list[InformationItem]:
    """The items that `name` (an id or a code) may mean; more than one: it is ambiguous."""
    by_id = [item for item in asked if str(item.pk) == name]
    return by_id or [item for item in asked if item.code == name]
