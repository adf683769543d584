"""What every view of the API has in common: the actor, scopes, quotas, answers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from referrals import access, permissions
from referrals.actors import Actor, ActorKind
from referrals.api import bodies, idempotency, parameters, problems, representation
from referrals.errors import Conflict, Forbidden, NotFound
from referrals.operations import records

READ_SCOPE, WRITE_SCOPE, EVENTS_SCOPE = "referrals:read", "referrals:write", "events:read"
SAFE = ("GET", "HEAD", "OPTIONS")


class HourlyQuota(BaseThrottle):
    """So many reads and writes for each caller in each hour of the clock."""

    READS, WRITES = 3000, 600

    def __init__(self) -> None:
        self.left = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        kind = "reads" if request.method in SAFE else "writes"
        limit = self.limit(kind)
        hour, passed = divmod(time.time(), 3600)
        self.left = 3600 - passed
        key = f"quota:{kind}:{caller_of(request)}:{int(hour)}"
        return self._count(key) <= limit

    @staticmethod
    def _count(key: str) -> int:
        if cache.add(key, 1, timeout=3700):
            return 1
        try:
            return cache.incr(key)
        except ValueError:  # culled since the line above
            return 1

    @classmethod
    def limit(cls, kind: str) -> int:
        base = cls.READS if kind == "reads" else cls.WRITES
        return base * 10 if settings.DEMO else base

    def wait(self) -> float:
        return math.ceil(self.left)


def caller_of(request: Request) -> str:
    actor = actor_of(request)
    return f"partner:{actor.partner_slug}" if actor.partner_slug else f"user:{actor.user_id}"


def actor_of(request: Request) -> Actor:
    """Who calls; read once for each request."""
    kept = vars(request)
    if "tandem_actor" not in kept:
        kept["tandem_actor"] = request.user.as_actor()  # type: ignore[union-attr]
    return kept["tandem_actor"]


class TandemView(APIView):
    """Deny by default: a partner needs the scope that the view names for the method."""

    throttle_classes = [HourlyQuota]
    read_scope, write_scope = READ_SCOPE, WRITE_SCOPE
    known_parameters: frozenset[str] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.require_scope(self.read_scope if request.method in SAFE else self.write_scope)
        # What narrows a list means nothing to a write.
        known = self.known_parameters if request.method in SAFE else frozenset()
        parameters.refuse_unknown(request, known)

    def require_scope(self, scope: str) -> None:
        """A token's reach, asked before and without any look at the record."""
        actor = self.actor
        if actor.kind is ActorKind.PARTNER and scope not in actor.scopes:
            raise Forbidden("Your token does not have the scope for this.")

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The methods of this address, in Allow; nothing about what stands behind it."""
        return HttpResponse(status=204, headers={"Cache-Control": "no-store"})

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, Forbidden | NotFound) and "referral_id" in self.kwargs:
            access.record(
                by=self.actor, verb="denied", referral_id=self.kwargs["referral_id"], door="api",
                detail={"status": exc.status},
            )  # fmt: skip
        return super().handle_exception(exc)

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    @contextmanager
    def offering(self, referral_id: UUID) -> Iterator[None]:
        """A conflict within says what this caller could do instead."""
        try:
            yield
        except Conflict as conflict:
            if not conflict.available_actions:
                row = records.find(referral_id, by=self.actor)
                found = permissions.available_actions(row, self.actor)
                conflict.available_actions = [action.value for action in found]
            raise

    def once(self, work: Callable[[], HttpResponse]) -> HttpResponse:
        """Run the work once for the request's Idempotency-Key, if it has one."""

        def refuse(problem: Exception) -> HttpResponse | None:
            return problems.known(problem, {"request": self.request, "view": self})

        return idempotency.once(
            self.request, self.actor, work, refuse, self.kwargs.get("referral_id")
        )

    @staticmethod
    def answer(payload: Any, status: int = 200, **headers: str) -> HttpResponse:
        return HttpResponse(
            representation.dumps(payload),
            status=status,
            content_type="application/json",
            headers={"Cache-Control": "no-store", **headers},
        )

    def body(self) -> bodies.Body:
        return bodies.Body(self.request)
