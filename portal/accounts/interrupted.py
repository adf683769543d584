"""What a person sent after the session had run out is kept, sealed, for that person.

A referral takes twenty minutes to write; to lose it to a clock would be a danger of its own
(WCAG 2.2.5). The fields are sealed, live one hour, and open only for the same person in the
same browser, once.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from portal.accounts.models import InterruptedPost
from referrals.encryption import open_bytes, seal_bytes

WHOSE = "interrupted_user"
KEPT = "interrupted_posts"
LIFETIME = timedelta(hours=1)
MOST_BYTES = 1_000_000
MOST_ROWS = 5
# None of them takes a secret.
PREFIXES = (
    "/referrals/", "/advice/", "/clinic/", "/practices/", "/people/", "/partners/",
    "/notifications/",
)  # fmt: skip
# But somebody may paste a private key here by mistake, and no row is to hold one.
NEVER = "/add-key/"


def keep(request: HttpRequest) -> bool:
    """Seal the posted fields for the person who was signed in; files are not kept."""
    fields = request.POST.copy()
    fields.pop("csrfmiddlewaretoken", None)
    body = fields.urlencode().encode()
    known = request.path.startswith(PREFIXES) and not request.path.endswith(NEVER)
    if not known or not fields or len(body) > MOST_BYTES:
        return False
    row = InterruptedPost(
        id=uuid4(),
        user_id=request.session[WHOSE],
        path=request.path,
        expires_at=timezone.now() + LIFETIME,
    )
    row.body = seal_bytes(_context(row), body)
    row.save(force_insert=True)
    request.session[KEPT] = [*request.session.get(KEPT, []), str(row.pk)][-MOST_ROWS:]
    return True


def take(request: HttpRequest) -> QueryDict | None:
    """The fields that this person's interrupted post to this address held, once."""
    ids = request.session.get(KEPT, [])
    if not ids or not request.user.is_authenticated:
        return None
    rows = InterruptedPost.objects.filter(
        pk__in=ids, user_id=request.user.pk, path=request.path, expires_at__gt=timezone.now()
    )
    row = rows.order_by("-expires_at").first()
    if row is None or not InterruptedPost.objects.filter(pk=row.pk).delete()[0]:
        return None
    request.session[KEPT] = [i for i in ids if i != str(row.pk)]
    return QueryDict(open_bytes(_context(row), bytes(row.body)).decode())


def forget_old() -> int:
    """Delete what nobody came back for; the number of rows."""
    return InterruptedPost.objects.filter(expires_at__lte=timezone.now()).delete()[0]


def _context(row: InterruptedPost) -> str:
    return f"accounts.interruptedpost.body:{row.pk}:{row.user_id}:{row.path}"
