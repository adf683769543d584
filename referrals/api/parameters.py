"""Query parameters: those that are listed, each once; nothing else is ignored in silence."""

from __future__ import annotations

from collections.abc import Set

from rest_framework.request import Request

from referrals.errors import FieldError, Invalid


def refuse_unknown(request: Request, known: Set[str]) -> None:
    """400 for a parameter that the address does not know, or that is there twice."""
    query = request.query_params
    if set(query) <= known and all(len(query.getlist(name)) == 1 for name in query):
        return
    words = ", ".join(sorted(known)) or "none"
    detail = f"Known parameters, each once: {words}"
    raise Invalid(errors=[FieldError("", "unknown_parameter", detail)])


def limit(request: Request, *, default: int, largest: int) -> int:
    """`limit` as a number from 1; what is larger than `largest` is capped."""
    value = request.query_params.get("limit", "")
    if not value:
        return default
    if not (value.isascii() and value.isdigit()) or not value.strip("0"):
        detail = f"Write a number from 1 to {largest}."
        raise Invalid(errors=[FieldError("/limit", "limit", detail)])
    return min(int(value[-9:]), largest) if len(value.lstrip("0")) < 10 else largest
