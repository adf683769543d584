"""What an effect leaves on the timeline of what was said."""

from __future__ import annotations

from referrals.operations.context import MoveContext


def said(ctx: MoveContext, *names: str) -> dict:
    """What was said, for the sealed detail of the timeline."""
    return {name: _plain(ctx.data[name]) for name in names if ctx.data.get(name) is not None}


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def class_of(ctx: MoveContext) -> str:
    return ctx.reason.reason_class if ctx.reason else ""
