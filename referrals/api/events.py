"""GET /events/: the feed, in one order that never changes."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from integrations import feed
from integrations.models import Partner
from referrals.actors import ActorKind
from referrals.api import parameters
from referrals.api.base import EVENTS_SCOPE, TandemView
from referrals.errors import FieldError, Invalid
from referrals.queries import related_to_visible

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000


class Events(TandemView):
    """A person reads every event of what she may see; a partner its own deliveries."""

    read_scope = EVENTS_SCOPE
    known_parameters = frozenset({"after", "limit"})

    def get(self, request: Request) -> HttpResponse:
        after = request.query_params.get("after", "")
        size = parameters.limit(request, default=DEFAULT_LIMIT, largest=MAX_LIMIT)
        try:
            page = self._read(after, size)
        except feed.BadCursor:
            detail = "Use a next_after as it was given, or leave it out to start at the beginning."
            raise Invalid(errors=[FieldError("/after", "cursor", detail)]) from None
        results = b",".join(page.results).decode()
        return HttpResponse(
            f'{{"results":[{results}],"next_after":"{page.next_after}"}}',
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    def _read(self, after: str, limit: int) -> feed.FeedPage:
        actor = self.actor
        if actor.kind is ActorKind.PARTNER:
            partner = Partner.objects.get(slug=actor.partner_slug)
            return feed.read(after=after, limit=limit, subjects=None, partner=partner)
        subjects = related_to_visible(actor)
        return feed.read(after=after, limit=limit, subjects=subjects, partner=None)
