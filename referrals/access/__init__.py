"""The access log: who looked at what, append-only, sealed into a chain, anchored outside.

Import `record` and the rest from here once the app registry is ready; models live in
`referrals.access.models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from referrals.access.log import record

__all__ = ["record"]


def __getattr__(name: str) -> Any:
    # Lazy, since the models module of the app imports this package while it loads.
    if name == "record":
        from referrals.access.log import record

        return record
    raise AttributeError(name)
