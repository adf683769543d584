"""Lists by cursor: filters from the address, keyset pages, nothing that is not listed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.dateparse import parse_datetime
from rest_framework.request import Request

from integrations import base64url
from referrals import clock, references
from referrals.actors import Actor
from referrals.api import parameters
from referrals.errors import FieldError, Invalid
from referrals.lifecycle import Phase, State
from referrals.lifecycle.states import states_in
from referrals.models import Priority, Referral
from referrals.queries import ReferralQuerySet

PAGE_SIZE, MAX_PAGE_SIZE = 50, 200
_SALT = "referrals.api.listing"
_SLUG = re.compile(r"[a-zA-Z0-9_-]{1,80}")


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Any]
    next: str | None
    previous: str | None


def _choice(name: str, known: frozenset[str]) -> Callable[[str], Q]:
    def build(value: str) -> Q:
        wanted = value.split(",")
        if not set(wanted) <= known:
            raise ValueError("Choose from: " + ", ".join(sorted(known)))
        return Q(**{f"{name}__in": wanted})

    return build


def _phase(value: str) -> Q:
    wanted = set(value.split(","))
    known = {phase.value for phase in Phase}
    if not wanted <= known:
        raise ValueError("Choose from: " + ", ".join(sorted(known)))
    return Q(state__in=[s for part in wanted for s in states_in(Phase(part))])


def _uuid(name: str) -> Callable[[str], Q]:
    return lambda value: Q(**{name: UUID(value)})


def _clinic(value: str) -> Q:
    if not _SLUG.fullmatch(value):
        raise ValueError("Write a clinic's slug.")
    return Q(clinic__slug=value)


def _reference(value: str) -> Q:
    canonical = references.normalize(value)
    if canonical is None:
        raise ValueError("A reference has nine characters, like 7KM-4XQ-9RH.")
    return Q(reference=canonical)


def _overdue(value: str) -> Q:
    if value not in ("true", "false"):
        raise ValueError("Write true or false.")
    late = Q(due_at__lt=clock.now())
    return late if value == "true" else ~late


def _updated_since(value: str) -> Q:
    moment = parse_datetime(value)
    if moment is None or moment.tzinfo is None:
        raise ValueError("Write an RFC 3339 time with its offset.")
    return Q(updated_at__gte=_in_utc(moment))


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("Write a time within the calendar.") from None


FILTERS: dict[str, Callable[[str], Q]] = {
    "state": _choice("state", frozenset(s.value for s in State)),
    "phase": _phase,
    "priority": _choice("priority", frozenset(Priority.values)),
    "clinic": _clinic,
    "practice": _uuid("practice_id"),
    "reviewer": _uuid("reviewer_id"),
    "overdue": _overdue,
    "updated_since": _updated_since,
    "reference": _reference,
}
PAGING = frozenset({"cursor", "limit"})
PARAMETERS = PAGING | frozenset(FILTERS)


def page(request: Request, actor: Actor) -> Page:
    """One page, newest change first. Unknown parameters are refused, never ignored."""
    rows = filtered(Referral.objects.visible_to(actor), request.query_params.dict())
    return paged(request, rows.with_people())


def paged(request: Request, rows: QuerySet[Any]) -> Page:
    """One page of rows that have `updated_at`, newest change first."""
    query = request.query_params
    size = parameters.limit(request, default=PAGE_SIZE, largest=MAX_PAGE_SIZE)
    cursor = _decode(query["cursor"]) if query.get("cursor") else None
    backwards = bool(cursor and cursor["back"])
    found = list(_keyset(rows, cursor)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    after = more if not backwards else cursor is not None
    before = (cursor is not None) if not backwards else more
    return Page(
        rows=found,
        next=_link(request, found[-1], back=False) if found and after else None,
        previous=_link(request, found[0], back=True) if found and before else None,
    )


def filtered(rows: ReferralQuerySet, query: dict[str, str]) -> ReferralQuerySet:
    for name, build in FILTERS.items():
        if name in query:
            try:
                rows = rows.filter(build(query[name]))
            except ValueError as problem:
                detail = str(problem) if name not in ("practice", "reviewer") else "Write an id."
                raise Invalid(errors=[FieldError(f"/{name}", "filter", detail)]) from None
    return rows


def _keyset(rows: QuerySet[Any], cursor: dict[str, Any] | None) -> QuerySet[Any]:
    if cursor is None:
        return rows.order_by("-updated_at", "pk")
    at, pk = cursor["at"], cursor["pk"]
    if cursor["back"]:
        newer = Q(updated_at__gt=at) | Q(updated_at=at, pk__lt=pk)
        return rows.filter(newer).order_by("updated_at", "-pk")
    older = Q(updated_at__lt=at) | Q(updated_at=at, pk__gt=pk)
    return rows.filter(older).order_by("-updated_at", "pk")


def _link(request: Request, row: Any, *, back: bool) -> str:
    token = json.dumps([row.updated_at.isoformat(), str(row.pk), back], separators=(",", ":"))
    query = {**request.query_params.dict(), "cursor": _sealed(token)}
    return f"{settings.BASE_URL}{request.path}?{urlencode(query)}"


def _sealed(token: str) -> str:
    """The token with its check, as one word for an address."""
    check = salted_hmac(_SALT, token, algorithm="sha256").hexdigest()[:32]
    return base64url.encode(f"{check}{token}".encode())


def _decode(cursor: str) -> dict[str, Any]:
    """Where a page ends; 400 for a cursor that no page gave out."""
    try:
        token = base64url.decode(cursor).decode("ascii")[32:]
        # One place has one spelling, and its check is part of it.
        if not constant_time_compare(_sealed(token), cursor):
            raise ValueError
    except ValueError:
        detail = "Use the address in next or previous as it is."
        raise Invalid(errors=[FieldError("/cursor", "cursor", detail)]) from None
    at, pk, back = json.loads(token)
    return {"at": datetime.fromisoformat(at), "pk": UUID(pk), "back": back}
